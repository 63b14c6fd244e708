"""The settings of a worker that keeps to the defaults of Celery: one that a silent network makes deaf for good."""

from tests.flows.settings import *  # noqa: F403
from tests.flows.settings import CELERY_BROKER_TRANSPORT_OPTIONS as BROKER_OPTIONS

CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": BROKER_OPTIONS["visibility_timeout"]}
