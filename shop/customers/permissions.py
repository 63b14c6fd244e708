"""Who is a customer with an account."""

from typing import Any

from rest_framework import permissions
from rest_framework.request import Request

from shop.customers.models import Customer


def customer_of(request: Request) -> Customer | None:
    """The customer who is logged in; None for guests, and for users who never were customers."""
    return getattr(request.user, "customer", None) if request.user.is_authenticated else None


class IsCustomer(permissions.BasePermission):
    """Somebody logged in who is a customer."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Staff without a customer of their own are none."""
        return customer_of(request) is not None
