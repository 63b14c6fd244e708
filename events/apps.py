"""The platform as a Django app."""

from typing import Any

from django.apps import AppConfig
from django.db import connection
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class EventsConfig(AppConfig):
    """Registers the start-up checks, and the task of the platform's own."""

    name = "events"
    verbose_name = _("Events")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Both register themselves when they are imported."""
        from events import checks  # noqa: F401
        from events.projections import driving  # noqa: F401

        post_migrate.connect(_enroll, sender=self)


def _enroll(**_: Any) -> None:
    """A deployment migrates first: a new subscriber gets what happens from then on."""
    from events.subscriptions import enroll

    if "events_subscription" in connection.introspection.table_names():
        enroll()
