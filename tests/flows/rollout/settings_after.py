"""The settings of processes with the new code."""

from tests.flows.settings import *  # noqa: F403
from tests.flows.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS[:-1], "tests.flows.rollout.apps.AfterConfig"]
