"""Who did what."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AuditConfig(AppConfig):
    """The audit trail."""

    name = "shop.audit"
    verbose_name = _("Audit")
