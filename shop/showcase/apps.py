"""Products as they are shown: whole documents, written down when something about a product has changed."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ShowcaseConfig(AppConfig):
    """The read model of products."""

    name = "shop.showcase"
    verbose_name = _("Showcase")
