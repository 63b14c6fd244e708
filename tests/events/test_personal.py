"""Personal fields: encrypted wherever the log goes, plain for subscribers, gone once the person is erased."""

import json
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import transaction
from pytest_django import Settings

from events import personal
from events.api import Context, Event, LoggedEvent, Personal, emit, erase, history, subscriber, upcaster
from events.errors import PayloadNotStorable, PayloadTooLarge, PayloadUnreadable
from events.models import Delivery, Outcome, PersonalKey
from events.models import Event as LoggedRow
from events.replay import Selection, create_replay
from events.testing import Rehearsal
from tests.events.members import MAIL, NAME, declare_joined, log
from tests.events.postman import Postman


def forged(logged: LoggedEvent, **changes: Any) -> LoggedEvent:
    message = logged.to_message()
    return LoggedEvent.from_message(message | changes)


@pytest.mark.django_db
def test_a_personal_field_is_encrypted_in_the_log_and_plain_for_who_reads_the_event() -> None:
    joined = declare_joined()
    event = joined(club_id=1, member_id=7, email=MAIL, nickname=NAME)
    logged = log(event)
    row = LoggedRow.objects.get()
    assert row.payload == logged.payload
    assert MAIL not in json.dumps(row.payload)
    assert NAME not in json.dumps(row.payload, ensure_ascii=False)
    assert row.payload["member_id"] == 7
    assert row.payload["email"].keys() == {"$sealed", "person", "field"}
    assert logged.typed() == event == history("club-1")[0].typed()


@pytest.mark.django_db
def test_no_two_envelopes_are_alike_and_empty_fields_need_none() -> None:
    joined = declare_joined()
    first, second = (log(joined(club_id=1, member_id=7, email=MAIL)) for _ in range(2))
    assert first.payload["email"]["$sealed"] != second.payload["email"]["$sealed"]
    assert first.payload["nickname"] is None
    empty = log(joined(club_id=1, member_id=8, email=""))
    assert empty.payload["email"] == ""
    assert not PersonalKey.objects.filter(person="member-8").exists()


@pytest.mark.django_db
def test_an_event_without_personal_fields_costs_no_statement_more(django_assert_num_queries: Any) -> None:
    class Opened(Event, name="club.opened", stream="club-{club_id}", person="member-{club_id}"):
        club_id: int

    joined = declare_joined()
    with transaction.atomic():
        emit(joined(club_id=1, member_id=7, email=MAIL))
        with django_assert_num_queries(1):
            emit(Opened(club_id=1))


@pytest.mark.django_db
@pytest.mark.parametrize("part", ["event", "name", "field", "person", "bits", "length", "text"])
def test_an_envelope_that_was_moved_or_changed_is_unreadable(part: str) -> None:
    joined = declare_joined()

    class Left(Event, name="member.left", stream="club-{club_id}", person="member-{member_id}"):
        club_id: int
        member_id: int
        email: Personal[str]

    logged = log(joined(club_id=1, member_id=7, email=MAIL, nickname=NAME))
    log(joined(club_id=1, member_id=8, email=MAIL))
    payload = {**logged.payload}
    envelope = payload["email"]
    if part == "event":
        damaged = forged(logged, id=str(uuid4()))
    elif part == "name":
        damaged = forged(logged, name="member.left", payload={"club_id": 1, "member_id": 7, "email": envelope})
    elif part == "field":
        damaged = forged(logged, payload=payload | {"email": payload["nickname"], "nickname": envelope})
    elif part == "person":
        damaged = forged(logged, payload=payload | {"email": envelope | {"person": "member-8"}})
    else:
        sealed = {"bits": "A" + envelope["$sealed"][1:], "length": "AAAA", "text": "?!"}[part]
        sealed = "B" + sealed[1:] if sealed == envelope["$sealed"] else sealed
        damaged = forged(logged, payload=payload | {"email": envelope | {"$sealed": sealed}})
    with pytest.raises(PayloadUnreadable, match="envelope"):
        damaged.typed()


@pytest.mark.django_db
def test_once_the_person_is_erased_fields_are_blank_and_stay_so() -> None:
    joined = declare_joined()
    logged = log(joined(club_id=1, member_id=7, email=MAIL, nickname=NAME))
    other = log(joined(club_id=1, member_id=8, email=MAIL))
    erase("member-7", reason="asked", by="test")
    assert logged.typed() == joined(club_id=1, member_id=7, email="", nickname=None)
    assert other.typed().email == MAIL  # type: ignore[attr-defined]
    later = log(joined(club_id=1, member_id=7, email=MAIL))
    assert later.payload["email"]["$sealed"] == ""
    assert later.typed().email == ""  # type: ignore[attr-defined]
    assert PersonalKey.objects.get(person="member-7").wrapped is None


@pytest.mark.django_db
def test_what_was_logged_before_its_field_was_personal_is_read_as_it_is() -> None:
    joined = declare_joined()
    logged = log(joined(club_id=1, member_id=7, email=MAIL))
    plain = forged(logged, payload={"club_id": 1, "member_id": 7, "email": "old@example.com"})
    assert plain.typed().email == "old@example.com"  # type: ignore[attr-defined]


