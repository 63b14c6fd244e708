"""Writing orders: buying, sending, holding, cancelling, returning, noting, and settling what was left half done."""

from shop.orders.operations.advancing import advance, hold, release
from shop.orders.operations.cancelling import call_off, cancel
from shop.orders.operations.capturing import capture
from shop.orders.operations.checkout import Buyer, LineWish, check_out
from shop.orders.operations.noting import note
from shop.orders.operations.returning import (
    finish_return,
    note_arrival,
    receive_return,
    reject_return,
    request_return,
    return_pieces,
)
from shop.orders.operations.settling import settle_abandoned

__all__ = [
    "Buyer",
    "LineWish",
    "advance",
    "call_off",
    "cancel",
    "capture",
    "check_out",
    "finish_return",
    "hold",
    "note",
    "note_arrival",
    "receive_return",
    "reject_return",
    "release",
    "request_return",
    "return_pieces",
    "settle_abandoned",
]
