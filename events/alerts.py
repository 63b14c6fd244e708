"""Alerts: people are told of dead letters that will not be replayed automatically, once per group of like errors."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.mail import send_mail
from django.db import connection
from django.urls import NoReverseMatch, reverse

from events.conf import events_settings
from events.models import ErrorGroup

logger = logging.getLogger(__name__)

#: A letter whose automatic replay is overdue by so much is a matter for people: its subscriber may be gone.
_GRACE_SECONDS = 300
#: Letters are counted up to here, and so many groups are described in one mail.
_COUNT_LIMIT, _MAIL_LIMIT = 10_000, 50

# Only what died since the last letter that was seen, and so much before as an automatic replay may take to be overdue.
_RECENT = """
recent AS MATERIALIZED (
    SELECT * FROM events_delivery WHERE outcome = 'dead' AND finished_at > coalesce(
        (SELECT max(last_seen_at) FROM events_errorgroup) - make_interval(secs => %(patience_seconds)s), '-infinity'))
"""
_SEE = f"""
WITH {_RECENT}
INSERT INTO events_errorgroup AS known (fingerprint, first_seen_at, last_seen_at)
SELECT fingerprint, min(finished_at), max(finished_at) FROM recent GROUP BY fingerprint
ON CONFLICT (fingerprint) DO UPDATE SET last_seen_at = greatest(known.last_seen_at, excluded.last_seen_at)
"""
# Nobody retries these: not of an error that goes away, or no round is left, or nobody came when one was due; and nobody
# has begun to replay them.
_FIND = f"""
WITH {_RECENT},
hopeless AS (
    SELECT DISTINCT recent.fingerprint FROM recent JOIN events_errorgroup USING (fingerprint)
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE r.automatic) AS rounds, bool_or(i.state IN ('waiting', 'sent')) AS is_under_way
        FROM events_replayitem i JOIN events_replay r ON r.id = i.replay_id
        WHERE i.position = recent.position AND i.subscriber = recent.subscriber) replays
    WHERE found_at IS NULL AND replays.is_under_way IS NOT TRUE
      AND NOT EXISTS (SELECT FROM events_delivery later WHERE later.position = recent.position
                      AND later.subscriber = recent.subscriber AND later.run > recent.run)
      AND (NOT transient OR replays.rounds >= %(round_count)s OR finished_at < %(now)s - make_interval(
           secs => (%(delays)s::float[])[replays.rounds + 1] + %(grace_seconds)s)))
UPDATE events_errorgroup found SET found_at = %(now)s FROM hopeless WHERE hopeless.fingerprint = found.fingerprint
RETURNING found.fingerprint
"""
_OPEN = """
SELECT d.* FROM events_delivery d
WHERE d.outcome = 'dead' AND d.fingerprint = {fingerprint} AND NOT EXISTS (
    SELECT FROM events_delivery later
    WHERE later.position = d.position AND later.subscriber = d.subscriber AND later.run > d.run)
"""
_DESCRIBE = f"""
WITH letters AS MATERIALIZED ({_OPEN.format(fingerprint="%(fingerprint)s")} LIMIT {_COUNT_LIMIT})
SELECT (SELECT count(*) FROM letters),
       (SELECT coalesce(array_agg(DISTINCT subscriber ORDER BY subscriber), '{{}}') FROM letters),
       e.id || ':' || first.subscriber || ':' || first.run, e.name || ' ' || e.stream,
       (SELECT a.message FROM events_attempt a
        WHERE a.position = first.position AND a.subscriber = first.subscriber AND a.run = first.run
        ORDER BY number DESC LIMIT 1)
