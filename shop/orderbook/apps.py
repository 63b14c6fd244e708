"""Orders as they are read: made from what happened to them, never from the tables that are written."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OrderBookConfig(AppConfig):
    """The read models of orders."""

    name = "shop.orderbook"
    verbose_name = _("Order book")
