"""The carrier."""

from django.apps import AppConfig
from django.core.checks import Tags, register
from django.utils.translation import gettext_lazy as _


class CarrierConfig(AppConfig):
    """Labels."""

    name = "shop.carrier"
    verbose_name = _("Carrier")

    def ready(self) -> None:
        """Have `manage.py check` look at the settings."""
        from shop.carrier.service import CARRIER
        from shop.outside.checks import check_secret_of

        register(check_secret_of(CARRIER), Tags.security)
