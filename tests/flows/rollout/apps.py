"""Each version as an app of its own."""

from django.apps import AppConfig


class BeforeConfig(AppConfig):
    """The code before the deployment."""

    name = "tests.flows.rollout"

    def ready(self) -> None:
        """Only its own version."""
        from tests.flows.rollout import before  # noqa: F401


class AfterConfig(AppConfig):
    """The code after the deployment."""

    name = "tests.flows.rollout"

    def ready(self) -> None:
        """Only its own version."""
        from tests.flows.rollout import after  # noqa: F401
