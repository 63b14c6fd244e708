"""Saying in the log what the older versions of the events of orders left out of it."""

from collections.abc import Iterator

from django.db import transaction

from events.api import emit, fold_all
from shop.orders.events import OrderRestated
from shop.orders.history import OrderState
from shop.orders.operations.reversing import locked


def restate_orders() -> Iterator[str]:
    """Emit order.restated for every order of which the log says less than its row, and yield its number; twice is once.

    Each is a transaction of its own and holds the order's row, so the shop goes on meanwhile; begun again, it goes on
    with what is left.
    """
    for folded in fold_all("order-"):
        state = folded.state
        if isinstance(state, OrderState) and state.unsaid:
            restate(state.order_id)
            yield state.number


@transaction.atomic
def restate(order_id: int) -> None:
    """Emit order.restated, with what the row says now."""
    order = locked(order_id)
    emit(
        OrderRestated(
            order_id=order.pk,
            number=order.number,
            customer_id=order.customer_id,
            subtotal=order.subtotal.amount,
            discount=order.discount.amount,
            shipping_fee=order.shipping_fee.amount,
            tax=order.tax.amount,
            coupon_code=order.coupon_code,
            affiliate=order.affiliate,
            placed_at=order.placed_at,
            captured_at=order.captured_at,
            packed_at=order.packed_at,
            shipped_at=order.shipped_at,
            delivered_at=order.delivered_at,
            held_at=order.held_at,
        )
    )
