import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("catalog", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="ImportedProduct",
            fields=[
                (
                    "product",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="imported",
                        serialize=False,
                        to="catalog.product",
                        verbose_name="product",
                    ),
                ),
                ("file", models.CharField(max_length=255, verbose_name="file")),
                ("fingerprint", models.CharField(blank=True, max_length=64, verbose_name="fingerprint")),
                ("uploads", models.JSONField(blank=True, default=dict, verbose_name="uploads")),
                ("imported_at", models.DateTimeField(auto_now=True, verbose_name="imported at")),
            ],
            options={
                "verbose_name": "imported product",
                "verbose_name_plural": "imported products",
            },
        ),
    ]
