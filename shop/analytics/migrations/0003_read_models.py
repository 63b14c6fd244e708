import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0002_products"),
        ("catalog", "0004_reviews_by"),
    ]

    operations = [
        migrations.AlterField(
            model_name="productsales",
            name="product",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="catalog.product",
                verbose_name="product",
            ),
        ),
    ]
