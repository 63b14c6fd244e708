"""Home page and documentation as a Django app, for their templates and static files."""

from django.apps import AppConfig


class HomeConfig(AppConfig):
    """Nothing to start."""

    name = "config.home"
    label = "home"
