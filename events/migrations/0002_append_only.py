"""What Django's models cannot say: the log refuses changes, and the outbox is vacuumed as often as it turns over."""

from django.db import migrations

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
