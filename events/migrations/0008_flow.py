from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0007_sagas"),
    ]

    operations = [
        migrations.CreateModel(
            name="DeliveryMinute",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "minute", "subscriber", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("minute", models.DateTimeField(verbose_name="minute")),
                ("subscriber", models.TextField(verbose_name="subscriber")),
                ("done_count", models.PositiveBigIntegerField(verbose_name="done")),
                ("dead_count", models.PositiveBigIntegerField(verbose_name="dead")),
                ("discarded_count", models.PositiveBigIntegerField(verbose_name="discarded")),
            ],
            options={
                "verbose_name": "deliveries of a minute",
                "verbose_name_plural": "deliveries by minute",
                "db_table": "events_deliveryminute",
            },
        ),
        migrations.CreateModel(
            name="EventMinute",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "minute", "name", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("minute", models.DateTimeField(verbose_name="minute")),
                ("name", models.TextField(verbose_name="name")),
                ("count", models.PositiveBigIntegerField(verbose_name="events")),
            ],
            options={
                "verbose_name": "events of a minute",
                "verbose_name_plural": "events by minute",
                "db_table": "events_eventminute",
            },
        ),
        migrations.CreateModel(
            name="FlowCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("events_xid", models.BigIntegerField(default=0, verbose_name="transaction")),
                ("events_position", models.BigIntegerField(default=0, verbose_name="position")),
                ("delivery_id", models.BigIntegerField(default=0, verbose_name="delivery")),
                ("given_id", models.BigIntegerField(default=0, verbose_name="delivery given out")),
                ("given_at", models.DateTimeField(null=True, verbose_name="given out at")),
            ],
            options={
                "verbose_name": "count of the flow",
                "verbose_name_plural": "counts of the flow",
                "db_table": "events_flowcount",
            },
        ),
    ]
