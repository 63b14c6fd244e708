"""Imports of products."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ImportsConfig(AppConfig):
    """Brings the command `import_products`."""

    name = "shop.imports"
    verbose_name = _("Imports")
