"""The demo catalogue: Backroom Home, a small furniture shop."""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    """Brings the command `load_demo_catalogue`."""

    name = "shop.demo"
