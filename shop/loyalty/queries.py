"""Reading the ledger of points."""

from django.db.models import Sum

from shop.loyalty.models import PointsEntry


def balance_of(customer_id: int) -> int:
    """The points a customer has."""
    return PointsEntry.objects.filter(customer=customer_id).aggregate(Sum("points"))["points__sum"] or 0
