"""Rebuilds in the middle of everything: events keep coming, and are delivered, while the tables are swapped again and
again; what comes out is what the log says."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import pytest
from django.db import connection, transaction

from events import relay
from events.log import emit
from events.models import Attempt, Delivery, OutboxEntry, Rebuild
from events.models import Event as LoggedRow
from events.projections import rebuilding
from events.rescue import rescue
from tests.events.meters import Meters, Reading, meters
from tests.events.postman import Postman
from tests.events.rebuilds import go_on, start
from tests.events.test_rescue import later
from tests.flows.processes import wait_until

__all__ = ["meters"]

pytestmark = pytest.mark.django_db(transaction=True)

_METERS = 5
_REBUILDS = 3


class Courier(Postman):
    """A postman of a thread of its own."""

    def deliver_what_is_there(self, draw: random.Random) -> None:
        """In any order, and some of it twice."""
        messages = self.collect()
        messages += draw.sample(messages, len(messages) // 3)
        draw.shuffle(messages)
        self.deliver(*messages)


@contextmanager
def at_work(do: Callable[[], object]) -> Iterator[None]:
    """Somebody does it again and again, on a connection of their own; what goes wrong with it is raised at the end."""
    ended, errors = threading.Event(), list[BaseException]()

    def work() -> None:
        try:
            while not ended.wait(0.005):
                do()
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(60)
    assert not errors, errors


def test_rebuilds_while_events_keep_coming_end_equal_to_the_live_read_model(
    postman: Postman, meters: Meters, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each swap comes after one pass, so that much is left for the time of its lock."""
    monkeypatch.setattr(rebuilding, "BATCH_COUNT", 7)
    monkeypatch.setattr(rebuilding, "SWAP_AFTER_COUNT", 1000)
    couriers, draw = threading.local(), random.Random(5)
    monkeypatch.setattr(relay, "current_transport", lambda: couriers.postman)

    def deliver() -> None:
        couriers.postman = getattr(couriers, "postman", None) or Courier()
        couriers.postman.deliver_what_is_there(draw)

    writing = partial(write, meters, draw)
    with at_work(writing), at_work(writing), at_work(deliver), at_work(deliver):
        for number in range(_REBUILDS):
            wait_until(lambda: LoggedRow.objects.count() > 30 * number, lambda: "events come")  # noqa: B023
            assert to_its_end(start()).state == Rebuild.State.FINISHED
    couriers.postman = postman
    postman.deliver_all()
    while rescue(later()):  # what couriers had in hand when they ended
        postman.deliver_all()
    assert set(Delivery.objects.values_list("outcome", flat=True)) == {"done"}
    assert not Attempt.objects.filter(spent=True).exists()
    assert meters.live() == meters.straight()
    assert Reading.objects.count() == LoggedRow.objects.filter(name="meter.read").count()


def write(meters: Meters, draw: random.Random) -> None:
    """Sometimes about two meters in two steps, so that numbers of transactions and positions disagree; and no faster
    than it is delivered."""
    first, second = sorted(draw.sample(range(_METERS), 2))  # two writers never wait for each other
    if OutboxEntry.objects.count() > _METERS:
        return
    with transaction.atomic():
        emit(meters.read(meter_id=first, litres=draw.randrange(9)))
        if draw.random() < 0.3:
            emit(meters.painted(meter_id=second))
            emit(meters.read(meter_id=second, litres=1))


def to_its_end(rebuild: Rebuild) -> Rebuild:
    """Without the breaks that it takes when somebody is in its way."""
    while rebuild.state == Rebuild.State.RUNNING:
        Rebuild.objects.filter(pk=rebuild.pk).update(due_at=None)
        go_on(rebuild)
    return rebuild


def test_two_who_work_at_one_rebuild_apply_each_event_once(
    postman: Postman, meters: Meters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuilding, "BATCH_COUNT", 3)
    monkeypatch.setattr(rebuilding, "SWAP_AFTER_COUNT", 1)
    for meter in range(_METERS):
        meters.emit(*range(1, 12), meter=meter)
    rebuild = start()
    with at_work(lambda: to_its_end(Rebuild.objects.get())), at_work(lambda: to_its_end(Rebuild.objects.get())):
        wait_until(lambda: Rebuild.objects.get().state != Rebuild.State.RUNNING, lambda: "it is being worked at")
    rebuild.refresh_from_db()
    assert rebuild.state == Rebuild.State.FINISHED
    assert rebuild.applied_count == 11 * _METERS
    assert meters.live() == meters.straight()
