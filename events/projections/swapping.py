"""Swapping: the tables of a rebuild take the place of the live ones, with nothing lost and nothing doubled.

    live deliveries wait ─▶ apply what came since the last pass ─▶ settle what was read ─▶ readers wait ─▶ exchange

One transaction, and a short one. Whoever has a table locked is not waited for: everybody who came after would wait as
well. The swap gives up instead, and is tried again later. Nothing on the way is committed before its end: who is killed
in it has done nothing.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import OperationalError, connection, transaction

from events.failpoints import reach
from events.models import Rebuild
from events.projections import settling, tables
from events.projections.applying import apply, refuse_changed
from events.projections.declaration import Projection
from events.projections.reading import next_pass, read_batch

logger = logging.getLogger(__name__)

#: For how long deliveries, or readers, may be held up by an attempt that comes to nothing.
_PATIENCE_MS = 250
_FIRST_BREAK_SECONDS, _LONGEST_BREAK_SECONDS = 0.5, 30.0
#: More events than this are for another pass, not for the lock.
REST_COUNT = 1_000

_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 2))"
#: lock_not_available, deadlock_detected
_HELD_UP = ("55P03", "40P01")


def swap(rebuild: Rebuild, projection: Projection, now: datetime) -> bool:
    """Swap, or find that it has to be done later: whether there is something to do at once. Raises Stumbled or
    RebuildFailed."""
    try:
        with transaction.atomic():
            if not _swap(rebuild.pk, projection, now):
                return True
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") not in _HELD_UP:
            raise
        _come_back(rebuild, now)
        return False
    reach("rebuild.after_swap")
    logger.warning("Rebuild %s of %s is swapped in", rebuild.pk, projection.name)
    return False


def _swap(pk: int, projection: Projection, now: datetime) -> bool:
    """False when too much is left for the time of a lock. Raises OperationalError when somebody is in the way."""
    _wait_for_deliveries(projection)
    rebuild = Rebuild.objects.select_for_update(nowait=True).get(pk=pk)
    if rebuild.state != Rebuild.State.RUNNING or not rebuild.is_pass_over:
        return False
    settling.lock(projection)
    settling.refuse_discarded(rebuild, projection)
    rest = next_pass(rebuild)
    batch = read_batch(projection, rest, *rest.ends(), limit=REST_COUNT + 1)
    if not batch.is_last:
        rebuild.pass_applied_count = len(batch.events)  # so another pass comes before the next attempt
        rebuild.save(update_fields=["pass_applied_count"])
        return False
    apply(rebuild, projection, batch)
    settling.settle(projection, rest, worker=f"rebuild {pk}")
    live = tables.live_tables(projection.models)
    tables.lock(live)
    refuse_changed(rebuild, projection)  # now that nobody can change them any more
    tables.refuse_tied(live)
    tables.exchange(rebuild.schema, live)
    _finish(rebuild, len(batch.events), now)
    reach("rebuild.before_swap_commit")
    return True


def _wait_for_deliveries(projection: Projection) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = {_PATIENCE_MS}")
        cursor.execute(_LOCK, [projection.name])


def _finish(rebuild: Rebuild, count: int, now: datetime) -> None:
    rebuild.applied_count += count
    rebuild.state, rebuild.state_reason, rebuild.finished_at, rebuild.sent_at = Rebuild.State.FINISHED, "", now, None
    rebuild.save()


def _come_back(rebuild: Rebuild, now: datetime) -> None:
    seconds = min(_LONGEST_BREAK_SECONDS, _FIRST_BREAK_SECONDS * 2 ** min(rebuild.swap_attempts, 10))
    Rebuild.objects.filter(pk=rebuild.pk, state=Rebuild.State.RUNNING).update(
        swap_attempts=rebuild.swap_attempts + 1,
        due_at=now + timedelta(seconds=seconds),
        # Readers and deliveries go on, and the next attempt begins with what came until then.
        state_reason="a transaction holds the tables; the swap is tried again",
    )
    logger.info("The swap of rebuild %s is tried again in %g s: a transaction holds the tables", rebuild.pk, seconds)
