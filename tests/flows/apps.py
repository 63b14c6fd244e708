"""The parcels as an app, so that relays and workers load their subscribers as they load any other."""

from django.apps import AppConfig


class FlowsConfig(AppConfig):
    """Loads the subscribers."""

    name = "tests.flows"

    def ready(self) -> None:
        """Only these modules: the others belong to pytest."""
        from tests.flows import houses, parcels  # noqa: F401
