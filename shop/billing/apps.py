"""Invoices and credit notes."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BillingConfig(AppConfig):
    """The papers of an order."""

    name = "shop.billing"
    verbose_name = _("Billing")

    def ready(self) -> None:
        """Register the events."""
        from shop.billing import events  # noqa: F401
