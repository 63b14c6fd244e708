"""How much there is."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StockConfig(AppConfig):
    """Stock of products."""

    name = "shop.stock"
    verbose_name = _("Stock")
