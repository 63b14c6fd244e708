"""The platform with the meters alone; a file that the test writes says when a process dies."""

import os

from tests.flows.settings import *  # noqa: F403
from tests.flows.settings import EVENTS as PLATFORM

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django_celery_results",
    "events",
    "tests.flows.metered.apps.MeteredConfig",
]
EVENTS = PLATFORM | {
    "failpoints": {
        point: f"{os.environ['ORDERS']}/{point}" for point in ("rebuild.before_swap", "rebuild.before_swap_commit")
    }
}
