"""Emit, publish, lose, repeat, deliver, fail, pause, rescue, prune, replay, discard: in any order, the platform does
what a simple model of it says.

In CI a few dozen stories are told; `pytest tests/events/test_model.py --hypothesis-profile=chaos` tells many more.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta

import hypothesis
import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule, run_state_machine_as_test
from pytest_django import Settings

from events import subscriptions
from events.api import LoggedEvent, emit
from events.catching_up import catch_up
from events.connections import database_now
from events.errors import HistoryPruned, NothingToReplay
from events.models import OutboxEntry, Replay
from events.prune import prune
from events.relay import publish_due
from events.replay import Selection, advance, cancel, create_replay, discard, pause, resume
from events.rescue import rescue
from events.transports import Message
from events.transports.inline import Transport as InlineTransport
from tests.events.model import Fact, Model
from tests.events.story_truths import Truths
from tests.events.story_world import WISHES, Slow, Transport, World, forget_everything, grow_older, items

OPEN = ("running", "paused", "stopped")
WORDS = {"reason": "so it goes", "owner": "story"}
NAMES = st.sampled_from(sorted(WISHES))
FATES = st.sampled_from(["works", "works", "works", "fails", "fails late", "rejects", "snoozes"])


class Story(Truths):
    """Each rule does something to the platform and says to the model what should come of it."""

    def __init__(self) -> None:
        super().__init__()
        self.model = Model(WISHES)
        self.slow_count = 0
        self.slow: Slow | None = None
        forget_everything()

    @initialize()
    def enroll(self) -> None:
        subscriptions.enroll()

    # --- the log ---

    @rule(
        boxes=st.lists(st.tuples(st.integers(1, 3), st.sampled_from(["box.moved", "box.opened"])), max_size=4),
        commits=st.sampled_from([True, True, False]),
    )
    def emit(self, boxes: list[tuple[int, str]], commits: bool) -> None:
        with transaction.atomic():
            logged = [emit(World.types[name](box_id=box)) for box, name in boxes]
            transaction.set_rollback(not commits)
        self._learn(logged if commits else [])
        publish_due()

    @rule(commits=st.booleans())
    def begin_to_emit_or_end_it(self, commits: bool) -> None:
        """Somebody whose transaction stays open while others go on."""
        if self.slow:
            self._learn(self.slow.end(commits))
            self.slow = None
        else:
            self.slow_count += 1
            self.slow = Slow(World.types["box.moved"](box_id=1000 + self.slow_count))

    def _learn(self, logged: Sequence[LoggedEvent]) -> None:
        for one in logged:
            self.model.facts[one.position] = Fact(one.position, one.name, one.stream, one.stream_version)

    # --- messages ---

    @rule(lies=st.booleans())
    def publish(self, lies: bool) -> None:
        OutboxEntry.objects.update(available_at=database_now())
        Transport.is_lying = lies
        with suppress(ConnectionError):
            publish_due()
        Transport.is_lying = False

    @precondition(lambda self: Transport.waiting)
    @rule(data=st.data(), fate=FATES)
    def deliver_one(self, data: st.DataObject, fate: str) -> None:
        number = data.draw(st.integers(0, len(Transport.waiting) - 1))
        self._deliver(Transport.waiting.pop(number)[0], fate)

    @rule(count=st.integers(1, 20))
    def deliver_in_turn(self, count: int) -> None:
        for message, _ in Transport.waiting[:count]:
            self._deliver(message, "works")
        del Transport.waiting[:count]

    @precondition(lambda self: Transport.ever)
    @rule(data=st.data(), fate=FATES, all_of_them=st.booleans())
    def old_copies_turn_up(self, data: st.DataObject, fate: str, all_of_them: bool) -> None:
        copies = list(Transport.ever) if all_of_them else [data.draw(st.sampled_from(Transport.ever))]
        for message in copies:
            self._deliver(message, fate)

    @precondition(lambda self: Transport.waiting)
    @rule(data=st.data(), all_of_them=st.booleans())
    def lose(self, data: st.DataObject, all_of_them: bool) -> None:
        number = data.draw(st.integers(0, len(Transport.waiting) - 1))
        del Transport.waiting[0 if all_of_them else number : None if all_of_them else number + 1]

    def _deliver(self, message: Message, fate: str) -> None:
        key = (int(json.loads(message.event_json)["position"]), message.key.subscriber, message.key.run)
        open_items, out = items("waiting", "sent"), items("sent")
        World.fate = fate
        InlineTransport().publish([message])
        self.model.deliver(key, message.retries, fate, out, open_items)

    # --- duties ---

    @rule(duty=st.sampled_from([rescue, rescue, catch_up, advance, advance, prune]), hours=st.sampled_from([0, 0.1, 3]))
    def do_a_duty(self, duty: Callable[[datetime], object], hours: float) -> None:
        grow_older(timedelta(hours=hours))
        with self._learning_what_is_discarded():
            duty(database_now())

    @rule(days=st.sampled_from([1, 12, 40]))
    def a_long_time_passes(self, days: float) -> None:
        self.do_a_duty(rescue, 0)
        grow_older(timedelta(days=days))
        self.do_a_duty(prune, 0)

    # --- people ---

    @rule(name=NAMES)
    def pause_or_resume(self, name: str) -> None:
        if name in self.model.paused:
            assert subscriptions.resume(name)
        else:
            subscriptions.pause(name, by="story", reason="so it goes")
        self.model.paused ^= {name}

    @rule(name=NAMES)
    def backfill(self, name: str) -> None:
        with suppress(HistoryPruned):
            subscriptions.backfill(name)

    @rule(
        name=NAMES | st.none(),
        done=st.booleans(),
        steps=st.sampled_from([(), (), (1,), (1, 2)]),
        rate=st.sampled_from([None, None, 0.01]),
    )
    def replay(self, name: str | None, done: bool, steps: tuple[int, ...], rate: float | None) -> None:
        chosen = Selection(subscriber=name, outcomes=frozenset({"dead", "done"} if done else {"dead"}))
        with suppress(NothingToReplay):
            create_replay(chosen, **WORDS, name="again", now=database_now(), steps=steps, rate_per_second=rate)

    @rule(name=NAMES | st.none())
    def discard(self, name: str | None) -> None:
        with self._learning_what_is_discarded(), suppress(NothingToReplay):
            discard(Selection(subscriber=name), **WORDS, now=database_now())

    @rule(deed=st.sampled_from(["pause", "resume", "cancel"]), number=st.integers(0, 2))
    def steer_a_replay(self, deed: str, number: int) -> None:
        states = {"pause": ["running", "stopped"], "resume": ["paused", "stopped"], "cancel": OPEN}[deed]
        with self._learning_what_is_discarded():
            for made in Replay.objects.filter(state__in=states).order_by("pk")[number : number + 1]:
                if deed == "pause":
                    pause(made, by="story")
                elif deed == "resume":
                    resume(made, by="story", now=database_now())
                else:
                    cancel(made, by="story", now=database_now())

    @contextmanager
    def _learning_what_is_discarded(self) -> Iterator[None]:
        """A discard is the one thing that settles without a message."""
        before = items("discarded")
        yield
        for position, name, run in items("discarded") - before:
            assert self.model.is_open_dead((position, name))
            self.model.outcomes[position, name][run] = "discarded"

    def teardown(self) -> None:
        """At the end everything is well again: then everything settles, and nothing was lost."""
        if self.slow:
            self.begin_to_emit_or_end_it(commits=True)
        for name in list(self.model.paused):
            self.pause_or_resume(name)
        for made in Replay.objects.filter(state__in=["paused", "stopped"]):
            resume(made, by="story", now=database_now())
        for _ in range(400):
            if self._all_is_settled():
                break
            self._live_on()
        assert self._all_is_settled(), self._left()
        self.each_delivery_ended_as_the_model_says()
        self.each_effect_is_there_as_often_as_the_model_says()
        self.lanes_are_in_order()
        self.what_counts_as_settled_is()

    def _live_on(self) -> None:
        for duty in (rescue, catch_up, advance):
            self.do_a_duty(duty, 8)
        if not items("waiting", "sent"):
            self.replay(name=None, done=False, steps=(), rate=None)
        while OutboxEntry.objects.exists():
            self.publish(lies=False)
        while Transport.waiting:
            self.deliver_in_turn(count=1_000)

    def _all_is_settled(self) -> bool:
        return not (self._left() or Transport.waiting or OutboxEntry.objects.exists() or items("waiting", "sent"))

    def _left(self) -> list[tuple[int, str]]:
        return [pair for pair in self.model.pairs() if self.model.last_outcome(pair) not in {"done", "discarded"}]


@pytest.mark.django_db(transaction=True)
def test_in_whatever_order_things_happen_the_platform_agrees_with_the_model(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    settings.EVENTS = {
        "transport": Transport.__module__,
        "relay_wake_url": "",
        "relay_batch_size": 3,
        "catch_up_per_second": 3,
        "rescue_limit": 100_000,
        "delivery_retention_days": 10,
        "log_retention_days": 30,
    }
    monkeypatch.setattr(subscriptions, "PAUSE_NOTICED_WITHIN_SECONDS", 0.0)
    caplog.set_level("CRITICAL")
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE test_effect (id bigserial, position bigint, subscriber text)")
    World()
    try:
        run_state_machine_as_test(Story, settings=amount())
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE test_effect")


def amount() -> hypothesis.settings:
    """How many stories, and how long; the profile `chaos` says so itself."""
    calm = {"deadline": None, "suppress_health_check": list(HealthCheck)}
    if hypothesis.settings.get_current_profile_name() == "chaos":
        return hypothesis.settings(**calm)
    return hypothesis.settings(max_examples=40, stateful_step_count=40, **calm)
