"""What happens because something happened."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TasksConfig(AppConfig):
    """Loads every module beside this one, so that a new subscriber needs no entry in a list."""

    name = "tasks"
    verbose_name = _("Tasks")

    def ready(self) -> None:
        """Only now can models, and so the platform, be imported."""
        from events.api import load_subscribers

        load_subscribers("tasks")