@pytest.mark.django_db
def test_upcasters_see_envelopes_and_may_move_them() -> None:
    class JoinedFirst(Event, name="guest.joined", version=1, stream="club-{club_id}", person="member-{member_id}"):
        club_id: int
        member_id: int
        mail: Personal[str]

    logged = log(JoinedFirst(club_id=1, member_id=7, mail=MAIL))
    seen: list[Any] = []

    class Joined(Event, name="guest.joined", version=2, stream="club-{club_id}", person="member-{member_id}"):
        club_id: int
        member_id: int
        email: Personal[str]

    @upcaster("guest.joined", version=1)
    def rename(payload: dict) -> dict:
        seen.append(payload["mail"])
        return {"email": payload.pop("mail"), **payload}

    assert logged.typed() == Joined(club_id=1, member_id=7, email=MAIL)
    assert personal.is_envelope(seen[0])


@pytest.mark.django_db
def test_an_error_about_a_personal_value_does_not_tell_it() -> None:
    class Joined(Event, name="guest.joined", stream="club-{club_id}", person="member-{club_id}"):
        club_id: int
        email: Personal[str]

    logged = log(Joined(club_id=1, email=MAIL))

    class Stricter(Event, name="guest.joined", version=2, stream="club-{club_id}", person="member-{club_id}"):
        club_id: int
        email: Personal[int | None]

    upcaster("guest.joined", version=1)(lambda payload: payload)
    with pytest.raises(PayloadUnreadable, match="email: Input should be a valid integer") as raised:
        logged.typed()
    assert MAIL not in str(raised.value)


@pytest.mark.django_db
def test_the_limit_counts_what_is_encrypted(settings: Settings) -> None:
    joined = declare_joined()
    event = joined(club_id=1, member_id=7, email=MAIL)
    plain_bytes = len(event.model_dump_json().encode())
    settings.EVENTS = settings.EVENTS | {"payload_limit_bytes": plain_bytes + 10}
    with pytest.raises(PayloadTooLarge):
        log(event)
    settings.EVENTS = settings.EVENTS | {"payload_limit_bytes": plain_bytes + 200}
    log(event)


@pytest.mark.django_db
def test_what_could_not_be_read_back_into_the_database_is_refused_although_it_is_encrypted() -> None:
    with pytest.raises(PayloadNotStorable):
        log(declare_joined()(club_id=1, member_id=7, email="a\0b"))


@pytest.mark.django_db(transaction=True)
def test_messages_and_dead_letters_carry_envelopes_and_subscribers_get_plain_values(postman: Postman) -> None:
    from events import subscriptions
    from events.connections import database_now

    joined, read = declare_joined(), []

    @subscriber(joined, name="members.greet", max_retries=0)
    def greet(event: Event, context: Context) -> None:
        read.append((context.run, event.email))  # type: ignore[attr-defined]
        if context.run == 0:
            raise ValueError("no paper")

    subscriptions.enroll()
    postman.emit(joined(club_id=1, member_id=7, email=MAIL))
    (message,) = postman.collect()
    assert MAIL not in message.event_json
    assert "$sealed" in message.event_json
    postman.deliver(message)
    create_replay(Selection(), name="again", reason="there is paper", owner="test", now=database_now())
    postman.deliver_all()
    assert read == [(0, MAIL), (1, MAIL)]
    assert Delivery.objects.get(run=1).outcome == Outcome.DONE


@pytest.mark.django_db
def test_the_testing_fixture_shows_events_as_they_were_emitted(events: Rehearsal) -> None:
    joined = declare_joined()
    log(joined(club_id=1, member_id=7, email=MAIL))
    assert events.assert_emitted(joined, email=MAIL).nickname is None  # type: ignore[attr-defined]


def test_the_json_schema_says_which_fields_are_personal() -> None:
    properties = declare_joined().model_json_schema(mode="serialization")["properties"]
    assert [name for name, one in properties.items() if one.get("x-personal")] == ["email", "nickname"]


def test_the_impersonal_part_of_an_event_is_what_may_be_written_down() -> None:
    event = declare_joined()(club_id=1, member_id=7, email=MAIL, nickname=NAME)
    assert event.impersonal() == {"club_id": 1, "member_id": 7}


def nobody() -> None:
    class A(Event, name="a.b", stream="a-{a}"):
        a: int
        email: Personal[str]


def stranger() -> None:
    class A(Event, name="a.b", stream="a-{a}", person="a-{b}"):
        a: int


def hidden() -> None:
    class A(Event, name="a.b", stream="a-{a}", person="a-{a}"):
        a: int
        emails: list[Personal[str]]


def never_blank() -> None:
    class A(Event, name="a.b", stream="a-{a}", person="a-{a}"):
        a: int
        age: Personal[int]


def in_the_name() -> None:
    class A(Event, name="a.b", stream="a-{email}", person="a-{a}"):
        a: int
        email: Personal[str]


@pytest.mark.parametrize(
    ("contradiction", "message"),
    [
        (nobody, "E015.*about nobody"),
        (stranger, "E014.*has no b"),
        (hidden, "E016.*emails of .* in the clear"),
        (never_blank, "E017.*age of .*cannot be erased"),
        (in_the_name, "E018.*email of .*part of a name"),
    ],
)
def test_a_field_that_would_not_be_private_fails_the_check(contradiction: Any, message: str) -> None:
    contradiction()
    with pytest.raises(SystemCheckError, match=f"(?s){message}"):
        call_command("check", tags=["events"])


def test_sound_personal_fields_pass_the_check() -> None:
    declare_joined()
    call_command("check", tags=["events"])
