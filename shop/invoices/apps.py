"""Real invoices from a file, played through the shop."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InvoicesConfig(AppConfig):
    """Invoices; it has no tables of its own."""

    name = "shop.invoices"
    verbose_name = _("Invoices")
