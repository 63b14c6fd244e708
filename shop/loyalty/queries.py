"""Reading the ledger of points."""

from django.db.models import Sum

from shop.loyalty.models import PointsEntry


def balance_of(customer_id: int) -> int:
    """The points a customer has; below zero when more was taken back than is left."""
    return PointsEntry.objects.filter(customer=customer_id).aggregate(Sum("points"))["points__sum"] or 0


def redeemable(customer_id: int) -> int:
    """The points a customer can spend."""
    return max(0, balance_of(customer_id))
