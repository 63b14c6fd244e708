"""Snapshots: states of long streams, kept so that only the events after them need to be folded.

They are a cache. They hold what personal fields said in the clear, so whoever makes these unreadable forgets the
snapshots in the same transaction. A snapshot is only taken of what is read under a shared lock, and only forgotten
under an exclusive one: none is taken from what was read before and stored after.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from events.errors import ForgottenOutsideTransaction

_LATEST = """
SELECT stream_version, state, happened_at FROM events_snapshot
WHERE stream = %s AND fold = %s AND code = %s AND stream_version <= %s AND happened_at <= %s
ORDER BY stream_version DESC LIMIT 1
"""
_KEEP = """
INSERT INTO events_snapshot AS present (stream, fold, code, stream_version, state, happened_at)
VALUES (%s, %s, %s, %s, %s, %s)
ON CONFLICT (stream, fold, code, stream_version) DO UPDATE SET state = excluded.state, taken_at = now()
WHERE present.state <> excluded.state
"""
_LOCK = "hashtextextended('events_snapshot', 0)"


class Snapshot(models.Model):
    """The state of a stream after so many events, as one version of one fold made it."""

    stream = models.TextField(_("stream"))
    fold = models.TextField(_("fold"))
    #: What made it: the fold's declared version, and a digest of the state's fields and of the events' versions.
    code = models.TextField(_("version of the code"))
    stream_version = models.PositiveIntegerField(_("stream version"))
    #: JSON as it was written: jsonb would put the keys of dictionaries into another order.
    state = models.TextField(_("state"))
    #: When the latest of its events happened.
    happened_at = models.DateTimeField(_("happened at"))
    taken_at = models.DateTimeField(_("taken at"), db_default=Now())

    class Meta:
        app_label = "events"
        verbose_name = _("snapshot")
        verbose_name_plural = _("snapshots")
        constraints = [
            models.UniqueConstraint(fields=["stream", "fold", "code", "stream_version"], name="events_snapshot_once")
        ]

    def __str__(self) -> str:
        return f"{self.stream} v{self.stream_version}"


@dataclass(frozen=True, slots=True)
class Kept:
    """A snapshot, with its state as JSON text."""

    stream_version: int
    state: str
    happened_at: datetime


def latest(stream: str, fold: str, code: str, upto: int, until: datetime) -> Kept | None:
    """The last snapshot of at most so many events, all of which happened up to then."""
    with connection.cursor() as cursor:
        cursor.execute(_LATEST, [stream, fold, code, upto, until])
        row = cursor.fetchone()
    return Kept(*row) if row else None


def lock_for_keeping() -> bool:
    """Before what is to be kept is read, in the transaction that keeps it. Whether it may: not while somebody has
    snapshots forgotten."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_try_advisory_xact_lock_shared({_LOCK})")
        return bool(cursor.fetchone()[0])


def keep(stream: str, fold: str, code: str, kept: Sequence[Kept]) -> None:
    """Keep snapshots of a stream. One that is there already is the same, or could not be read."""
    with connection.cursor() as cursor:
        cursor.executemany(
            _KEEP, [(stream, fold, code, one.stream_version, one.state, one.happened_at) for one in kept]
        )


def forget_snapshots(streams: Sequence[str]) -> int:
    """Delete all snapshots of these streams; how many there were. To be called in the transaction that makes the state
    of these streams another one, such as by destroying the key of personal fields: until its end none is taken. Raises
    ForgottenOutsideTransaction."""
    if not connection.in_atomic_block:
        raise ForgottenOutsideTransaction
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_xact_lock({_LOCK})")
        cursor.execute("DELETE FROM events_snapshot WHERE stream = ANY(%s)", [list(streams)])
        return cursor.rowcount
