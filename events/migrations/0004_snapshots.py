"""Snapshots of folded streams, and emit with an expected version."""

import django.db.models.functions.datetime
from django.db import migrations, models

# As before, with one more question: a writer that expects the stream to have so many events gets no position when it has
# others, and the number that it has. If another writer takes the place first, this one waits for it and then looks again.
APPEND = """
DROP FUNCTION events_append(uuid, text, text, int, jsonb, uuid, uuid, text, text);
CREATE FUNCTION events_append(
    event_id uuid, event_stream text, event_name text, event_version int, event_payload jsonb, event_correlation uuid,
    event_causation uuid, event_actor text, event_traceparent text, expected_version int DEFAULT NULL,
    OUT logged_position bigint, OUT logged_version int, OUT logged_at timestamptz
) LANGUAGE plpgsql AS $$
BEGIN
    LOOP
        IF expected_version IS NOT NULL THEN
            SELECT coalesce(max(past.stream_version), 0) INTO logged_version
            FROM events_event past WHERE past.stream = event_stream;
            IF logged_version <> expected_version THEN
                RETURN;
            END IF;
        END IF;
        INSERT INTO events_event (id, stream, stream_version, name, version, payload, correlation_id, causation_id,
                                  actor, traceparent, occurred_at)
        SELECT event_id, event_stream, 1 + coalesce(expected_version, max(past.stream_version), 0), event_name,
               event_version, event_payload, event_correlation, event_causation, event_actor, event_traceparent,
               clock_timestamp()
        FROM events_event past WHERE past.stream = event_stream
        ON CONFLICT (stream, stream_version) DO NOTHING
        RETURNING position, stream_version, occurred_at INTO logged_position, logged_version, logged_at;
        EXIT WHEN FOUND;
    END LOOP;
    INSERT INTO events_outbox (position) VALUES (logged_position);
END $$;
"""
# The one of the migration before.
APPEND_UNCONDITIONALLY = """
DROP FUNCTION events_append(uuid, text, text, int, jsonb, uuid, uuid, text, text, int);
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


class Migration(migrations.Migration):
    dependencies = [("events", "0003_settling")]

    operations = [
        migrations.RunSQL(APPEND, APPEND_UNCONDITIONALLY),
        migrations.CreateModel(
            name="Snapshot",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("stream", models.TextField(verbose_name="stream")),
                ("fold", models.TextField(verbose_name="fold")),
                ("code", models.TextField(verbose_name="version of the code")),
                ("stream_version", models.PositiveIntegerField(verbose_name="stream version")),
                ("state", models.TextField(verbose_name="state")),
                ("happened_at", models.DateTimeField(verbose_name="happened at")),
                (
                    "taken_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="taken at"),
                ),
            ],
            options={
                "verbose_name": "snapshot",
                "verbose_name_plural": "snapshots",
            },
        ),
        migrations.AddConstraint(
            model_name="snapshot",
            constraint=models.UniqueConstraint(
                fields=("stream", "fold", "code", "stream_version"), name="events_snapshot_once"
            ),
        ),
    ]
