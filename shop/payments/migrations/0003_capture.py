import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """Charges that are there stay `charged`: their money was taken at the checkout."""

    dependencies = [("payments", "0002_provider_outside")]

    operations = [
        migrations.RemoveConstraint("payment", "payment_outcome_of_its_kind"),
        migrations.AlterField(
            "payment",
            "kind",
            models.CharField(
                choices=[("charge", "charge"), ("capture", "capture"), ("refund", "refund")],
                max_length=10,
                verbose_name="kind",
            ),
        ),
        migrations.AlterField(
            "payment",
            "outcome",
            models.CharField(
                choices=[
                    ("unknown", "unknown"),
                    ("authorised", "authorised"),
                    ("charged", "charged"),
                    ("declined", "declined"),
                    ("closed", "closed"),
                    ("captured", "captured"),
                    ("released", "released"),
                    ("refunded", "refunded"),
                    ("refused", "refused"),
                    ("failed", "failed"),
                    ("disputed", "disputed"),
                ],
                max_length=10,
                verbose_name="outcome",
            ),
        ),
        migrations.AddConstraint(
            "payment",
            models.CheckConstraint(
                condition=Q(
                    kind="charge",
                    outcome__in=["unknown", "authorised", "charged", "declined", "closed", "released", "disputed"],
                )
                | Q(kind="capture", outcome__in=["unknown", "captured", "refused"])
                | Q(kind="refund", outcome__in=["unknown", "released", "refunded", "refused", "failed"]),
                name="payment_outcome_of_its_kind",
            ),
        ),
        migrations.AddField(
            "payment",
            "charge_id",
            models.CharField(blank=True, db_index=True, default="", max_length=100, verbose_name="charge"),
            preserve_default=False,
        ),
        migrations.AddField(
            "stripeintent",
            "decision",
            models.CharField(
                blank=True,
                choices=[("stands", "stands"), ("closed", "closed")],
                default="",
                max_length=10,
                verbose_name="decision",
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            "stripeintent",
            "capture_units",
            models.PositiveBigIntegerField(blank=True, null=True, verbose_name="to capture"),
        ),
        migrations.CreateModel(
            name="StripeRelease",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=100, unique=True, verbose_name="idempotency key")),
                ("units", models.PositiveBigIntegerField(verbose_name="amount")),
                (
                    "intent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="releases",
                        to="payments.stripeintent",
                        verbose_name="PaymentIntent",
                    ),
                ),
            ],
            options={"verbose_name": "release", "verbose_name_plural": "releases"},
        ),
    ]
