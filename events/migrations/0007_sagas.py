"""Sagas: their tables, and the functions of the database that move them. Each moves one saga in one statement, so that a
step costs no more round trips than any other delivery."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

# What a step waits for may have arrived before: then it is due at once.
BEGIN = """
CREATE FUNCTION events_saga_begin(its_id bigint, begun jsonb, causation uuid, its_actor text, trace text)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    saga events_saga%ROWTYPE;
    one jsonb;
    arrived bigint;
    due bigint;
BEGIN
    IF jsonb_array_length(begun) = 0 THEN
        RETURN;
    END IF;
    SELECT * INTO saga FROM events_saga WHERE id = its_id;
    FOR one IN SELECT * FROM jsonb_array_elements(begun) LOOP
        arrived := NULL;
        due := NULL;
        IF one ? 'timeout_seconds' THEN
            SELECT arrival.position INTO arrived FROM events_sagaarrival arrival
            WHERE arrival.name = saga.name AND arrival.key = saga.key AND arrival.step = one ->> 'step';
        END IF;
        IF arrived IS NOT NULL OR NOT one ? 'timeout_seconds' THEN
            due := logged_position FROM events_append(
                (one ->> 'id')::uuid, 'saga-' || saga.name || '-' || saga.key, one ->> 'event', 1,
                jsonb_build_object('key', saga.key, 'arrived', arrived), saga.correlation_id, causation, its_actor,
                trace);
        END IF;
        INSERT INTO events_sagastep (saga_id, step, direction, state, position, arrived_position, begun_at, deadline_at)
        VALUES (its_id, one ->> 'step', one ->> 'direction', CASE WHEN due IS NULL THEN 'waiting' ELSE 'due' END, due,
                arrived, clock_timestamp(),
                CASE WHEN due IS NULL
                     THEN clock_timestamp() + make_interval(secs => (one ->> 'timeout_seconds')::float) END);
    END LOOP;
