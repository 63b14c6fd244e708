"""The settings of the processes that are broken on purpose: the platform without the shop, impatient, and the stall."""

import os
from pathlib import Path

from config.settings import *  # noqa: F403
from config.settings import CELERY_BROKER_TRANSPORT_OPTIONS as BROKER_OPTIONS
from config.settings import EVENTS as PLATFORM
from events.failpoints import POINTS

#: Where a world keeps what is its own; only the settings of tests read such variables.
CHAOS_DIRECTORY = Path(os.environ["CHAOS_DIRECTORY"])
CHAOS_ANNOUNCE = "tests.chaos.sales.announce"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django_celery_results",
    "events",
    "tests.chaos.apps.ChaosConfig",
]
MIDDLEWARE: list[str] = []
ROOT_URLCONF = "tests.flows.urls"

EVENTS = PLATFORM | {
    "rescue_after_seconds": 3.0,
    "rescue_interval_seconds": 0.5,
    "rescue_limit": 30,  # a long fault is no reason to give up here
    "unknown_version_patience_seconds": 2.0,
    "second_level_delays_seconds": (3600.0,),
    "failpoints": {point: str(CHAOS_DIRECTORY / "orders" / point) for point in POINTS},
}
CELERY_BROKER_TRANSPORT_OPTIONS = BROKER_OPTIONS | {"unacked_restore_interval": 1}
CELERY_BEAT_SCHEDULE = {"till": {"task": "tests.chaos.tasks.close_till", "schedule": 0.5}}
CELERY_TASK_SOFT_TIME_LIMIT = 6
CELERY_TASK_TIME_LIMIT = 8
