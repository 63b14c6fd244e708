"""Who may see an order and do what with it: customers their own, staff by permission."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import permissions
from rest_framework.request import Request

from shop.orders.models import Order

#: What staff need for an action, on top of seeing orders.
STAFF_NEED = {
    "cancel": "orders.cancel_order",
    "pack": "orders.fulfil_order",
    "ship": "orders.fulfil_order",
    "deliver": "orders.fulfil_order",
    "return_pieces": "orders.return_order",
    "return_arrived": "orders.return_order",
    "receive_return": "orders.return_order",
    "reject_return": "orders.return_order",
    "hold": "orders.hold_order",
    "release": "orders.hold_order",
    "note": "orders.add_ordernote",
}
CUSTOMERS_MAY = {"list", "retrieve", "cancel", "request_return"}


def sees_all_orders(user: Any) -> bool:
    """Staff with the permission to view orders."""
    return user.is_staff and user.has_perm("orders.view_order")


def visible_to(user: Any, orders: QuerySet[Order]) -> QuerySet[Order]:
    """All of them, or one's own: what one may not see does not exist."""
    return orders if sees_all_orders(user) else orders.filter(customer__user=user)


def staff_may(user: Any, action: str) -> bool:
    """Whether staff may do that with any order."""
    needed = STAFF_NEED.get(action)
    return sees_all_orders(user) and (needed is None or user.has_perm(needed))


class MayHandleOrder(permissions.IsAuthenticated):
    """Everybody who is logged in sees their own orders; the rest is by action and, for customers, by owner."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """By action, before an order is looked for."""
        if not super().has_permission(request, view):
            return False
        return view.action in CUSTOMERS_MAY or view.action is None or staff_may(request.user, view.action)

    def has_object_permission(self, request: Request, view: Any, order: Order) -> bool:
        """One's own; or anybody's by permission. To send something back is asked by its owner alone."""
        if order.customer.user_id == request.user.pk and view.action in CUSTOMERS_MAY:
            return True
        return view.action != "request_return" and staff_may(request.user, view.action)
