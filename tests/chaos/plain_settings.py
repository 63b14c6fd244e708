"""The rival's settings: Celery and Django as their manuals advise, with the options that do most against loss."""

from tests.chaos.settings import (
    BROKER_OPTIONS,
    CELERY_BEAT_SCHEDULE,
    CELERY_TASK_SOFT_TIME_LIMIT,
    CELERY_TASK_TIME_LIMIT,
    CHAOS_DIRECTORY,
    DATABASES,
    DEFAULT_AUTO_FIELD,
    EVENTS,
    LOGGING,
    REDIS_URL,
    ROOT_URLCONF,
    SECRET_KEY,
    USE_TZ,
)

__all__ = [
    "CELERY_BEAT_SCHEDULE",
    "CELERY_TASK_SOFT_TIME_LIMIT",
    "CELERY_TASK_TIME_LIMIT",
    "CHAOS_DIRECTORY",
    "DATABASES",
    "DEFAULT_AUTO_FIELD",
    "LOGGING",
    "ROOT_URLCONF",
    "SECRET_KEY",
    "USE_TZ",
]

CHAOS_ANNOUNCE = "tests.chaos.plain.announce"
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "django_celery_results"]
EVENTS = {"failpoints": EVENTS["failpoints"]}  # the places where chaos strikes, and nothing else of ours

CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # Shorter than the hour that is the default, because a test cannot wait for so long.
    "visibility_timeout": BROKER_OPTIONS["visibility_timeout"],
    "unacked_restore_interval": 1,
    "unacked_restore_throttle": 1,
}
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_RESULT_BACKEND = "django-db"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_STORE_ERRORS_EVEN_IF_IGNORED = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
