"""What a saga of four steps costs, beside four plain deliveries and beside the same four steps by hand.

Everything runs in this process, on the real path: the relay takes the outbox in batches, and each message is read and
delivered as a worker does it. Every step writes one row. `By hand` is a chain of subscribers of which each emits the
next one's event: that has no record of results, no compensation and no page that shows where it is.
"""

from benchmarks import arena  # first: it sets Django up

# isort: split
import itertools
import json
import time
from collections.abc import Callable
from functools import partial
from statistics import median
from typing import Any

from django.db import connection, transaction
from django.test import override_settings

from benchmarks import ledger
from benchmarks.arena import median_ratio
from benchmarks.events import CrateWeighed
from benchmarks.models import LedgerEntry
from benchmarks.pile import pile
from benchmarks.verdict import Verdict, show
from events.api import Event, Saga, SagaRun, emit, emit_many, start_saga, step, subscriber
from events.delivery import deliver
from events.event import LoggedEvent
from events.models import Saga as SagaRow
from events.relay import publish_due

PLAIN, BY_HAND, SAGA = "four plain deliveries", "four steps by hand", "a saga of four steps"
AT_ONCE = "four plain deliveries, emitted at once"
_STEP_COUNT = 4
_numbers = itertools.count(1)


class CrateMoved(Event, name="crate.moved", stream="crate-{crate_id}"):
    """A crate was moved by one step, by hand."""

    crate_id: int
    step: int


@subscriber(CrateMoved, name="crates.move")
def move(event: CrateMoved) -> None:
    """One row and the next event, in one transaction: twice is safe."""
    ledger.write(BY_HAND, event.crate_id, 0)
    if event.step < _STEP_COUNT:
        emit(CrateMoved(crate_id=event.crate_id, step=event.step + 1))


class Moving(Saga, name="moving"):
    """The same as a saga."""

    @step()
    def allocate(run: SagaRun) -> dict[str, Any]:
        """One row, in the delivery's own transaction."""
        return _write(run)

    @allocate.compensation()
    def free(run: SagaRun) -> None:
        """Not reached here."""

    @step()
    def label(run: SagaRun) -> dict[str, Any]:
        """One row."""
        return _write(run)

    @label.compensation()
    def void(run: SagaRun) -> None:
        """Not reached here."""

    @step()
    def capture(run: SagaRun) -> dict[str, Any]:
        """One row."""
        return _write(run)

    @capture.compensation()
    def refund(run: SagaRun) -> None:
        """Not reached here."""

    @step()
    def ship(run: SagaRun) -> dict[str, Any]:
        """One row."""
        return _write(run)


def measure(quick: bool) -> list[Verdict]:
    """Milliseconds for each."""
    count, rounds = (40, 6) if quick else (100, 20)
    rivals: dict[str, Callable[[int], None]] = {
        PLAIN: _emit_four,
        AT_ONCE: _emit_at_once,
        BY_HAND: _emit_first,
        SAGA: _start,
    }
    with override_settings(EVENTS={"transport": "benchmarks.pile", "relay_wake_url": ""}):
        laps = arena.take_turns({name: partial(_lap, begin, count) for name, begin in rivals.items()}, rounds)
        statements = {name: _statement_count(begin) for name, begin in rivals.items()}
    _check((rounds + 1) * count + 1)
    rows = [
        (name, f"{median(laps[name]):.2f}", str(statements[name]), f"{median_ratio(laps, name, PLAIN):.2f} ×")
        for name in rivals
    ]
    show("Begun, published and delivered", ("", "ms", "statements", f"of {PLAIN}"), rows)
    return [Verdict(f"{SAGA} against {PLAIN}", 1.5, median_ratio(laps, SAGA, PLAIN), at_most=True)]


def _write(run: SagaRun) -> dict[str, Any]:
    ledger.write(SAGA, run.data["crate_id"], 0)
    return {"crate": run.data["crate_id"]}


def _emit_four(crate_id: int) -> None:
    for _ in range(_STEP_COUNT):
        with transaction.atomic():
            emit(CrateWeighed(crate_id=crate_id))


def _emit_at_once(crate_id: int) -> None:
    with transaction.atomic():
        emit_many([CrateWeighed(crate_id=_STEP_COUNT * crate_id + number) for number in range(_STEP_COUNT)])


def _emit_first(crate_id: int) -> None:
    with transaction.atomic():
        emit(CrateMoved(crate_id=crate_id, step=1))


def _start(crate_id: int) -> None:
    with transaction.atomic():
        start_saga(Moving, key=f"crate-{crate_id}", data={"crate_id": crate_id})


def _lap(begin: Callable[[int], None], count: int) -> float:
    """Milliseconds for one of so many, from its beginning to its last delivery."""
    started = time.perf_counter()
    for _ in range(count):
        begin(next(_numbers))
    _deliver_all()
    return (time.perf_counter() - started) * 1000 / count


def _deliver_all() -> None:
    while publish_due():
        while pile:
            message = pile.pop()
            event = LoggedEvent.from_message(json.loads(message.event_json))
            deliver(message.subscriber, event, message.key.run, 1, "benchmark")


def _statement_count(begin: Callable[[int], None]) -> int:
    """How many statements one of them sends, besides BEGIN and COMMIT."""
    statements: list[str] = []

    def note(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        statements.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        _lap(begin, 1)
    return len(statements)


def _check(count: int) -> None:
    """All of them have come to their end, and each step had its effect once."""
    completed = SagaRow.objects.filter(state="completed").count()
    written = LedgerEntry.objects.filter(writer=SAGA).count()
    if (completed, written) != (count, count * _STEP_COUNT):
        raise RuntimeError(f"{completed} sagas are completed and {written} rows written, of {count} sagas")


if __name__ == "__main__":
    arena.main(measure)
