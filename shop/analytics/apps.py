"""What was sold."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AnalyticsConfig(AppConfig):
    """Sales by day."""

    name = "shop.analytics"
    verbose_name = _("Analytics")
