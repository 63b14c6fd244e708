"""Reading the order book. Customers are looked up by key, for the rows that are shown; orders are never joined."""

from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from shop.customers.models import Customer
from shop.orderbook.models import OrderDetail, OrderListEntry
from shop.orders.models import Order
from shop.orders.permissions import sees_all_orders


def listed_orders(user: Any) -> QuerySet[OrderListEntry]:
    """The placed orders that somebody may see, with `customer`, their e-mail address: all of them, or one's own."""
    entries = OrderListEntry.objects.annotate(customer=_email("customer_id"))
    return entries if sees_all_orders(user) else entries.filter(customer_id=_customer_of(user))


def detailed_orders(user: Any) -> QuerySet[OrderDetail]:
    """The same with their lines, in one query; what is personal comes from the order itself, by its key."""
    order = Order.objects.filter(pk=OuterRef("pk"))
    details = OrderDetail.objects.select_related("entry").annotate(
        customer=_email("entry__customer_id"),
        shipping_address=Subquery(order.values("shipping_address")),
        billing_address=Subquery(order.values("billing_address")),
        hold_reason=Subquery(order.values("hold_reason")),
    )
    return details if sees_all_orders(user) else details.filter(entry__customer_id=_customer_of(user))


def _email(customer_id: str) -> Subquery:
    return Subquery(Customer.objects.filter(pk=OuterRef(customer_id)).values("email"))


def _customer_of(user: Any) -> Subquery:
    return Subquery(Customer.objects.filter(user=user).values("pk")[:1])
