"""What the shop hands to a data warehouse."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LakeConfig(AppConfig):
    """Files by day."""

    name = "shop.lake"
    verbose_name = _("Data export")
