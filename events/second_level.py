"""Second-level retry: dead letters of errors that go away by themselves are replayed automatically, some minutes later
and at growing distances. What is still dead then is for people: see events/alerts.py."""

import logging
from contextlib import suppress
from datetime import datetime, timedelta

from events.conf import events_settings
from events.errors import NothingToReplay
from events.models import Replay
from events.replay import Selection, create_replay, matches

logger = logging.getLogger(__name__)

OWNER = "system:second-level retry"


def retry_transient(now: datetime) -> list[Replay]:
    """Replay each letter whose time has come; one replay for those that are in the same round."""
    rounds = enumerate(events_settings().second_level_delays_seconds)
    replays = [_retry(number, delay_seconds, now) for number, delay_seconds in rounds]
    return [replay for replay in replays if replay]


def _retry(number: int, delay_seconds: float, now: datetime) -> Replay | None:
    died_before = now - timedelta(seconds=delay_seconds)
    due = Selection(transient=True, automatic_rounds=number, until=died_before)
    if not matches(due):
        return None
    name, reason = f"second-level retry, round {number + 1}", "died of errors that are expected to go away"
    with suppress(NothingToReplay):  # somebody was faster
        replay = create_replay(due, name=name, reason=reason, owner=OWNER, now=now, automatic=True)
        logger.info("%s: %s deliveries", name, replay.item_count)
        return replay
    return None
