"""The Celery application: `celery -A config worker` finds it here."""

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging, worker_init
from django.core.management.base import SystemCheckError

from events.transports.worker import prepare

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery(
    "backroom",
    amqp="events.transports.publishing:SigningAMQP",
    control="events.transports.control:SignedControl",
    task_cls="events.transports.once:OnceTask",
)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
prepare(app)


@worker_init.connect
def refuse_contradictions(sender: Any, **_: object) -> None:
    """Celery runs Django's checks and looks away; a worker with two subscribers of one name must not start."""
    if sender.app is not app:
        return
    from events import checks

    try:
        checks.refuse_contradictions()
    except SystemCheckError as error:
        raise SystemExit(str(error)) from error


@setup_logging.connect
def keep_django_logging(**_: object) -> None:
    """A receiver is enough: Celery then leaves the logging that settings.LOGGING set up alone."""