END $$;
"""

# Whoever decided on the grounds of another version is told so, and decides again.
APPLY = """
CREATE FUNCTION events_saga_apply(
    its_id bigint, seen_version int, change jsonb, causation uuid, its_actor text, trace text
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    saga events_saga%ROWTYPE;
    one jsonb;
BEGIN
    UPDATE events_saga SET version = version + 1, state = change ->> 'state', reason = change ->> 'reason',
           finished_at = CASE WHEN (change ->> 'over')::boolean THEN clock_timestamp() END
    WHERE id = its_id AND version = seen_version RETURNING * INTO saga;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE events_sagastep step SET state = settled.state, recorded = settled.recorded, reason = settled.reason,
           settled_at = clock_timestamp(), settled_version = seen_version + 1, deadline_at = NULL
    FROM jsonb_to_recordset(change -> 'settled')
         AS settled (step text, direction text, state text, recorded jsonb, reason text)
    WHERE step.saga_id = its_id AND step.step = settled.step AND step.direction = settled.direction;
    FOR one IN SELECT * FROM jsonb_array_elements(change -> 'emitted') LOOP
        PERFORM events_append(
            (one ->> 'id')::uuid, 'saga-' || saga.name || '-' || saga.key, one ->> 'event', 1, one -> 'payload',
            saga.correlation_id, causation, its_actor, trace);
    END LOOP;
    PERFORM events_saga_begin(its_id, change -> 'begun', causation, its_actor, trace);
    RETURN true;
END $$;
"""

# The lock keeps an arrival out that would see no saga yet and that the saga would not see.
START = """
CREATE FUNCTION events_saga_start(
    its_name text, its_key text, its_data jsonb, correlation uuid, begun jsonb, causation uuid, its_actor text,
    trace text
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    its_id bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('saga ' || its_name || ' ' || its_key, 0));
    INSERT INTO events_saga (name, key, data, correlation_id, started_at)
    VALUES (its_name, its_key, its_data, correlation, clock_timestamp())
    ON CONFLICT (name, key) DO NOTHING RETURNING id INTO its_id;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM events_saga_begin(its_id, begun, causation, its_actor, trace);
    RETURN true;
END $$;
"""

ARRIVE = """
CREATE FUNCTION events_saga_arrive(
    its_name text, its_key text, its_step text, arrived bigint, due_id uuid, due_event text, causation uuid,
    its_actor text, trace text
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    saga events_saga%ROWTYPE;
    due bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('saga ' || its_name || ' ' || its_key, 0));
    INSERT INTO events_sagaarrival (name, key, step, position) VALUES (its_name, its_key, its_step, arrived)
    ON CONFLICT (name, key, step) DO NOTHING;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    SELECT * INTO saga FROM events_saga WHERE name = its_name AND key = its_key FOR UPDATE;
    PERFORM FROM events_sagastep
    WHERE saga_id = saga.id AND step = its_step AND direction = 'action' AND state = 'waiting';
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    due := logged_position FROM events_append(
        due_id, 'saga-' || its_name || '-' || its_key, due_event, 1,
        jsonb_build_object('key', its_key, 'arrived', arrived), saga.correlation_id, causation, its_actor, trace);
    UPDATE events_sagastep SET state = 'due', position = due, arrived_position = arrived, deadline_at = NULL
    WHERE saga_id = saga.id AND step = its_step AND direction = 'action';
    UPDATE events_saga SET version = version + 1 WHERE id = saga.id;
    RETURN true;
END $$;
"""

# Rows of running sagas change with every step: room beside them keeps their indexes out of it.
LEAVE_ROOM = """
ALTER TABLE events_saga SET (fillfactor = 70);
ALTER TABLE events_sagastep SET (fillfactor = 70);
"""


class Migration(migrations.Migration):
    dependencies = [("events", "0006_projections")]

    operations = [
        migrations.CreateModel(
            name="Saga",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.TextField(verbose_name="name")),
                ("key", models.TextField(verbose_name="key")),
                (
                    "state",
                    models.TextField(
                        choices=[
                            ("running", "running"),
                            ("compensating", "compensating"),
                            ("failed", "failed"),
                            ("completed", "completed"),
                            ("compensated", "compensated"),
                        ],
                        db_default="running",
                        verbose_name="state",
                    ),
                ),
                ("reason", models.TextField(blank=True, db_default="", verbose_name="reason")),
                ("data", models.JSONField(verbose_name="data")),
                ("version", models.PositiveIntegerField(db_default=0, verbose_name="version")),
                ("correlation_id", models.UUIDField(verbose_name="correlation")),
                (
                    "started_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="started at"
                    ),
                ),
                ("finished_at", models.DateTimeField(null=True, verbose_name="finished at")),
            ],
            options={
                "verbose_name": "saga",
                "verbose_name_plural": "sagas",
                "permissions": [
                    ("retry_saga", "Can retry dead steps of sagas"),
                    ("compensate_saga", "Can compensate sagas"),
                    ("annotate_saga", "Can add notes to sagas"),
                ],
                "default_permissions": ("view",),
                "indexes": [
                    models.Index(fields=["key"], name="events_saga_key"),
                    models.Index(
                        condition=models.Q(("state__in", ["running", "compensating", "failed"])),
                        fields=["state", "id"],
                        name="events_saga_open",
                    ),
                ],
                "constraints": [models.UniqueConstraint(fields=("name", "key"), name="events_saga_once")],
            },
        ),
        migrations.CreateModel(
            name="SagaArrival",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.TextField(verbose_name="name")),
                ("key", models.TextField(verbose_name="key")),
                ("step", models.TextField(verbose_name="step")),
                ("position", models.BigIntegerField(verbose_name="position")),
                (
                    "arrived_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="arrived at"
                    ),
                ),
            ],
            options={
                "verbose_name": "arrival",
                "verbose_name_plural": "arrivals",
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["arrived_at"], name="events_sagaarrival_age"),
                    models.Index(fields=["position"], name="events_sagaarrival_position"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("name", "key", "step"), name="events_sagaarrival_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="SagaNote",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("author", models.TextField(verbose_name="author")),
                ("text", models.TextField(verbose_name="text")),
                (
                    "written_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="written at"
                    ),
                ),
                (
                    "saga",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="notes", to="events.saga"
                    ),
                ),
            ],
            options={
                "verbose_name": "note",
                "verbose_name_plural": "notes",
                "ordering": ["id"],
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="SagaStep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("step", models.TextField(verbose_name="step")),
                (
                    "direction",
                    models.TextField(
                        choices=[("action", "action"), ("compensation", "compensation")], verbose_name="direction"
                    ),
                ),
                (
                    "state",
                    models.TextField(
                        choices=[
                            ("waiting", "waiting"),
                            ("due", "due"),
                            ("done", "done"),
                            ("failed", "failed"),
                            ("unknown", "outcome unknown"),
                            ("timed_out", "timed out"),
                            ("ended", "ended"),
                        ],
                        verbose_name="state",
                    ),
                ),
                ("position", models.BigIntegerField(null=True, verbose_name="position")),
                ("arrived_position", models.BigIntegerField(null=True, verbose_name="arrived")),
                ("recorded", models.JSONField(null=True, verbose_name="recorded")),
                ("reason", models.TextField(blank=True, db_default="", verbose_name="reason")),
                (
                    "begun_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="begun at"),
                ),
                ("deadline_at", models.DateTimeField(null=True, verbose_name="deadline")),
                ("settled_at", models.DateTimeField(null=True, verbose_name="settled at")),
                ("settled_version", models.PositiveIntegerField(null=True, verbose_name="settled version")),
                (
                    "saga",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="steps",
                        to="events.saga",
                    ),
                ),
            ],
            options={
                "verbose_name": "saga step",
                "verbose_name_plural": "saga steps",
                "default_permissions": (),
                "indexes": [
                    models.Index(
                        condition=models.Q(("deadline_at__isnull", False)),
                        fields=["deadline_at"],
                        name="events_sagastep_deadline",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("saga", "step", "direction"), name="events_sagastep_once")
                ],
            },
        ),
        migrations.RunSQL(LEAVE_ROOM, migrations.RunSQL.noop),
        migrations.RunSQL(BEGIN, "DROP FUNCTION events_saga_begin"),
        migrations.RunSQL(APPLY, "DROP FUNCTION events_saga_apply"),
        migrations.RunSQL(START, "DROP FUNCTION events_saga_start"),
        migrations.RunSQL(ARRIVE, "DROP FUNCTION events_saga_arrive"),
    ]
