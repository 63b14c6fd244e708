"""Giving points and taking them back: one for every whole unit of money that a customer keeps spending."""

from decimal import Decimal
from uuid import UUID

from shop.loyalty.models import PointsEntry


def points_of(amount: Decimal) -> int:
    """The points for an amount: its whole units."""
    return int(amount)


def points_lost(total: Decimal, given_back_before: Decimal, given_back_after: Decimal) -> int:
    """The points that a cancellation or return takes back, so that in the end there are points for what was kept: in
    whatever order those of an order are written, they add up to the same."""
    return points_of(total - given_back_before) - points_of(total - given_back_after)


def record_points(*, customer_id: int, event_id: UUID, points: int, reason: str, order_number: str) -> None:
    """Append an entry; there is one per event at most, or IntegrityError."""
    PointsEntry.objects.create(
        customer_id=customer_id, event_id=event_id, points=points, reason=reason, order_number=order_number
    )
