"""Requests that may be sent again."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class IdempotencyConfig(AppConfig):
    """Recorded answers."""

    name = "shop.idempotency"
    verbose_name = _("Repeatable requests")
