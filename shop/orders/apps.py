"""Who bought what, and how it was paid and cancelled."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OrdersConfig(AppConfig):
    """Orders."""

    name = "shop.orders"
    verbose_name = _("Orders")

    def ready(self) -> None:
        """Register the events, what emits them, what reads their older versions, and what they add up to."""
        from shop.orders import events, history, signals, upcasters, verifying  # noqa: F401
