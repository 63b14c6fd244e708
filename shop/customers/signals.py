"""Saving a customer emits what the save means."""

from collections.abc import Collection
from typing import Any

from django.db.models.signals import post_save
from django.dispatch import receiver

from events.api import emit
from shop.customers.events import CustomerChanged
from shop.customers.models import Customer


@receiver(post_save, sender=Customer)
def emit_customer_changed(
    instance: Customer, created: bool, raw: bool, update_fields: Collection[str] | None, **_: Any
) -> None:
    """customer.changed when the save changes something; a new customer is told of by the order or the registration."""
    changed = [] if raw or created else instance.changed_fields(update_fields)
    if changed:
        emit(CustomerChanged(customer_id=instance.pk, changed=changed))
