"""What the relay promises when something goes wrong."""

import socket
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone
from pytest_django import Settings

from events import outbox, relay
from events.conf import events_settings
from events.event import Event
from events.log import emit_many
from events.models import OutboxEntry
from events.subscribers import subscriber
from events.transports import Message
from events.wake import Alarm, poke
from tests.servers import free_port

pytestmark = pytest.mark.django_db(transaction=True)


class Recorder:
    """A transport that keeps what it is given, and refuses it as often as it was told."""

    in_process = False

    def __init__(self, refusals: int = 0) -> None:
        self.refusals = refusals
        self.keys: list[str] = []
        self.arrived = threading.Event()

    def publish(self, messages: Sequence[Message]) -> None:
        if self.refusals:
            self.refusals -= 1
            raise ConnectionError("the broker is away")
        self.keys += [str(message.key) for message in messages]
        self.arrived.set()


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Recorder:
    recorder = Recorder()
    settings.EVENTS = {"relay_wake_url": f"udp://127.0.0.1:{free_port()}", "relay_poll_seconds": 600}
    monkeypatch.setattr(relay, "current_transport", lambda: recorder)
    return recorder


@pytest.fixture
def opened() -> type[Event]:
    class Opened(Event, name="tin.opened", stream="tin-{tin_id}"):
        tin_id: int

    for name in ("noses.smell", "cats.come"):
        subscriber(Opened, name=name)(lambda event: None)
    return Opened


def open_tins(opened: type[Event], count: int) -> None:
    with transaction.atomic():
        emit_many([opened(tin_id=number) for number in range(count)])


@pytest.fixture
def running() -> Iterator[relay.Relay]:
    """A relay in a thread."""
    process = relay.Relay()

    def run() -> None:
        try:
            process.run()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    yield process
    process.stop()
    thread.join(timeout=30)
    assert not thread.is_alive()


def test_each_subscriber_of_each_event_gets_a_message(recorder: Recorder, opened: type[Event]) -> None:
    open_tins(opened, 3)
    assert relay.publish_due() == 3
    assert len(set(recorder.keys)) == 6
    assert relay.publish_due() == 0


def test_what_the_broker_refused_stays_in_the_outbox(recorder: Recorder, opened: type[Event]) -> None:
    recorder.refusals = 1
    open_tins(opened, 3)
    with pytest.raises(ConnectionError):
        relay.publish_due()
    assert OutboxEntry.objects.count() == 3
    assert relay.publish_due() == 3
    assert not OutboxEntry.objects.exists()


def test_a_second_relay_passes_over_what_the_first_one_holds(recorder: Recorder, opened: type[Event]) -> None:
    open_tins(opened, 4)
    seen: list[int] = []

    def other_relay() -> None:
        try:
            seen.append(relay.publish_due())
        finally:
            connection.close()

    with outbox.taken(3) as held:
        thread = threading.Thread(target=other_relay)
        thread.start()
        thread.join(timeout=30)
        assert (len(held), seen) == (3, [1])


def test_a_commit_wakes_the_relay_long_before_it_polls(
    recorder: Recorder, opened: type[Event], running: relay.Relay
) -> None:
    open_tins(opened, 1)
    assert recorder.arrived.wait(timeout=30)


def test_the_relay_outlives_a_broker_that_is_away(
    recorder: Recorder, opened: type[Event], running: relay.Relay
) -> None:
    recorder.refusals = 3
    open_tins(opened, 1)
    assert recorder.arrived.wait(timeout=30)
    assert len(recorder.keys) == 2


@pytest.mark.parametrize(("failures", "seconds"), [(1, 0.2), (5, 3.2), (6, 5.0), (100_000, 5.0)])
def test_the_breaks_of_a_failing_relay_grow_to_five_seconds_and_it_never_gives_up(
    failures: int, seconds: float
) -> None:
    assert relay.break_seconds(failures) == pytest.approx(seconds)


def test_a_wake_up_to_nobody_harms_nobody(recorder: Recorder) -> None:
    poke()


@pytest.mark.parametrize("url", ["udp://no-such-host.invalid:5601", ""])
def test_a_relay_that_nobody_can_wake_polls(settings: Settings, url: str) -> None:
    settings.EVENTS = {"relay_wake_url": url}
    poke()
    alarm = Alarm()
    alarm.wait(0.01)
    alarm.close()


def test_a_relay_whose_port_is_taken_polls(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        settings.EVENTS = {"relay_wake_url": f"udp://127.0.0.1:{other.getsockname()[1]}"}
        alarm = Alarm()
        alarm.wait(0.01)
        alarm.close()
    assert "the relay only polls" in caplog.text


def test_an_alarm_forgets_the_wake_ups_that_came_in_meanwhile(recorder: Recorder) -> None:
    alarm = Alarm()
    for _ in range(20):
        poke()
    alarm.wait(30)
    started = time.monotonic()
    alarm.wait(0.05)
    assert time.monotonic() - started >= 0.05
    alarm.close()


def test_the_check_fails_when_something_waits_for_too_long(recorder: Recorder, opened: type[Event]) -> None:
    call_command("relay", check=5)
    open_tins(opened, 1)
    OutboxEntry.objects.update(available_at=timezone.now() - timedelta(minutes=1))
    with pytest.raises(CommandError, match=r"due for 60 s, more than 5 s"):
        call_command("relay", check=5)


def test_a_batch_is_as_large_as_the_setting_says(recorder: Recorder, opened: type[Event]) -> None:
    open_tins(opened, events_settings().relay_batch_size + 1)
    assert relay.publish_due() == events_settings().relay_batch_size
    assert relay.publish_due() == 1
