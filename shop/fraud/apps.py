"""Which orders somebody should look at."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FraudConfig(AppConfig):
    """Scores of orders."""

    name = "shop.fraud"
    verbose_name = _("Fraud")
