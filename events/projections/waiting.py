"""Waiting for a read model: so that who has just written something sees it.

What a client has written stands at a position of the log, which the answer to its request names (`Log-Position`). With
`?after=<position>` it asks for a read model that knows of it. Nobody is kept waiting for long: when the time is up, the
answer is what there is, and says how far it is behind (`Read-Model-Behind`).
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection

from events.conf import events_settings
from events.errors import AfterUnreadable
from events.models import Subscription
from events.projections.declaration import projection_named
from events.projections.lag import COUNT_LIMIT, behind
from events.subscribers import Subscriber
from events.subscriptions import is_paused

BEHIND_HEADER = "Read-Model-Behind"

_FIRST_BREAK_SECONDS, _LONGEST_BREAK_SECONDS = 0.005, 0.1
_LAST_POSITION = 2**63 - 1

_UNSETTLED = """
SELECT count(*) FILTER (WHERE d.outcome IS NULL AND NOT events_is_closed(e.position, %(subscriber)s, 0)),
       count(*) FILTER (WHERE d.outcome = 'dead')
FROM events_event e LEFT JOIN LATERAL (
    SELECT outcome FROM events_delivery d WHERE d.position = e.position AND d.subscriber = %(subscriber)s
    ORDER BY run DESC LIMIT 1) d ON true
WHERE (%(names)s::text[] IS NULL OR e.name = ANY (%(names)s::text[])) AND e.position <= %(position)s
"""
#: The events of the transaction that wrote the one at the position.
_OWN = f"{_UNSETTLED} AND e.xid = (SELECT xid FROM events_event WHERE position = %(position)s)"
_ALL = f"""{_UNSETTLED} AND (e.xid, e.position) > (
    SELECT settled_xid, settled_position FROM events_subscription WHERE subscriber = %(subscriber)s)
"""


@dataclass(frozen=True, slots=True)
class Freshness:
    """Whether a read model knows of what was asked for, and how many events it is behind when it does not."""

    is_current: bool = True
    behind_count: int = 0

    @property
    def headers(self) -> dict[str, str]:
        """For the answer; none when all is as it should be."""
        return {} if self.is_current else {BEHIND_HEADER: str(self.behind_count)}


def wait_for_projection(name: str, position: int, timeout_seconds: float, *, everything: bool = False) -> bool:
    """Wait until a projection has applied what was written up to a position; False when the time is up before that,
    when one of the events is a dead letter, or when the projection is paused.

    Waited for are the events of the transaction that wrote the one at the position, as far as the projection wants
    them: that is what its author wants to see. With `everything`, all events that stand before it in the log as well,
    of whichever stream; one lane that is held up then holds up every reader. A position at which nothing stands is
    nothing to wait for; and of a projection that is paused nothing is to be expected. Asks the database every few
    milliseconds, by index. Raises UnknownProjection.
    """
    projection = projection_named(name)
    deadline, break_seconds = time.monotonic() + timeout_seconds, _FIRST_BREAK_SECONDS
    while True:
        waiting, dead = _unsettled(projection, position, everything)
        if not waiting or dead:
            return not dead
        if is_paused(name):
            return False
        left_seconds = deadline - time.monotonic()
        if left_seconds <= 0:
            return False
        time.sleep(min(break_seconds, left_seconds))
        break_seconds = min(break_seconds * 2, _LONGEST_BREAK_SECONDS)


def wait_for_own_write(parameters: Mapping[str, str], name: str) -> Freshness:
    """What `?after=<position>` of a request asks for, with request.GET or the like as `parameters`: waits as long as
    EVENTS["read_after_seconds"] says. Answer with the headers of the result.

        freshness = wait_for_own_write(request.GET, "orders.list")
        return Response(rows, headers=freshness.headers)

    Raises AfterUnreadable for what is no position, which is an answer of 400, and UnknownProjection.
    """
    text = parameters.get("after")
    if text is None:
        return Freshness()
    if wait_for_projection(name, _position(text), events_settings().read_after_seconds):
        return Freshness()
    row = Subscription.objects.filter(subscriber=name).first()
    return Freshness(False, behind(projection_named(name), row, COUNT_LIMIT)[0])


def _position(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 19 and int(text) <= _LAST_POSITION):
        raise AfterUnreadable(value=text[:50])
    return int(text)


def _unsettled(projection: Subscriber, position: int, everything: bool) -> tuple[int, int]:
    values: dict[str, Any] = {"position": position, "subscriber": projection.name, "names": projection.wanted_names}
    with connection.cursor() as cursor:
        cursor.execute(_ALL if everything else _OWN, values)
        waiting, dead = cursor.fetchone()
    return waiting, dead
