import django.db.models.deletion
from django.db import migrations, models

#: What was paid before there were instructions has no fulfilment, and may go; also what was not asked for yet.
LET_GO = """
INSERT INTO warehouse_instruction (order_id, word, carrier, tracking_number, given_at)
SELECT order_id, 'go', '', '', now() FROM warehouse_shipment
UNION SELECT id, 'go', '', '', now() FROM orders_order WHERE status IN ('placed', 'paid', 'packed')
"""
TOLD = "UPDATE warehouse_shipment SET told_at = created_at WHERE state NOT IN ('wanted', 'cancelled', 'refused')"


class Migration(migrations.Migration):
    dependencies = [("orders", "0007_fulfilment"), ("warehouse", "0001_initial")]

    operations = [
        migrations.AddField(
            "shipment", "told_at", models.DateTimeField(blank=True, null=True, verbose_name="may go since")
        ),
        migrations.CreateModel(
            name="Instruction",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "word",
                    models.CharField(
                        choices=[("go", "go"), ("withdrawn", "withdrawn")], max_length=10, verbose_name="word"
                    ),
                ),
                ("carrier", models.CharField(blank=True, max_length=100, verbose_name="carrier")),
                ("tracking_number", models.CharField(blank=True, max_length=100, verbose_name="tracking number")),
                ("given_at", models.DateTimeField(auto_now_add=True, verbose_name="given at")),
                (
                    "order",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="orders.order",
                        verbose_name="order",
                    ),
                ),
            ],
            options={
                "verbose_name": "instruction to the warehouse",
                "verbose_name_plural": "instructions to the warehouse",
            },
        ),
        migrations.RunSQL(LET_GO, migrations.RunSQL.noop),
        migrations.RunSQL(TOLD, migrations.RunSQL.noop),
    ]
