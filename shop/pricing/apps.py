"""What things cost."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PricingConfig(AppConfig):
    """Coupons, taxes, shipping fees and currencies."""

    name = "shop.pricing"
    verbose_name = _("Prices")
