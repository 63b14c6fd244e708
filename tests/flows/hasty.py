"""The settings of a relay that soon sends again what nothing is heard of."""

from tests.flows.settings import *  # noqa: F403
from tests.flows.settings import EVENTS as PLATFORM

EVENTS = PLATFORM | {"rescue_after_seconds": 5.0, "rescue_interval_seconds": 0.5}
