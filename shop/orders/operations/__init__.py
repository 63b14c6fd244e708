"""Writing orders: buying, cancelling, and settling what was left half done."""

from shop.orders.operations.cancelling import cancel
from shop.orders.operations.checkout import Buyer, LineWish, check_out
from shop.orders.operations.settling import settle_abandoned

__all__ = ["Buyer", "LineWish", "cancel", "check_out", "settle_abandoned"]
