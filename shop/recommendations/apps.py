"""What is bought together."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RecommendationsConfig(AppConfig):
    """Pairs of products."""

    name = "shop.recommendations"
    verbose_name = _("Recommendations")
