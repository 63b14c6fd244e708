"""Alerts: people are told once of each group of dead letters that nobody will replay for them."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone
from pytest_django import Settings

from events.alerts import alert
from events.models import Delivery, ErrorGroup
from events.replay import Selection, discard
from events.second_level import retry_transient
from tests.events.replays import Post, break_letters, bury_many, open_post, replay_all

pytestmark = pytest.mark.django_db(transaction=True)


class Torn(Exception):
    """Another error."""


@pytest.fixture
def post(settings: Settings) -> Post:
    """Letters, and somebody who wants to hear of dead ones."""
    settings.EVENTS = settings.EVENTS | {
        "alert_emails": ("ops@example.com", "boss@example.com"),
        "second_level_delays_seconds": (60.0,),
    }
    return open_post()


def shouted(caplog: pytest.LogCaptureFixture) -> int:
    return sum(record.levelname == "ERROR" and record.name == "events.alerts" for record in caplog.records)


def test_a_group_is_told_of_once_and_not_per_letter(post: Post, caplog: pytest.LogCaptureFixture) -> None:
    break_letters(post, [1, 2, 3])
    assert alert(timezone.now()) == 1
    break_letters(post, [4])
    assert alert(timezone.now()) == 0
    (message,) = mail.outbox
    assert message.to == ["ops@example.com", "boss@example.com"]
    (fingerprint,) = set(Delivery.objects.values_list("fingerprint", flat=True))
    assert fingerprint in message.subject
    first = Delivery.objects.order_by("pk").first()
    for text in (
        "3 open dead letters of post.carry",
        "letter 1",
        f"{first.event.id}:post.carry:0",
        "letter.sent box-1",
    ):
        assert text in message.body
    assert "/admin/events/deadletter/?fingerprint=tests.events.replays.Broken+in+" in message.body
    assert shouted(caplog) == 1
    group = ErrorGroup.objects.get()
    assert group.first_seen_at == first.finished_at
    assert group.last_seen_at == Delivery.objects.order_by("pk").last().finished_at


def test_each_group_is_told_of_and_several_share_a_mail(post: Post, caplog: pytest.LogCaptureFixture) -> None:
    break_letters(post, [1])
    break_letters(post, [2], type("Other", (Exception,), {}))
    assert alert(timezone.now()) == 2
    assert len(mail.outbox) == 1
    assert "2 kinds of errors" in mail.outbox[0].subject
    assert shouted(caplog) == 2


def test_a_mail_server_that_is_down_delays_the_mail_and_nothing_else(
    post: Post, caplog: pytest.LogCaptureFixture, settings: Settings
) -> None:
    settings.EMAIL_BACKEND, before = "tests.events.test_alerts.DeadBackend", settings.EMAIL_BACKEND
    break_letters(post, [1])
    assert alert(timezone.now()) == 1
    assert alert(timezone.now()) == 0
    assert ErrorGroup.objects.get().alerted_at is None
    assert shouted(caplog) == 1
    discard(Selection(), reason="x", owner="x", now=timezone.now())
    settings.EMAIL_BACKEND = before
    alert(timezone.now() + timedelta(days=1))
    alert(timezone.now() + timedelta(days=1))
    assert len(mail.outbox) == 1
    assert "0 open dead letters" in mail.outbox[0].body


class DeadBackend:
    """A mail server that cannot be reached."""

    def __init__(self, **options: object) -> None:
        """Takes what Django gives."""

    def send_messages(self, messages: object) -> int:
        """Never works."""
        raise ConnectionRefusedError("no mail today")


def test_a_group_without_open_letters_is_told_of_again_when_it_comes_back(post: Post) -> None:
    break_letters(post, [1])
    alert(timezone.now())
    replay_all()
    alert(timezone.now())
    assert ErrorGroup.objects.get().alerted_at is None
    break_letters(post, [2])
    assert alert(timezone.now()) == 1
    assert len(mail.outbox) == 2


def test_letters_that_are_replayed_automatically_are_told_of_when_no_round_is_left(post: Post) -> None:
    post.trouble = {1: ConnectionError("refused")}
    post.send(1)
    assert alert(timezone.now()) == 0
    Delivery.objects.update(finished_at=timezone.now() - timedelta(seconds=61))
    assert alert(timezone.now()) == 0
    retry_transient(timezone.now())
    assert Delivery.objects.get(run=1).outcome == "dead"
    assert alert(timezone.now()) == 1


def test_a_letter_whose_automatic_replay_never_comes_is_told_of(post: Post) -> None:
    break_letters(post, [1], ConnectionError)
    Delivery.objects.update(subscriber="post.gone")
    assert alert(timezone.now()) == 0
    assert alert(timezone.now() + timedelta(seconds=300)) == 0
    assert alert(timezone.now() + timedelta(seconds=400)) == 1


def test_letters_that_somebody_is_replaying_are_not_told_of(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    break_letters(post, [1])
    monkeypatch.setattr("events.transports.inline.Transport.in_process", False)
    replay_all()
    assert alert(timezone.now()) == 0


def test_without_recipients_the_log_alone_tells(
    post: Post, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.EVENTS = settings.EVENTS | {"alert_emails": ()}
    break_letters(post, [1])
    assert alert(timezone.now()) == 1
    assert (mail.outbox, shouted(caplog)) == ([], 1)
    assert ErrorGroup.objects.get().alerted_at is not None


def test_a_letter_that_died_while_nobody_looked_is_told_of(post: Post) -> None:
    break_letters(post, [1])
    alert(timezone.now())
    bury_many(3, "Torn in the night")
    Delivery.objects.filter(fingerprint="Torn in the night").update(finished_at=timezone.now() + timedelta(hours=9))
    assert alert(timezone.now() + timedelta(hours=99)) == 1
    assert "3 open dead letters" in mail.outbox[1].body


def test_nothing_is_told_when_nothing_died(post: Post) -> None:
    post.send(1)
    assert alert(timezone.now()) == 0
    assert mail.outbox == []
