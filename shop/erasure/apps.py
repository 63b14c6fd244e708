"""Customers who want to be forgotten."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ErasureConfig(AppConfig):
    """Whether somebody can be erased, and what of them then goes where."""

    name = "shop.erasure"
    verbose_name = _("Erasure")
