"""The sales team."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SalesConfig(AppConfig):
    """What the sales team is told in its chat."""

    name = "shop.sales"
    verbose_name = _("Sales team")
