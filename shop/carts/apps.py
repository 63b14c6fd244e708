"""What people are about to buy."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CartsConfig(AppConfig):
    """Carts; a log-in brings the guest's cart along."""

    name = "shop.carts"
    verbose_name = _("Carts")

    def ready(self) -> None:
        """Connect the receivers."""
        from shop.carts import signals  # noqa: F401
