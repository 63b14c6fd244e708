"""The CRM knows every customer as the shop does."""

from django.utils import timezone

from events.api import Context
from shop.accounts.events import UserRegistered
from shop.crm.operations import sync_contact
from shop.customers.events import CustomerChanged
from shop.orders.events import OrderCancelled, OrderPlaced, OrderReturned
from shop.outside.subscribing import outside_subscriber

Change = OrderPlaced | OrderCancelled | OrderReturned | UserRegistered | CustomerChanged


@outside_subscriber(
    OrderPlaced, OrderCancelled, OrderReturned, UserRegistered, CustomerChanged, name="crm.sync_contact"
)
def sync(event: Change, context: Context) -> None:
    """Twice is once: the contact is replaced by what the database says."""
    sync_contact(event.customer_id, now=timezone.now())
