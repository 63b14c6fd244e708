"""The Celery application: `celery -A config worker` finds it here."""

import os

from celery import Celery
from celery.signals import setup_logging

from events.transports.worker import prepare

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("backroom")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
prepare()


@setup_logging.connect
def keep_django_logging(**_: object) -> None:
    """A receiver is enough: Celery then leaves the logging that settings.LOGGING set up alone."""
