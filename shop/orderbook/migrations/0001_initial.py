import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="OrderListEntry",
            fields=[
                ("order_id", models.BigIntegerField(primary_key=True, serialize=False, verbose_name="order")),
                ("number", models.CharField(max_length=20, unique=True, verbose_name="number")),
                ("customer_id", models.BigIntegerField(verbose_name="customer")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "pending"),
                            ("placed", "placed"),
                            ("paid", "paid"),
                            ("packed", "packed"),
                            ("shipped", "shipped"),
                            ("delivered", "delivered"),
                            ("cancelled", "cancelled"),
                            ("returned", "returned"),
                            ("declined", "declined"),
                            ("expired", "expired"),
                        ],
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("is_held", models.BooleanField(default=False, verbose_name="held")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                ("total", models.DecimalField(decimal_places=2, max_digits=14, verbose_name="total")),
                (
                    "cancelled_total",
                    models.DecimalField(decimal_places=2, default=0, max_digits=14, verbose_name="cancelled total"),
                ),
                (
                    "returned_total",
                    models.DecimalField(decimal_places=2, default=0, max_digits=14, verbose_name="returned total"),
                ),
                ("line_count", models.PositiveIntegerField(verbose_name="lines")),
                ("unit_count", models.PositiveBigIntegerField(verbose_name="pieces")),
                ("cancelled_unit_count", models.PositiveBigIntegerField(default=0, verbose_name="cancelled pieces")),
                ("returned_unit_count", models.PositiveBigIntegerField(default=0, verbose_name="returned pieces")),
                ("created_at", models.DateTimeField(verbose_name="created at")),
                ("placed_at", models.DateTimeField(verbose_name="placed at")),
                ("packed_at", models.DateTimeField(null=True, verbose_name="packed at")),
                ("shipped_at", models.DateTimeField(null=True, verbose_name="shipped at")),
                ("delivered_at", models.DateTimeField(null=True, verbose_name="delivered at")),
                ("carrier", models.CharField(blank=True, max_length=100, verbose_name="carrier")),
                ("tracking_number", models.CharField(blank=True, max_length=100, verbose_name="tracking number")),
            ],
            options={
                "verbose_name": "listed order",
                "verbose_name_plural": "listed orders",
                "ordering": ["-order_id"],
            },
        ),
        migrations.CreateModel(
            name="OrderDetail",
            fields=[
                (
                    "entry",
                    models.OneToOneField(
                        db_column="order_id",
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="detail",
                        serialize=False,
                        to="orderbook.orderlistentry",
                        verbose_name="order",
                    ),
                ),
                ("subtotal", models.DecimalField(decimal_places=2, max_digits=14, verbose_name="subtotal")),
                ("discount", models.DecimalField(decimal_places=2, max_digits=14, verbose_name="discount")),
                ("shipping_fee", models.DecimalField(decimal_places=2, max_digits=14, verbose_name="shipping fee")),
                ("tax", models.DecimalField(decimal_places=2, max_digits=14, verbose_name="tax")),
                ("coupon_code", models.CharField(blank=True, max_length=40, verbose_name="coupon")),
                ("charge_id", models.CharField(blank=True, max_length=100, verbose_name="charge")),
                ("held_at", models.DateTimeField(null=True, verbose_name="held since")),
                ("lines", models.JSONField(verbose_name="lines")),
                ("counted", models.JSONField(default=list, verbose_name="counted cancellations and returns")),
            ],
            options={
                "verbose_name": "order in detail",
                "verbose_name_plural": "orders in detail",
            },
        ),
        migrations.AddIndex(
            model_name="orderlistentry",
            index=models.Index(fields=["customer_id", "order_id"], name="listed_order_of_customer"),
        ),
        migrations.AddIndex(
            model_name="orderlistentry",
            index=models.Index(fields=["status", "order_id"], name="listed_order_by_status"),
        ),
        migrations.AddIndex(
            model_name="orderlistentry",
            index=models.Index(fields=["created_at", "order_id"], name="listed_order_by_created_at"),
        ),
        migrations.AddIndex(
            model_name="orderlistentry",
            index=models.Index(fields=["total", "order_id"], name="listed_order_by_total"),
        ),
    ]
