import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

# The order of the log is that of its transactions. A database that was restored into another cluster counts them from
# the beginning: `manage.py events rebase` then raises the offset above what the log has.
TRANSACTIONS = """
CREATE FUNCTION events_xid_offset() RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT 0::bigint';
CREATE FUNCTION events_current_xid() RETURNS bigint LANGUAGE sql STABLE
    AS 'SELECT pg_current_xact_id()::text::bigint + events_xid_offset()';
CREATE FUNCTION events_horizon() RETURNS bigint LANGUAGE sql STABLE
    AS 'SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint + events_xid_offset()';
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.RunSQL(
            TRANSACTIONS, "DROP FUNCTION events_current_xid, events_horizon; DROP FUNCTION events_xid_offset"
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("subscriber", models.TextField(verbose_name="subscriber")),
                ("run", models.PositiveSmallIntegerField(verbose_name="run")),
                (
                    "outcome",
                    models.TextField(
                        choices=[("done", "done"), ("dead", "dead"), ("discarded", "discarded")], verbose_name="outcome"
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(verbose_name="attempts")),
                ("started_at", models.DateTimeField(verbose_name="started at")),
                ("finished_at", models.DateTimeField(verbose_name="finished at")),
                ("worker", models.TextField(blank=True, verbose_name="worker")),
                ("fingerprint", models.TextField(blank=True, verbose_name="error fingerprint")),
                ("transient", models.BooleanField(db_default=False, verbose_name="transient")),
            ],
            options={
                "verbose_name": "delivery",
                "verbose_name_plural": "deliveries",
                "permissions": [
                    ("replay_delivery", "Can replay dead deliveries"),
                    ("discard_delivery", "Can discard dead deliveries"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ErrorGroup",
            fields=[
                ("fingerprint", models.TextField(primary_key=True, serialize=False, verbose_name="error fingerprint")),
                ("first_seen_at", models.DateTimeField(verbose_name="first seen at")),
                ("last_seen_at", models.DateTimeField(verbose_name="last seen at")),
                ("found_at", models.DateTimeField(null=True, verbose_name="found at")),
                ("alerted_at", models.DateTimeField(null=True, verbose_name="alerted at")),
            ],
            options={
                "verbose_name": "error group",
                "verbose_name_plural": "error groups",
            },
        ),
        migrations.CreateModel(
            name="Subscription",
            fields=[
                ("subscriber", models.TextField(primary_key=True, serialize=False, verbose_name="subscriber")),
                ("since_xid", models.BigIntegerField(verbose_name="since transaction")),
                ("since_position", models.BigIntegerField(verbose_name="since")),
                ("settled_xid", models.BigIntegerField(verbose_name="settled transaction")),
                ("settled_position", models.BigIntegerField(verbose_name="settled")),
                ("catch_up_xid", models.BigIntegerField(null=True, verbose_name="caught up transaction")),
                ("catch_up_position", models.BigIntegerField(null=True, verbose_name="caught up")),
                ("catch_up_to_xid", models.BigIntegerField(null=True, verbose_name="catch up to")),
                ("caught_up_at", models.DateTimeField(null=True, verbose_name="caught up at")),
                ("paused_at", models.DateTimeField(null=True, verbose_name="paused at")),
                ("paused_by", models.TextField(blank=True, verbose_name="paused by")),
                ("pause_reason", models.TextField(blank=True, verbose_name="pause reason")),
                ("pruned_at", models.DateTimeField(null=True, verbose_name="pruned at")),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="created at"
                    ),
                ),
            ],
            options={
                "verbose_name": "subscription",
                "verbose_name_plural": "subscriptions",
                "permissions": [("pause_subscription", "Can pause and resume subscribers")],
            },
        ),
        migrations.CreateModel(
            name="DeadLetter",
            fields=[],
            options={
                "verbose_name": "dead letter",
                "verbose_name_plural": "dead letters",
                "proxy": True,
                "default_permissions": ("view",),
                "indexes": [],
                "constraints": [],
            },
            bases=("events.delivery",),
        ),
        migrations.CreateModel(
            name="Event",
            fields=[
                ("position", models.BigAutoField(primary_key=True, serialize=False, verbose_name="position")),
                ("id", models.UUIDField(unique=True, verbose_name="id")),
                ("stream", models.TextField(verbose_name="stream")),
                ("stream_version", models.PositiveIntegerField(verbose_name="stream version")),
                ("name", models.TextField(verbose_name="name")),
                ("version", models.PositiveSmallIntegerField(verbose_name="schema version")),
                ("payload", models.JSONField(verbose_name="payload")),
                ("correlation_id", models.UUIDField(verbose_name="correlation")),
                ("causation_id", models.UUIDField(null=True, verbose_name="causation")),
                ("actor", models.TextField(blank=True, verbose_name="actor")),
                ("traceparent", models.TextField(blank=True, verbose_name="trace parent")),
                (
                    "xid",
                    models.BigIntegerField(
                        db_default=models.Func(function="events_current_xid"), verbose_name="transaction"
                    ),
                ),
                (
                    "occurred_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="occurred at"
                    ),
                ),
            ],
            options={
                "verbose_name": "event",
                "verbose_name_plural": "events",
                "indexes": [
                    models.Index(fields=["correlation_id"], name="events_event_correlation"),
                    models.Index(fields=["xid", "position"], name="events_event_order"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("stream", "stream_version"), name="events_event_stream_version")
                ],
            },
        ),
        migrations.AddField(
            model_name="delivery",
            name="event",
            field=models.ForeignKey(
                db_column="position",
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                to="events.event",
            ),
        ),
        migrations.CreateModel(
            name="Attempt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("subscriber", models.TextField(verbose_name="subscriber")),
                ("run", models.PositiveSmallIntegerField(verbose_name="run")),
                ("number", models.PositiveSmallIntegerField(verbose_name="number")),
                ("error_class", models.TextField(verbose_name="error class")),
                ("message", models.TextField(verbose_name="message")),
                ("traceback", models.TextField(verbose_name="traceback")),
                ("worker", models.TextField(blank=True, verbose_name="worker")),
                ("failed_at", models.DateTimeField(verbose_name="failed at")),
                ("next_try_at", models.DateTimeField(null=True, verbose_name="next try at")),
                ("spent", models.BooleanField(db_default=True, verbose_name="spent")),
                (
                    "event",
                    models.ForeignKey(
                        db_column="position",
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        to="events.event",
                    ),
                ),
            ],
            options={
                "verbose_name": "attempt",
                "verbose_name_plural": "attempts",
            },
        ),
        migrations.CreateModel(
            name="FinishedTask",
            fields=[
                ("task_id", models.TextField(primary_key=True, serialize=False, verbose_name="task id")),
                (
                    "finished_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="finished at"
                    ),
                ),
            ],
            options={
                "verbose_name": "finished task",
                "verbose_name_plural": "finished tasks",
                "indexes": [models.Index(fields=["finished_at"], name="events_finishedtask_age")],
            },
        ),
        migrations.CreateModel(
            name="OutboxEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("subscriber", models.TextField(null=True, verbose_name="subscriber")),
                ("run", models.PositiveSmallIntegerField(db_default=0, verbose_name="run")),
                (
                    "available_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="available at"
                    ),
                ),
                (
                    "event",
                    models.ForeignKey(
                        db_column="position",
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        to="events.event",
                    ),
                ),
            ],
            options={
                "verbose_name": "outbox entry",
                "verbose_name_plural": "outbox",
                "db_table": "events_outbox",
            },
        ),
        migrations.CreateModel(
            name="Replay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "action",
                    models.TextField(choices=[("replay", "replay"), ("discard", "discard")], verbose_name="action"),
                ),
                ("name", models.TextField(verbose_name="name")),
                ("reason", models.TextField(verbose_name="reason")),
                ("owner", models.TextField(verbose_name="owner")),
                ("automatic", models.BooleanField(db_default=False, verbose_name="automatic")),
                ("criteria", models.JSONField(verbose_name="criteria")),
                ("item_count", models.PositiveIntegerField(db_default=0, verbose_name="deliveries")),
                ("left_out", models.JSONField(default=dict, verbose_name="left out")),
                ("rate_per_second", models.FloatField(null=True, verbose_name="rate per second")),
                ("steps", models.JSONField(default=list, verbose_name="steps")),
                ("known_fingerprints", models.JSONField(default=list, verbose_name="known errors")),
                (
                    "state",
                    models.TextField(
                        choices=[
                            ("running", "running"),
                            ("paused", "paused"),
                            ("stopped", "stopped"),
                            ("cancelled", "cancelled"),
                            ("finished", "finished"),
                        ],
                        verbose_name="state",
                    ),
                ),
                ("state_reason", models.TextField(blank=True, verbose_name="reason of the state")),
                ("created_at", models.DateTimeField(verbose_name="created at")),
                ("advanced_at", models.DateTimeField(null=True, verbose_name="advanced at")),
                ("finished_at", models.DateTimeField(null=True, verbose_name="finished at")),
            ],
            options={
                "verbose_name": "replay",
                "verbose_name_plural": "replays",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["running", "paused", "stopped"])),
                        fields=["id"],
                        name="events_replay_open",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ReplayItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("subscriber", models.TextField(verbose_name="subscriber")),
                ("run", models.PositiveSmallIntegerField(verbose_name="run")),
                ("stream", models.TextField(verbose_name="stream")),
                ("stream_version", models.PositiveIntegerField(verbose_name="stream version")),
                (
                    "state",
                    models.TextField(
                        choices=[
                            ("waiting", "waiting"),
                            ("sent", "sent"),
                            ("done", "done"),
                            ("dead", "dead"),
                            ("discarded", "discarded"),
                            ("cancelled", "cancelled"),
                        ],
                        db_default="waiting",
                        verbose_name="state",
                    ),
                ),
                ("fingerprint", models.TextField(blank=True, db_default="", verbose_name="error fingerprint")),
                ("sent_at", models.DateTimeField(null=True, verbose_name="sent at")),
                ("finished_at", models.DateTimeField(null=True, verbose_name="finished at")),
                (
                    "event",
                    models.ForeignKey(
                        db_column="position",
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        to="events.event",
                    ),
                ),
                (
                    "replay",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="items",
                        to="events.replay",
                    ),
                ),
            ],
            options={
                "verbose_name": "replay item",
                "verbose_name_plural": "replay items",
            },
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(condition=models.Q(("outcome", "dead")), fields=["id"], name="events_delivery_dead"),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("outcome", "dead")), fields=["finished_at"], name="events_delivery_died"
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("outcome", "dead")), fields=["fingerprint"], name="events_delivery_alike"
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.UniqueConstraint(fields=("event", "subscriber", "run"), name="events_delivery_once"),
        ),
        migrations.AddIndex(
            model_name="attempt",
            index=models.Index(
                condition=models.Q(("next_try_at__isnull", False)),
                fields=["next_try_at"],
                name="events_attempt_next_try",
            ),
        ),
        migrations.AddConstraint(
            model_name="attempt",
            constraint=models.UniqueConstraint(
                fields=("event", "subscriber", "run", "number"), name="events_attempt_number"
            ),
        ),
        migrations.AddIndex(
            model_name="outboxentry",
            index=models.Index(fields=["available_at", "id"], name="events_outbox_due"),
        ),
        migrations.AddIndex(
            model_name="replayitem",
            index=models.Index(fields=["replay", "state", "id"], name="events_replayitem_state"),
        ),
        migrations.AddIndex(
            model_name="replayitem",
            index=models.Index(
                condition=models.Q(("state__in", ["waiting", "sent"])),
                fields=["subscriber", "stream", "stream_version"],
                name="events_replayitem_lane",
            ),
        ),
        migrations.AddConstraint(
            model_name="replayitem",
            constraint=models.UniqueConstraint(fields=("event", "subscriber", "run"), name="events_replayitem_once"),
        ),
    ]
