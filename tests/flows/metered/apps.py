"""The meters as an app."""

from django.apps import AppConfig


class MeteredConfig(AppConfig):
    """Loads the projection."""

    name = "tests.flows.metered"

    def ready(self) -> None:
        """Their models can be imported only now."""
        from tests.events.meters import declare

        declare()
