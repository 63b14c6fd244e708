from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0005_basket")]

    operations = [
        migrations.AddIndex(model_name="order", index=models.Index(fields=["placed_at"], name="order_by_placed_at")),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=models.Q(("status__in", ["paid", "packed"])), fields=["placed_at"], name="order_unsent_since"
            ),
        ),
        migrations.AddIndex(
            model_name="reversal", index=models.Index(fields=["created_at"], name="reversal_by_created_at")
        ),
    ]
