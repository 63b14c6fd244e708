"""How the deliveries of a projection take turns with the swap of its tables."""

import django.contrib.postgres.fields
from django.db import migrations, models

# Until the end of the transaction no rebuild swaps the read model of this projection; a swap that has begun is waited
# for. The swap takes the same lock for itself alone.
HOLD_OFF_SWAP = """
CREATE FUNCTION events_hold_off_swap(key_subscriber text) RETURNS void LANGUAGE sql AS $$
    SELECT pg_advisory_xact_lock_shared(hashtextextended(key_subscriber, 2))
$$;
"""

# The lock first: whose turn it is may be another question after a swap, which settles what it has applied. Each
# statement of the function sees what is committed when it begins.
TURN_BESIDE_SWAP = """
CREATE FUNCTION events_turn_beside_swap(key_position bigint, key_subscriber text, key_run int, lane text[])
RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM events_hold_off_swap(key_subscriber);
    IF key_run = 0 AND events_is_closed(key_position, key_subscriber, 0) THEN
        RETURN 'settled';
    END IF;
    RETURN events_turn(key_position, key_subscriber, key_run, lane);
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("events", "0005_personal_keys")]

    operations = [
        migrations.CreateModel(
            name="Rebuild",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("projection", models.TextField(verbose_name="projection")),
                ("reason", models.TextField(verbose_name="reason")),
                ("owner", models.TextField(verbose_name="owner")),
                (
                    "state",
                    models.TextField(
                        choices=[
                            ("running", "running"),
                            ("finished", "finished"),
                            ("failed", "failed"),
                            ("cancelled", "cancelled"),
                        ],
                        db_default="running",
                        verbose_name="state",
                    ),
                ),
                ("state_reason", models.TextField(blank=True, db_default="", verbose_name="reason of the state")),
                ("table_print", models.TextField(verbose_name="fingerprint of the tables")),
                ("code_print", models.TextField(verbose_name="fingerprint of the code")),
                ("pass_number", models.PositiveIntegerField(db_default=0, verbose_name="pass")),
                ("read_xmin", models.BigIntegerField(db_default=0, verbose_name="read below")),
                ("read_xmax", models.BigIntegerField(db_default=0, verbose_name="read up to")),
                (
                    "read_without",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None, verbose_name="read without"
                    ),
                ),
                ("pass_xmin", models.BigIntegerField(db_default=0, verbose_name="pass below")),
                ("pass_xmax", models.BigIntegerField(db_default=0, verbose_name="pass up to")),
                (
                    "pass_without",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None, verbose_name="pass without"
                    ),
                ),
                ("after_position", models.BigIntegerField(db_default=0, verbose_name="position")),
                ("upto_position", models.BigIntegerField(db_default=0, verbose_name="last position")),
                ("pass_applied_count", models.BigIntegerField(db_default=0, verbose_name="applied in this pass")),
                ("applied_count", models.BigIntegerField(db_default=0, verbose_name="applied")),
                ("swap_attempts", models.PositiveIntegerField(db_default=0, verbose_name="attempts to swap")),
                ("created_at", models.DateTimeField(verbose_name="created at")),
                ("sent_at", models.DateTimeField(null=True, verbose_name="sent at")),
                ("due_at", models.DateTimeField(null=True, verbose_name="due at")),
                ("finished_at", models.DateTimeField(null=True, verbose_name="finished at")),
            ],
            options={
                "verbose_name": "rebuild",
                "verbose_name_plural": "rebuilds",
                "permissions": [("rebuild_projection", "Can rebuild read models")],
            },
        ),
        migrations.AddIndex(
            model_name="rebuild",
            index=models.Index(fields=["projection", "-id"], name="events_rebuild_latest"),
        ),
        migrations.AddConstraint(
            model_name="rebuild",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "running")), fields=("projection",), name="events_rebuild_alone"
            ),
        ),
        migrations.RunSQL(HOLD_OFF_SWAP, "DROP FUNCTION events_hold_off_swap"),
        migrations.RunSQL(TURN_BESIDE_SWAP, "DROP FUNCTION events_turn_beside_swap"),
    ]
