"""The settings of the processes that the tests start: the platform without the shop, and the parcels."""

from config.settings import *  # noqa: F403

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django_celery_results",
    "events",
    "tests.flows.apps.FlowsConfig",
]
MIDDLEWARE: list[str] = []
ROOT_URLCONF = "tests.flows.urls"
