"""Erasing a person: what the platform knew is gone, and what it counts stays true."""

import json
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django_celery_results.models import TaskResult
from pytest_django import Settings

from events import catalogue, subscriptions
from events.api import Event, LoggedEvent, Personal, PersonErased, emit, erase, forget_words, subscriber
from events.dead_letters import error_groups
from events.models import Attempt, Delivery, Outcome, PersonalKey
from events.models import Event as LoggedRow
from tests.events.console import WATCHER, client_of
from tests.events.postman import Postman
from tests.events.surgery import the_finding
from tests.events.terminal import command

pytestmark = pytest.mark.django_db(transaction=True)

MAIL = "ann.example@example.com"


class Club:
    """Members join; a subscriber that greets them fails, and its error quotes them."""

    def __init__(self) -> None:
        catalogue.add_event_type(PersonErased)  # of the platform's own, which is out of sight as well

        class Joined(Event, name="member.joined", stream="club-{club_id}", person="member-{member_id}"):
            club_id: int
            member_id: int
            email: Personal[str]

        class Swept(Event, name="club.swept", stream="club-{club_id}"):
            club_id: int

        self.joined, self.swept, self.greeted = Joined, Swept, 0

        @subscriber(Joined, name="members.greet", max_retries=0)
        def greet(event: Event) -> None:
            self.greeted += 1
            raise ValueError(f"{event.email} does not take mail")  # type: ignore[attr-defined]

        @subscriber(Swept, name="brooms.clean", max_retries=0)
        def clean(event: Event) -> None:
            raise ValueError(f"the broom of {MAIL} is broken")

        subscriptions.enroll()

    def join(self, member: int, club: int = 1) -> LoggedEvent:
        with transaction.atomic():
            return emit(self.joined(club_id=club, member_id=member, email=MAIL))

    def sweep(self, club: int) -> LoggedEvent:
        with transaction.atomic():
            return emit(self.swept(club_id=club))


@pytest.fixture
def club(transactional_db: None) -> Club:
    return Club()


def words() -> str:
    """All that failures say."""
    attempts = list(Attempt.objects.order_by("pk").values("message", "traceback"))
    letters = list(TaskResult.objects.order_by("pk").values("result", "traceback", "task_args", "task_kwargs"))
    return json.dumps([attempts, letters])


def test_erasing_blanks_what_failures_say_and_keeps_what_they_count(club: Club) -> None:
    club.join(7)
    assert words().count(MAIL) > 2
    groups = [(group.fingerprint, group.count) for group in error_groups()]
    done = erase("member-7", reason="asked by letter", by="user:1")
    assert (done.is_new, done.attempt_count, done.letter_count) == (True, 1, 1)
    assert MAIL not in words()
    assert "asked" not in words()
    assert [(group.fingerprint, group.count) for group in error_groups()] == groups
    attempt, letter = Attempt.objects.get(), TaskResult.objects.get()
    assert attempt.error_class == "ValueError"
    assert json.loads(letter.result) == {
        "exc_type": "ValueError",
        "exc_message": ["(erased)"],
        "exc_module": "builtins",
    }
    assert Delivery.objects.get(outcome=Outcome.DEAD).subscriber == "members.greet"


def test_the_failures_of_others_keep_their_words(club: Club) -> None:
    club.join(7)
    club.join(8, club=2)
    club.sweep(2)
    erase("member-7", reason="asked", by="test")
    assert sorted(MAIL in message for message in Attempt.objects.values_list("message", flat=True)) == [
        False,
        True,
        True,
    ]


def test_the_words_of_whole_streams_can_be_forgotten_too(club: Club) -> None:
    club.join(7)
    club.sweep(2)
    club.sweep(3)
    erase("member-7", reason="asked", by="test")
    assert forget_words("member-7", ["club-2"]) == (1, 1)
    assert words().count(MAIL) > 0
    assert forget_words("member-7", ["club-2", "club-3"]) == (1, 1)
    assert MAIL not in words()


def test_the_erasure_is_an_event_that_names_nobody_but_the_person(club: Club) -> None:
    club.join(7)
    erase("member-7", reason="asked by letter", by="user:1")
    row = LoggedRow.objects.get(name="person.erased")
    assert row.payload == {"person": "member-7", "reason": "asked by letter", "by": "user:1"}
    assert row.stream == "member-7"


def test_erased_twice_is_erased_once(club: Club) -> None:
    club.join(7)
    assert erase("member-7", reason="asked", by="test").is_new
    erased_at = PersonalKey.objects.get().erased_at
    again = erase("member-7", reason="again", by="test")
    assert (again.is_new, again.attempt_count, again.letter_count) == (False, 0, 0)
    assert LoggedRow.objects.filter(name="person.erased").count() == 1
    assert PersonalKey.objects.get().erased_at == erased_at


def test_what_fails_after_the_erasure_is_kept_without_words(postman: Postman, club: Club) -> None:
    postman.emit(club.joined(club_id=1, member_id=7, email=MAIL), club.joined(club_id=1, member_id=8, email=MAIL))
    first, second = postman.collect()
    erase("member-7", reason="asked", by="test")
    club_greets = club.greeted
    postman.deliver(first, second)
    assert club.greeted == club_greets + 2
    said = dict(Attempt.objects.values_list("event__payload__member_id", "message"))
    assert said == {7: "(erased)", 8: f"{MAIL} does not take mail"}
    assert words().count("(erased)") >= 3


