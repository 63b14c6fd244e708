from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0002_money"),
    ]

    operations = [
        migrations.AddField(
            model_name="order",
            name="affiliate",
            field=models.CharField(blank=True, max_length=40, verbose_name="partner code"),
        ),
    ]
