"""The stall as an app, so that relays and workers load its subscribers as they load any other."""

from django.apps import AppConfig


class ChaosConfig(AppConfig):
    """Loads the subscribers."""

    name = "tests.chaos"

    def ready(self) -> None:
        """Only this module: the others belong to whoever breaks things."""
        from tests.chaos import sales  # noqa: F401
