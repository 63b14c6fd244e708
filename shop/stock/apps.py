"""How much there is."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StockConfig(AppConfig):
    """Stock of products."""

    name = "shop.stock"
    verbose_name = _("Stock")

    def ready(self) -> None:
        """Take over the stock that documents give for variants."""
        from shop.stock import receivers  # noqa: F401
