"""The settings of processes that have not been replaced yet. What they do not know comes back after four seconds."""

from tests.flows.settings import *  # noqa: F403
from tests.flows.settings import EVENTS, INSTALLED_APPS

EVENTS = EVENTS | {"unknown_version_patience_seconds": 40}
INSTALLED_APPS = [*INSTALLED_APPS[:-1], "tests.flows.rollout.apps.BeforeConfig"]
