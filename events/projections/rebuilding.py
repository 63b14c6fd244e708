"""Rebuilding: a read model is made again from the log beside the live one, batch by batch.

start ─▶ batch ─▶ batch … end of the pass ─▶ next pass, over what came meanwhile … little came ─▶ swap

Each batch is one transaction: the rows it writes and how far the rebuild is. So whoever is killed loses at most one,
and anybody goes on from there. The live tables are not touched before the swap.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime

from django.db import DatabaseError, IntegrityError, connection, transaction

from events.conf import events_settings
from events.errors import RebuildFailed, RebuildOver, RebuildRefused, UnknownProjection
from events.failpoints import reach
from events.failure import Failure
from events.models import Rebuild
from events.projections import tables
from events.projections.applying import Stumbled, apply, code_print, explain, let_go_unwritten, refuse_changed
from events.projections.declaration import Projection, projection_named
from events.projections.reading import next_pass, note_pass, pass_of, read_batch
from events.projections.swapping import REST_COUNT, swap
from events.subscriptions import enroll

logger = logging.getLogger(__name__)

State = Rebuild.State

#: How many events one batch applies.
BATCH_COUNT = 2_000
#: After a pass with so few events the next is done while the live deliveries wait.
SWAP_AFTER_COUNT = REST_COUNT // 2

# Pruning leaves the last event of each stream. One read of an index, a small part of what the rebuild reads.
_IS_PRUNED = "SELECT EXISTS (SELECT FROM events_event GROUP BY stream HAVING min(stream_version) > 1)"


def start_rebuild(name: str, *, reason: str, owner: str, now: datetime) -> Rebuild:
    """Begin to make a read model again; nothing is read yet. Raises UnknownProjection, or RebuildRefused when one is
    running already, when the log is pruned, or when the tables cannot be swapped."""
    projection = projection_named(name)
    _refuse_pruned_log()
    enroll()
    live = tables.live_tables(projection.models)
    tables.refuse_tied(live)
    prints = {"table_print": tables.fingerprint(live), "code_print": code_print(projection.function)}
    try:
        with transaction.atomic():
            rebuild = Rebuild.objects.create(
                projection=name, reason=reason, owner=owner, state=State.RUNNING, created_at=now, **prints
            )
            tables.create(rebuild.schema, live)
    except IntegrityError:
        raise RebuildRefused(why=f"one of {name} is running already; cancel it, or let it end") from None
    logger.warning("Rebuild %s of %s was started by %s: %s", rebuild.pk, name, owner, reason)
    return rebuild


def cancel_rebuild(pk: int, *, reason: str, now: datetime) -> Rebuild:
    """End a running rebuild; the live read model stays as it is. Raises RebuildOver."""
    with transaction.atomic():
        rebuild = Rebuild.objects.select_for_update().get(pk=pk)
        if rebuild.state != State.RUNNING:
            raise RebuildOver(name=rebuild.projection, state=rebuild.get_state_display())
        _end(rebuild, State.CANCELLED, reason, now)
    return rebuild


def carry_on(pk: int, seconds: float, clock: Callable[[], datetime]) -> bool:
    """Work at a rebuild for about so long, whoever began it; whether more can be done at once. What makes it fail is
    written into its row. Raises what a database in trouble raises."""
    rebuild = Rebuild.objects.get(pk=pk)
    deadline = time.monotonic() + seconds
    try:
        projection = projection_named(rebuild.projection)
        if rebuild.state == State.RUNNING:
            refuse_changed(rebuild, projection)
        while _step(rebuild, projection, clock()):
            if time.monotonic() >= deadline:
                return True
            rebuild.refresh_from_db()
    except Stumbled as stumbled:
        _fail(pk, explain(rebuild, projection, stumbled), clock())
    except (RebuildFailed, RebuildRefused, UnknownProjection) as error:
        _fail(pk, error, clock())
    except DatabaseError as error:
        if Failure.of(error).is_transient():
            raise
        _fail(pk, RebuildFailed(name=rebuild.projection, why=f"the database said: {error}"), clock())
    return False


def _step(rebuild: Rebuild, projection: Projection, now: datetime) -> bool:
    """Apply one batch, or begin a pass, or swap; False when there is nothing to do now."""
    if rebuild.state != State.RUNNING or (rebuild.due_at and rebuild.due_at > now):
        return False
    if not rebuild.is_pass_over:
        return _apply_batch(rebuild.pk, projection)
    if rebuild.pass_number == 1 and not rebuild.swap_attempts:
        # Once, after the long pass: done before each attempt to swap, it would let ever more events come meanwhile.
        tables.vacuum(rebuild.schema, tables.live_tables(projection.models))
    if not rebuild.pass_number or rebuild.pass_applied_count > SWAP_AFTER_COUNT:
        return _begin_pass(rebuild.pk)
    reach("rebuild.before_swap")
    return swap(rebuild, projection, now)


@transaction.atomic
def _begin_pass(pk: int) -> bool:
    rebuild = _mine(pk)
    if rebuild is None:
        return False
    if rebuild.is_pass_over:
        note_pass(rebuild, next_pass(rebuild))
        rebuild.save()
    return True


def _apply_batch(pk: int, projection: Projection) -> bool:
    with transaction.atomic():
        rebuild = _mine(pk)
        if rebuild is None:
            return False
        let_go_unwritten()
        this, after, upto = pass_of(rebuild), rebuild.after_position, rebuild.upto_position
        batch = read_batch(projection, this, after, upto, BATCH_COUNT)
        apply(rebuild, projection, batch)
        rebuild.after_position = batch.next_position
        rebuild.pass_applied_count += len(batch.events)
        rebuild.applied_count += len(batch.events)
        rebuild.save(update_fields=["after_position", "pass_applied_count", "applied_count"])
        reach("rebuild.before_batch_commit")
    reach("rebuild.after_batch")
    return True


def _mine(pk: int) -> Rebuild | None:
    """The running rebuild, unless somebody else is at it."""
    return Rebuild.objects.select_for_update(skip_locked=True).filter(pk=pk, state=State.RUNNING).first()


def _fail(pk: int, error: Exception, now: datetime) -> None:
    with transaction.atomic():
        rebuild = Rebuild.objects.select_for_update().get(pk=pk)
        if rebuild.state == State.RUNNING:
            _end(rebuild, State.FAILED, str(error), now)
    logger.error("%s", error)


def _end(rebuild: Rebuild, state: Rebuild.State, reason: str, now: datetime) -> None:
    rebuild.state, rebuild.state_reason, rebuild.finished_at, rebuild.sent_at = state, reason, now, None
    rebuild.save()
    tables.drop(rebuild.schema)


def _refuse_pruned_log() -> None:
    with connection.cursor() as cursor:
        cursor.execute(_IS_PRUNED)
        (is_pruned,) = cursor.fetchone()
    if is_pruned or events_settings().log_retention_days is not None:
        raise RebuildRefused(why="the log was, or is to be, pruned, and a read model is made of all of it")
