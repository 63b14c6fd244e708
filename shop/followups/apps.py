"""What customers are told some time after they have bought."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FollowupsConfig(AppConfig):
    """Durable timers of orders."""

    name = "shop.followups"
    verbose_name = _("Follow-ups")
