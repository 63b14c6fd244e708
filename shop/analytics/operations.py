"""Adding to the sales figures of a day."""

from datetime import date
from decimal import Decimal

from django.db.models import Q

from shop.analytics.models import DailySales
from shop.orders.models import Order
from shop.tallies import add

#: Every figure, so that a row that is inserted has them all.
_NONE: dict[str, int | Decimal] = {
    "order_count": 0,
    "first_order_count": 0,
    "unit_count": 0,
    "gross": Decimal(0),
    "discount": Decimal(0),
    "shipping_fee": Decimal(0),
    "tax": Decimal(0),
    "cancelled": Decimal(0),
    "cancelled_unit_count": 0,
    "returned": Decimal(0),
    "returned_unit_count": 0,
}


def add_order(day: date, order: Order) -> None:
    """Count an order, by what it was when it was placed."""
    _add(
        day,
        order.currency,
        order_count=1,
        first_order_count=int(is_first(order)),
        unit_count=order.unit_count,
        gross=order.total.amount,
        discount=order.discount.amount,
        shipping_fee=order.shipping_fee.amount,
        tax=order.tax.amount,
    )


def add_cancellation(day: date, currency: str, amount: Decimal, unit_count: int) -> None:
    """Count what was cancelled."""
    _add(day, currency, cancelled=amount, cancelled_unit_count=unit_count)


def add_return(day: date, currency: str, amount: Decimal, unit_count: int) -> None:
    """Count what was returned."""
    _add(day, currency, returned=amount, returned_unit_count=unit_count)


def is_first(order: Order) -> bool:
    """Whether the customer had placed no order before this one; the same whenever it is asked."""
    before = Q(placed_at__lt=order.placed_at) | Q(placed_at=order.placed_at, pk__lt=order.pk)
    return not Order.objects.filter(before, customer=order.customer_id).exists()


def _add(day: date, currency: str, **figures: int | Decimal) -> None:
    add(DailySales, ["day", "currency"], [{"day": day, "currency": currency, **_NONE, **figures}])
