"""Points for buying."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LoyaltyConfig(AppConfig):
    """The ledger of points."""

    name = "shop.loyalty"
    verbose_name = _("Loyalty")
