"""The warehouse, over HTTP."""

from typing import Any

from shop.errors import OutsideRefused, OutsideUnavailable
from shop.outside.client import Service

WAREHOUSE = Service("warehouse", "WAREHOUSE_URL", "WAREHOUSE_SECRET")
#: There is no such shipment any more, which is what a cancellation wants.
_GONE = {404, 410}


def request_shipment(*, order_number: str, lines: list[dict[str, Any]], address: dict[str, Any], key: str) -> str:
    """Ask for a shipment, once for each key; returns the warehouse's id of it. It is packed, and waits for `let_go`.

    Raises OutsideError.
    """
    document = {"order_number": order_number, "lines": lines, "address": address, "waits": True}
    answer = WAREHOUSE.call("POST", "/shipments", document, key=key)
    outside_id = answer.get("shipment_id")
    if not isinstance(outside_id, str) or not 0 < len(outside_id) <= 100:
        raise OutsideUnavailable(service=WAREHOUSE.name, why="its answer has no shipment_id")
    return outside_id


def let_go(outside_id: str, *, carrier: str, tracking_number: str, key: str) -> None:
    """Let a shipment be handed to the carrier, with that label on it, if there is one. Raises OutsideError."""
    document = {"carrier": carrier, "tracking_number": tracking_number}
    WAREHOUSE.call("POST", f"/shipments/{outside_id}/ship", document, key=key)


def cancel_shipment(outside_id: str, key: str) -> None:
    """Take a shipment back; one that is gone already is no error. Raises OutsideError, refused when it is packed."""
    try:
        WAREHOUSE.call("DELETE", f"/shipments/{outside_id}", key=key)
    except OutsideRefused as refused:
        if refused.data["status"] not in _GONE:
            raise
