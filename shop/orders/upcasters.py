"""From the older versions of the events of orders to the newest. Of what the old ones did not say, they say None."""

from typing import Any

from events.api import upcaster


@upcaster("order.placed", version=1)
def placed_with_amounts(payload: dict[str, Any]) -> dict[str, Any]:
    """Version 2 says what the total is made of, and when the order was placed."""
    unsaid = ("subtotal", "discount", "shipping_fee", "tax", "coupon_code", "affiliate", "placed_at")
    return payload | dict.fromkeys(unsaid)


@upcaster("order.paid", version=1)
def paid_with_capture(payload: dict[str, Any]) -> dict[str, Any]:
    """Version 2 says when the money was taken."""
    return payload | {"captured_at": None}


@upcaster("order.packed", version=1)
def packed_with_instant(payload: dict[str, Any]) -> dict[str, Any]:
    """Version 2 says when."""
    return payload | {"packed_at": None}


@upcaster("order.shipped", version=1)
def shipped_with_instant(payload: dict[str, Any]) -> dict[str, Any]:
    """Version 2 says when."""
    return payload | {"shipped_at": None}


@upcaster("order.delivered", version=1)
def delivered_with_instant(payload: dict[str, Any]) -> dict[str, Any]:
    """Version 2 says when."""
    return payload | {"delivered_at": None}


@upcaster("order.held", version=1)
def held_with_instant(payload: dict[str, Any]) -> dict[str, Any]:
    """Version 2 says when."""
    return payload | {"held_at": None}


@upcaster("order.refunded", version=1)
def refunded_with_personal_reason(payload: dict[str, Any]) -> dict[str, Any]:
    """Version 2 logs the reason encrypted; what version 1 logged in the clear stays so."""
    return payload
