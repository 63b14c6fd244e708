"""Contradictions are reported before the first event is emitted, each with what to do."""

from collections.abc import Callable

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from pydantic import Field, computed_field
from pytest_django import Settings

from events.event import Event
from events.subscribers import subscriber


def declare(name: str = "lamp.lit", stream: str = "lamp-{lamp_id}", version: int = 1) -> type[Event]:
    class Lit(Event, name=name, stream=stream, version=version):
        lamp_id: int

    return Lit


def twice_the_same_event() -> None:
    declare()
    declare()


def twice_the_same_subscriber() -> None:
    for _ in range(2):
        subscriber(declare(version=_ + 1), name="eyes.see")(lambda event: None)


def a_payload_that_is_not_json() -> None:
    class Opaque(Event, name="thing.made", stream="thing-{thing}"):
        model_config = {"arbitrary_types_allowed": True}
        thing: Callable[[], None]


def an_event_with_an_alias() -> None:
    class Lit(Event, name="lamp.lit", stream="lamp-{lamp_id}"):
        lamp_id: int = Field(alias="lampId")


def an_event_with_a_computed_field() -> None:
    class Lit(Event, name="lamp.lit", stream="lamp-{lamp_id}"):
        lamp_id: int

        @computed_field
        def twice(self) -> int:
            return self.lamp_id * 2


def an_event_that_is_not_declared() -> None:
    subscriber(type("Nothing", (), {"event_name": "nothing"}), name="eyes.see")(lambda event: None)


@pytest.mark.parametrize(
    ("contradiction", "message"),
    [
        (twice_the_same_event, "E002.*claim the same name"),
        (twice_the_same_subscriber, "E002.*claim the same name"),
        (a_payload_that_is_not_json, "E003.*cannot be JSON"),
        (lambda: declare(stream="lamp-{lampid}"), "E004.*must be made of its fields"),
        (lambda: declare(stream="lamps"), "E004.*must be made of its fields"),
        (an_event_that_is_not_declared, "E005.*Nothing"),
        (lambda: subscriber(name="eyes.see")(lambda event: None), "E005.*no event at all"),
        (lambda: subscriber(declare(), name="eyes:see")(lambda event: None), "E006.*':'"),
        (lambda: subscriber(declare(), name="a.b", time_limit_seconds=5)(lambda event: None), "E007.*both"),
        (lambda: subscriber(declare(), name="a.b", backoff_cap_seconds=7200)(lambda event: None), "E008.*7290 s"),
        (lambda: subscriber(declare(), name="a.b", effects="databse")(lambda event: None), "E009.*'databse'"),
        (lambda: subscriber(declare(), name="a.b", max_retries=-1, queue="")(lambda event: None), "E009.*queue=''"),
        (an_event_with_an_alias, "E010.*lamp_id"),
        (an_event_with_a_computed_field, "E010.*twice"),
    ],
)
def test_a_contradiction_fails_the_check(contradiction: Callable[[], None], message: str) -> None:
    contradiction()
    with pytest.raises(SystemCheckError, match=f"(?s){message}"):
        call_command("check", tags=["events"])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"payload_limit_byte": 5}, "unknown setting 'payload_limit_byte'; did you mean 'payload_limit_bytes'"),
        ({"payload_limit_bytes": "much"}, "'payload_limit_bytes' is 'much'"),
        ({"transport": "celerry"}, "there is no transport 'celerry'; did you mean 'celery'"),
        ({"transport": "rendering"}, "there is no transport 'rendering'"),
        ({"transport": "nowhere.transport"}, r"there is no transport 'nowhere\.transport'"),
        ({"relay_batch_size": 0}, "'relay_batch_size' is 0"),
        ({"relay_poll_seconds": float("nan")}, "'relay_poll_seconds' is nan"),
        ({"relay_wake_url": "tcp://somewhere"}, "should look like 'udp://127.0.0.1:5601'"),
    ],
)
def test_a_wrong_setting_is_named_with_a_suggestion(settings: Settings, wrong: dict, message: str) -> None:
    settings.EVENTS = wrong
    with pytest.raises(SystemCheckError, match=message):
        call_command("check", tags=["events"])


def test_a_sound_catalogue_passes() -> None:
    subscriber(declare(), name="eyes.see", soft_time_limit_seconds=1, time_limit_seconds=2)(lambda event: None)
    call_command("check", tags=["events"])
