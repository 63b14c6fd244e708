"""Customers who were erased."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customers", "0003_unsubscribed")]

    operations = [
        migrations.AddField(
            "customer",
            "erased_at",
            models.DateTimeField(blank=True, editable=False, null=True, verbose_name="erased at"),
        ),
    ]
