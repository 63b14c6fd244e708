"""Writing orders: buying, sending, holding, cancelling, returning, and settling what was left half done."""

from shop.orders.operations.advancing import advance, hold, release
from shop.orders.operations.cancelling import cancel
from shop.orders.operations.checkout import Buyer, LineWish, check_out
from shop.orders.operations.returning import receive_return, reject_return, request_return, return_pieces
from shop.orders.operations.settling import settle_abandoned

__all__ = [
    "Buyer",
    "LineWish",
    "advance",
    "cancel",
    "check_out",
    "hold",
    "receive_return",
    "reject_return",
    "release",
    "request_return",
    "return_pieces",
    "settle_abandoned",
]
