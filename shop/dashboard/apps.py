"""How the shop is doing, for the staff."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DashboardConfig(AppConfig):
    """Figures at a glance."""

    name = "shop.dashboard"
    verbose_name = _("Dashboard")
