from django.db import migrations, models

import shop.catalog.models.texts


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="ShownProduct",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("product_id", models.BigIntegerField(verbose_name="product")),
                (
                    "language",
                    models.CharField(
                        choices=shop.catalog.models.texts.languages, max_length=10, verbose_name="language"
                    ),
                ),
                ("revision", models.PositiveIntegerField(verbose_name="revision")),
                ("document", models.TextField(verbose_name="document")),
            ],
            options={
                "verbose_name": "shown product",
                "verbose_name_plural": "shown products",
                "ordering": ["product_id", "language"],
                "constraints": [models.UniqueConstraint(fields=("product_id", "language"), name="shown_product_once")],
            },
        ),
    ]
