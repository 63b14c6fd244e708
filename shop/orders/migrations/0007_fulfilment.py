from django.db import migrations, models


class Migration(migrations.Migration):
    """The money of orders that are there was taken at the checkout."""

    dependencies = [("orders", "0006_by_day")]

    operations = [
        migrations.AddField(
            "order", "captured_at", models.DateTimeField(blank=True, null=True, verbose_name="money taken at")
        ),
        migrations.AddField(
            "reversal", "arrived_at", models.DateTimeField(blank=True, null=True, verbose_name="arrived at")
        ),
        migrations.RunSQL(
            "UPDATE orders_order SET captured_at = placed_at WHERE placed_at IS NOT NULL", migrations.RunSQL.noop
        ),
    ]
