"""What Django's models cannot say: how the log is appended to, that it refuses changes, and that the outbox is vacuumed
as often as it turns over."""

from django.db import migrations

# A function, because its statements are planned once a connection: that halves what emit costs the database.
# A concurrent emit to the same stream takes the version this one had in mind: then nothing is inserted, and the next
# turn sees the other one. No lock, no savepoint, no gap.
APPEND = """
CREATE FUNCTION events_append(
    event_id uuid, event_stream text, event_name text, event_version int, event_payload jsonb, event_correlation uuid,
    event_causation uuid, event_actor text, event_traceparent text,
    OUT logged_position bigint, OUT logged_version int, OUT logged_at timestamptz
) LANGUAGE plpgsql AS $$
BEGIN
    LOOP
        INSERT INTO events_event (id, stream, stream_version, name, version, payload, correlation_id, causation_id,
                                  actor, traceparent, occurred_at)
        SELECT event_id, event_stream, 1 + coalesce(max(past.stream_version), 0), event_name, event_version,
               event_payload, event_correlation, event_causation, event_actor, event_traceparent, clock_timestamp()
        FROM events_event past WHERE past.stream = event_stream
        ON CONFLICT (stream, stream_version) DO NOTHING
        RETURNING position, stream_version, occurred_at INTO logged_position, logged_version, logged_at;
        EXIT WHEN FOUND;
    END LOOP;
    INSERT INTO events_outbox (position) VALUES (logged_position);
END $$;
"""

# Pruning, which an operator starts, says so by setting events.pruning for its transaction.
REFUSE_CHANGES = """
CREATE FUNCTION events_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('events.pruning', true) = 'on' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'the log is append-only: % of event % refused', TG_OP, OLD.position
        USING HINT = 'Emit another event that corrects this one.';
END $$;
CREATE TRIGGER events_event_append_only BEFORE UPDATE OR DELETE ON events_event
    FOR EACH ROW EXECUTE FUNCTION events_refuse_change();
"""

# Rows of the outbox live for milliseconds: by default the table would be vacuumed only after many have died.
VACUUM_OUTBOX_OFTEN = """
ALTER TABLE events_outbox SET (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0
);
"""


class Migration(migrations.Migration):
    dependencies = [("events", "0001_initial")]

    operations = [
        migrations.RunSQL(APPEND, "DROP FUNCTION events_append"),
        migrations.RunSQL(
            REFUSE_CHANGES,
            "DROP TRIGGER events_event_append_only ON events_event; DROP FUNCTION events_refuse_change",
        ),
        migrations.RunSQL(
            VACUUM_OUTBOX_OFTEN,
            "ALTER TABLE events_outbox RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold, "
            "autovacuum_vacuum_cost_delay)",
        ),
    ]