FROM (SELECT) one LEFT JOIN (SELECT * FROM letters ORDER BY id LIMIT 1) first ON true
LEFT JOIN events_event e ON e.position = first.position
"""
_CLOSE = f"""
UPDATE events_errorgroup closed SET found_at = NULL, alerted_at = NULL
WHERE alerted_at IS NOT NULL AND NOT EXISTS ({_OPEN.format(fingerprint="closed.fingerprint")})
"""


@dataclass(frozen=True, slots=True)
class Alert:
    """What people are told of a group."""

    fingerprint: str
    count: int
    subscribers: tuple[str, ...]
    example: str
    event: str
    message: str
    path: str

    def text(self) -> str:
        """For a log line and a mail alike."""
        count = f"more than {_COUNT_LIMIT}" if self.count == _COUNT_LIMIT else str(self.count)
        lines = [
            f"{self.fingerprint}: {count} open dead letters of {', '.join(self.subscribers) or 'nobody any more'}",
            f"for example {self.example} ({self.event}): {self.message[:500]}",
        ]
        return "\n  ".join([*lines, f"see {self.path}"] if self.path else lines)


def alert(now: datetime) -> int:
    """Tell people of groups they have not been told of yet; how many. Each is logged at once. The mail is tried again
    each time until the server takes it; what it says is then true at that time."""
    _see_and_close()
    found = [_describe(fingerprint) for fingerprint in _find(now)]
    for one in found:
        logger.error("Dead letters need somebody: %s", one.text())
    _mail(now)
    return len(found)


def _see_and_close() -> None:
    with connection.cursor() as cursor:
        cursor.execute(_CLOSE)
        cursor.execute(_SEE, {"patience_seconds": _patience_seconds()})


def _find(now: datetime) -> list[str]:
    delays = list(events_settings().second_level_delays_seconds)
    values: dict[str, Any] = {
        "patience_seconds": _patience_seconds(),
        "now": now,
        "delays": delays,
        "round_count": len(delays),
        "grace_seconds": _GRACE_SECONDS,
    }
    with connection.cursor() as cursor:
        cursor.execute(_FIND, values)
        return [fingerprint for (fingerprint,) in cursor.fetchall()]


def _patience_seconds() -> float:
    return max(events_settings().second_level_delays_seconds, default=0) + 2 * _GRACE_SECONDS


def _describe(fingerprint: str) -> Alert:
    with connection.cursor() as cursor:
        cursor.execute(_DESCRIBE, {"fingerprint": fingerprint})
        count, subscribers, example, event, message = cursor.fetchone()
    return Alert(
        fingerprint, count, tuple(subscribers), example or "–", event or "–", message or "–", _path(fingerprint)
    )


def _path(fingerprint: str) -> str:
    """The list of the group's letters, where there is an admin."""
    try:
        return f"{reverse('admin:events_deadletter_changelist')}?{urlencode({'fingerprint': fingerprint})}"
    except NoReverseMatch:
        return ""


def _mail(now: datetime) -> None:
    waiting = ErrorGroup.objects.filter(alerted_at=None).exclude(found_at=None).order_by("found_at", "fingerprint")
    fingerprints = list(waiting.values_list("fingerprint", flat=True))
    if not fingerprints:
        return
    recipients = events_settings().alert_emails
    if recipients:
        alerts = [_describe(one) for one in fingerprints[:_MAIL_LIMIT]]
        try:
            send_mail(_subject(fingerprints), _body(alerts, fingerprints), settings.DEFAULT_FROM_EMAIL, recipients)
        except Exception:
            logger.warning("The mail about dead letters could not be sent; it will be tried again", exc_info=True)
            return
    ErrorGroup.objects.filter(fingerprint__in=fingerprints, alerted_at=None).update(alerted_at=now)


def _subject(fingerprints: Sequence[str]) -> str:
    words = fingerprints[0] if len(fingerprints) == 1 else f"{len(fingerprints)} kinds of errors"
    return f"[Backroom] Dead letters: {words}"


def _body(alerts: Sequence[Alert], fingerprints: Sequence[str]) -> str:
    more = len(fingerprints) - len(alerts)
    parts = ["These dead letters will not be replayed automatically:", *(one.text() for one in alerts)]
    return "\n\n".join([*parts, f"… and {more} kinds more"] if more else parts)
