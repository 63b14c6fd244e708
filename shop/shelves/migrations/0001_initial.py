from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="ShelvedReversal",
            fields=[
                ("reversal_id", models.BigIntegerField(primary_key=True, serialize=False)),
            ],
        ),
        migrations.CreateModel(
            name="StockLevel",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("product_id", models.BigIntegerField(verbose_name="product")),
                ("variant_id", models.BigIntegerField(default=0, verbose_name="variant")),
                ("counted", models.BigIntegerField(default=0, verbose_name="counted")),
                ("sold", models.BigIntegerField(default=0, verbose_name="sold")),
                ("put_back", models.BigIntegerField(default=0, verbose_name="put back")),
            ],
            options={
                "verbose_name": "stock level",
                "verbose_name_plural": "stock levels",
                "ordering": ["product_id", "variant_id"],
                "constraints": [models.UniqueConstraint(fields=("product_id", "variant_id"), name="stock_level_once")],
            },
        ),
    ]
