"""Partners who send customers."""

from django.apps import AppConfig
from django.core.checks import Tags, register
from django.utils.translation import gettext_lazy as _


class PartnersConfig(AppConfig):
    """Partners and the conversions they are told of."""

    name = "shop.partners"
    verbose_name = _("Partners")

    def ready(self) -> None:
        """Have `manage.py check` look at the settings."""
        from shop.outside.checks import check_secret_of
        from shop.partners.operations import AFFILIATE

        register(check_secret_of(AFFILIATE), Tags.security)
