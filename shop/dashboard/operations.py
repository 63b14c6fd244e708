"""Keeping the figures: made again when something happened, but never more often than every few seconds."""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from shop.dashboard.figures import compute
from shop.dashboard.models import Snapshot

#: In a rush of orders, one in so many seconds computes and the others do nothing.
REFRESH_SECONDS = 5
#: Figures older than this are made again when somebody looks.
STALE_SECONDS = 60


def refresh(now: datetime) -> bool:
    """Compute the figures unless they are fresh, or somebody else does it; whether it did. Safe to repeat."""
    snapshot = _snapshot()
    if snapshot and now - snapshot.computed_at < timedelta(seconds=REFRESH_SECONDS):
        return False
    return rebuild(now)


def figures(now: datetime, *, fresh: bool = False) -> dict[str, Any]:
    """The figures with `computed_at`, and `stale`: whether they are old and could not be made again just now."""
    snapshot = _snapshot()
    if (fresh or snapshot is None or _is_stale(snapshot, now)) and rebuild(now):
        snapshot = _snapshot()
    if snapshot is None:  # somebody else computes them for the first time
        return {**compute(now), "computed_at": now.isoformat(), "stale": False}
    return {
        **snapshot.document,
        "computed_at": snapshot.computed_at.isoformat(),
        "stale": _is_stale(snapshot, now),
    }


@transaction.atomic
def rebuild(now: datetime) -> bool:
    """Compute the figures now; False when somebody else is at it, for two need not do the same."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext('dashboard'))")
        if not cursor.fetchone()[0]:
            return False
    Snapshot.objects.update_or_create(pk=Snapshot.ONLY, defaults={"document": compute(now), "computed_at": now})
    return True


def _snapshot() -> Snapshot | None:
    return Snapshot.objects.filter(pk=Snapshot.ONLY).first()


def _is_stale(snapshot: Snapshot, now: datetime) -> bool:
    return now - snapshot.computed_at >= timedelta(seconds=STALE_SECONDS)
