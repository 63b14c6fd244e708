"""The whole shop, with a platform that is impatient where workers are killed."""

from config.settings import *  # noqa: F403
from config.settings import EVENTS as PLATFORM

EVENTS = PLATFORM | {
    "rescue_after_seconds": 8.0,
    "rescue_interval_seconds": 0.5,
    "rescue_limit": 30,
    "second_level_delays_seconds": (3600.0,),
}
