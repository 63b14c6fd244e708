"""What the staff should look at."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NoticesConfig(AppConfig):
    """Notices of low stock."""

    name = "shop.notices"
    verbose_name = _("Notices")