def test_a_failing_subscriber_of_the_erasure_itself_is_kept_without_words(club: Club) -> None:
    @subscriber(PersonErased, name="lists.clear", max_retries=0)
    def clear(event: PersonErased) -> None:
        raise ValueError(f"cannot forget {MAIL}")

    subscriptions.enroll()
    club.join(7)
    erase("member-7", reason="asked", by="test")
    assert Delivery.objects.get(subscriber="lists.clear").outcome == Outcome.DEAD
    assert MAIL not in words()


def test_a_rolled_back_erasure_never_happened(club: Club) -> None:
    logged = club.join(7)
    with transaction.atomic():
        erase("member-7", reason="asked", by="test")
        transaction.set_rollback(True)
    assert logged.typed().email == MAIL  # type: ignore[attr-defined]
    assert MAIL in words()


def test_the_command_erases_only_with_yes_and_a_reason(club: Club) -> None:
    logged = club.join(7)
    dry = command("erase", "member-7", "--json")
    assert dry.code == 0
    assert dry.json == {"dry_run": True, "person": "member-7", "is_new": True, "attempts": 1, "dead_letters": 1}
    assert command("erase", "member-7", "--yes").code == 2
    assert logged.typed().email == MAIL  # type: ignore[attr-defined]
    done = command("erase", "member-7", "--yes", "--reason", "asked by letter")
    assert done.code == 0
    assert "The key of member-7 is destroyed" in done.out
    assert logged.typed().email == ""  # type: ignore[attr-defined]
    assert LoggedRow.objects.get(name="person.erased").payload["by"].startswith("cli:")
    again = command("erase", "member-7", "--yes", "--reason", "again")
    assert again.code == 0
    assert "was erased before" in again.out


@pytest.mark.parametrize("person", ["member-9", "memebr-7", "club-7", ""])
def test_a_person_whom_the_log_does_not_know_is_not_erased(person: str, club: Club) -> None:
    club.join(7)
    ended = command("erase", person, "--yes", "--reason", "asked")
    assert ended.code == 3
    assert f"knows nobody by the name {person!r}" in ended.err
    assert "member-{member_id}" in ended.err
    assert not PersonalKey.objects.filter(person=person).exists()


def test_somebody_of_whom_the_log_says_nothing_personal_can_be_erased(club: Club) -> None:
    with transaction.atomic():
        emit(club.joined(club_id=1, member_id=7, email=""))
    assert command("erase", "member-7", "--yes", "--reason", "asked").code == 0
    assert PersonalKey.objects.get(person="member-7").erased_at


def test_the_command_line_shows_that_a_field_is_encrypted_and_not_the_envelope(club: Club) -> None:
    logged = club.join(7)
    for arguments in (["show", logged.id], ["list"]):
        said = command(*arguments).out
        assert "(encrypted) member-7" in said
        assert "$sealed" not in said


def page_of(model: str, pk: int, *permissions: str) -> str:
    client: Client = client_of(*WATCHER, *permissions)
    return str(client.get(reverse(f"admin:events_{model}_change", args=[pk])).content.decode())


@pytest.mark.parametrize("model", ["event", "deadletter", "attempt"])
def test_personal_fields_are_shown_to_who_may_read_them_and_to_nobody_else(model: str, club: Club) -> None:
    logged = club.join(7)
    sealed = logged.payload["email"]["$sealed"]
    Attempt.objects.update(message="", traceback="")  # what errors quote is another matter
    pk = {"event": logged.position, "attempt": Attempt.objects.get().pk}.get(model, Delivery.objects.get().pk)
    without, with_permission = page_of(model, pk), page_of(model, pk, "events.view_personal")
    assert "(encrypted) member-7" in without
    assert MAIL not in without
    assert MAIL in with_permission
    assert sealed[:20] not in without + with_permission
    erase("member-7", reason="asked", by="test")
    assert "(erased)" in page_of(model, pk, "events.view_personal")


def test_a_damaged_envelope_does_not_break_the_page(club: Club) -> None:
    logged = club.join(7)
    PersonalKey.objects.all().delete()
    club.join(7)  # with another key
    assert "was changed, or is of another event" in page_of("event", logged.position, "events.view_personal")


def test_the_doctor_says_which_secrets_the_keys_still_need(club: Club, settings: Settings) -> None:
    from events.models import Subscription

    club.join(7)
    assert the_finding("keys of people")[0] == "FINE"
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "n" * 60, [settings.SECRET_KEY]
    level, says = the_finding("keys of people")
    assert level == "WARNING"
    assert "1 keys of people are encrypted with a former secret" in says
    assert "rewrap" in says
    dry = command("rewrap")
    assert "Would encrypt 1 keys" in dry.out
    assert the_finding("keys of people")[0] == "WARNING"
    assert command("rewrap", "--yes").code == 0
    settings.SECRET_KEY_FALLBACKS = []
    assert the_finding("keys of people")[0] == "FINE"
    settings.SECRET_KEY = "m" * 60
    assert the_finding("keys of people")[0] == "BROKEN"
    assert Subscription.objects.exists()


def test_snapshots_of_the_persons_streams_are_forgotten(club: Club) -> None:
    from events.models import Snapshot

    club.join(7, club=1)
    club.join(8, club=2)
    values: dict[str, Any] = {"fold": "f", "code": "1", "stream_version": 1, "state": {"email": MAIL}}
    for stream in ("club-1", "club-2"):
        Snapshot.objects.create(stream=stream, happened_at="2025-01-01T00:00Z", **values)
    erase("member-7", reason="asked", by="test")
    assert list(Snapshot.objects.values_list("stream", flat=True)) == ["club-2"]
