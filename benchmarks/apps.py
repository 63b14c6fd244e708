"""The benchmarks as an app, so that relays and workers load their subscribers as they load any other."""

from django.apps import AppConfig


class BenchmarksConfig(AppConfig):
    """Loads the subscribers."""

    name = "benchmarks"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Only this module: the others measure."""
        from benchmarks import subscribers  # noqa: F401
