"""Applying events to the tables of a rebuild, and finding the one that cannot be applied."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from types import ModuleType

from django.db import connection, transaction

from events.errors import RebuildFailed
from events.failure import Failure
from events.models import Rebuild
from events.projections import tables
from events.projections.declaration import Projection
from events.projections.reading import Batch, fact_of
from events.subscribers import Context


class Stumbled(Exception):
    """A batch could not be applied: its cause says why. Leave the transaction, and ask `explain`."""

    def __init__(self, batch: Batch) -> None:
        super().__init__(batch)
        self.batch = batch


def apply(rebuild: Rebuild, projection: Projection, batch: Batch) -> None:
    """Have the projection write a batch into the tables of the rebuild. Raises Stumbled, RebuildRefused, or what a
    database in trouble raises."""
    if not batch.events:
        return
    tables.hold(rebuild.schema, projection.models)
    try:
        facts = [fact_of(event) for event in batch.events]
        with tables.found_first(rebuild.schema):
            projection.apply(facts)
    except Exception as error:
        if Failure.of(error).is_transient():
            raise
        raise Stumbled(batch) from error


def explain(rebuild: Rebuild, projection: Projection, stumbled: Stumbled) -> RebuildFailed:
    """What to tell people: at which event, and of what. Leaves nothing behind."""
    events, error = stumbled.batch.events, stumbled.__cause__ or stumbled
    culprit = _first_to_fail(rebuild, projection, stumbled.batch)
    if culprit is None:
        place = f"the events {events[0].position} to {events[-1].position}, of which each alone does no harm,"
    else:
        event, error = culprit
        place = f"event {event.position}, {event.name} {event.stream} v{event.stream_version},"
    return RebuildFailed(name=projection.name, why=f"{place} raised {type(error).__name__}: {_said(projection, error)}")


def _said(projection: Projection, error: BaseException) -> str:
    """The row of a rebuild stays, so what an error quotes of people is not kept in it."""
    if any(event_type.personal_fields for event_type in projection.event_types):
        return "what it says may be personal, and is not kept"
    return Failure.of(error).message.strip() or "no message"


def _first_to_fail(rebuild: Rebuild, projection: Projection, batch: Batch) -> tuple[Context, Exception] | None:
    with transaction.atomic():
        try:
            for event in batch.events:
                try:
                    apply(rebuild, projection, Batch([event], event.position, True))
                except Stumbled as stumbled:
                    return event, _cause_of(stumbled)
        finally:
            transaction.set_rollback(True)
    return None


def _cause_of(stumbled: Stumbled) -> Exception:
    return stumbled.__cause__ if isinstance(stumbled.__cause__, Exception) else stumbled


def refuse_changed(rebuild: Rebuild, projection: Projection) -> None:
    """Raises RebuildFailed when a migration or other code came in between."""
    if tables.fingerprint(tables.live_tables(projection.models)) != rebuild.table_print:
        raise RebuildFailed(name=projection.name, why="its tables were changed meanwhile, by a migration")
    if code_print(projection.function) != rebuild.code_print:
        raise RebuildFailed(name=projection.name, why="its code was changed meanwhile, by a deployment")


@cache
def code_print(function: Callable[..., None]) -> str:
    """What the module of the projection's function is like, and those of what it uses, as this process has them."""
    used = (function.__globals__.get(name) for name in function.__code__.co_names)
    modules = {module.__name__: module for one in (function, *used) if (module := inspect.getmodule(one))}
    sources = [_source(module) for _, module in sorted(modules.items())]
    return hashlib.sha256("\0".join([function.__code__.co_code.hex(), *sources]).encode()).hexdigest()


def _source(module: ModuleType) -> str:
    with suppress(OSError, TypeError):  # there is none, as of what is built in
        return inspect.getsource(module)
    return module.__name__


def let_go_unwritten() -> None:
    """What a crash of the database takes from the rest of this transaction's commit is read again."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")
