"""Customer relations."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CrmConfig(AppConfig):
    """Contacts."""

    name = "shop.crm"
    verbose_name = _("CRM")
