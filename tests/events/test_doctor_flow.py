"""The doctor looks at the flow, at what ended badly, at who holds the horizon, and at the settings."""

import threading
from datetime import timedelta

import pytest
from celery import current_app
from django.db import connection, connections, transaction
from django.utils import timezone
from django_celery_results.models import TaskResult
from pytest_django import Settings

from events import outbox, subscriptions
from events.api import emit
from events.doctor import Level, flow, horizon
from events.models import Delivery, Outcome, Replay, Subscription
from events.models import Event as LoggedRow
from tests.events.parlour import Parlour, parlour
from tests.events.surgery import found, only_subscribers_of_the_test, the_finding

__all__ = ["only_subscribers_of_the_test", "parlour"]

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_waits_in_the_outbox_too_long_is_said(parlour: Parlour) -> None:
    (logged,) = parlour.boil(1)
    outbox.put(logged.position, "maids.pour", 0, timezone.now() - timedelta(seconds=30))
    assert the_finding("outbox is published")[0] == "WARNING"
    outbox.put(logged.position, "maids.por", 0, timezone.now() - timedelta(minutes=30))
    level, says = the_finding("outbox is published")
    assert (level, "waited for 30 min" in says) == ("BROKEN", True)
    assert "1 rows of the outbox are for 'maids.por'" in the_finding("outbox subscribers are known")[1]


def test_a_subscriber_that_is_far_behind_is_named(parlour: Parlour, monkeypatch: pytest.MonkeyPatch) -> None:
    assert the_finding("subscribers keep up")[0] == "FINE"
    with transaction.atomic():
        emit(parlour.boiled(kettle_id=1))
        transaction.get_connection().run_on_commit.clear()
    assert the_finding("subscribers keep up")[0] == "FINE"
    monkeypatch.setattr(flow, "_BEHIND_SECONDS", 0.0)
    assert "maids.pour has not settled an event of 0 s ago" in the_finding("subscribers keep up")[1]
    subscriptions.pause("maids.pour", by="test", reason="too busy")
    assert the_finding("subscribers keep up")[0] == "FINE"


def test_what_was_paused_long_ago_or_removed_is_not_forgotten(parlour: Parlour) -> None:
    hour = timedelta(hours=1)
    subscriptions.pause("maids.pour", by="test", reason="too busy", now=timezone.now() - 0.5 * hour)
    assert the_finding("paused subscribers")[0] == "FINE"
    subscriptions.pause("guests.drink", by="test", reason="too hot", now=timezone.now() - 50 * hour)
    levels = {finding.says.split()[0]: finding.level for finding in found("paused subscribers")}
    assert levels == {"guests.drink": Level.WARNING, "maids.pour": Level.FINE}
    assert the_finding("removed subscribers")[0] == "FINE"
    Subscription.objects.filter(subscriber="maids.pour").update(subscriber="maids.por")
    Subscription.objects.filter(subscriber="maids.pour").delete()
    assert "maids.por has a subscription since" in the_finding("removed subscribers")[1]


def test_replays_that_wait_for_somebody_are_named(parlour: Parlour) -> None:
    assert the_finding("replays get on")[0] == "FINE"
    Replay.objects.create(
        action="replay", name="cooling", reason="hot", owner="user:1", criteria={}, state=Replay.State.STOPPED,
        state_reason="new error: x", created_at=timezone.now(),
    )  # fmt: skip
    level, says = the_finding("replays get on")
    assert level == "WARNING"
    assert "(cooling) of user:1 is stopped: new error: x" in says


def test_open_dead_letters_are_a_warning_by_group(parlour: Parlour) -> None:
    assert the_finding("dead letters")[0] == "FINE"
    parlour.error = ValueError("too hot")
    parlour.boil(1, 2)
    total, group = found("dead letters")
    assert (total.level, total.says) == (Level.WARNING, "2 dead letters are open, in 1 groups of errors")
    assert group.says.startswith("2 × ValueError in tests/events/parlour.py")
    assert Delivery.objects.filter(outcome=Outcome.DEAD).count() == 2


def test_refused_messages_are_a_warning() -> None:
    assert the_finding("refused messages")[0] == "FINE"
    TaskResult.objects.create(task_id="refused-0123", status="FAILURE")
    assert "refused 1 messages" in the_finding("refused messages")[1]


def test_a_transaction_that_holds_the_horizon_is_named(parlour: Parlour, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(horizon, "_LONG_SECONDS", 0.0)
    opened, finish = threading.Event(), threading.Event()

    def forget() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET application_name = 'somebody forgetful'")
            emit(parlour.poured(kettle_id=1))
            opened.set()
            finish.wait(30)
            transaction.set_rollback(True)
        connections.close_all()

    forgetful = threading.Thread(target=forget)
    forgetful.start()
    assert opened.wait(30)
    try:
        level, says = the_finding("long transactions")
        assert level == "WARNING"
        assert "(somebody forgetful)" in says
        assert "holds the horizon" in says
        monkeypatch.setattr(horizon, "_TOO_LONG_SECONDS", 0.0)
        assert the_finding("long transactions")[0] == "BROKEN"
    finally:
        finish.set()
        forgetful.join()
    assert the_finding("prepared transactions")[0] == the_finding("replication slots")[0] == "FINE"


def test_a_log_from_another_cluster_needs_a_rebase(parlour: Parlour) -> None:
    parlour.boil(1)
    assert the_finding("transaction numbers")[0] == "FINE"
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE events_event DISABLE TRIGGER USER")
        LoggedRow.objects.update(xid=2**60)
        cursor.execute("ALTER TABLE events_event ENABLE TRIGGER USER")
    assert "events rebase --yes" in the_finding("transaction numbers")[1]


def test_unsafe_settings_of_django_are_findings(settings: Settings) -> None:
    assert the_finding("django settings")[0] == "FINE"
    settings.DEBUG, settings.SECRET_KEY = True, "django-insecure-" + "0123456789" * 5
    settings.EVENTS = settings.EVENTS | {"failpoints": {"relay.after_publish": "raise"}}
    says = [finding.says for finding in found("django settings")]
    assert [text.split()[0] for text in says] == ["DEBUG", "Messages", "Failpoints"]
    settings.EVENTS = settings.EVENTS | {"signing_keys": ("k" * 32,)}
    assert len(found("django settings")) == 2


@pytest.mark.parametrize(
    ("setting", "value", "says"),
    [
        ("accept_content", ["json", "pickle"], "reads or writes pickle"),
        ("task_serializer", "yaml", "reads or writes yaml"),
        ("task_always_eager", True, "task_always_eager is on"),
        ("worker_consumer", "celery.worker.consumer:Consumer", "do not verify signatures"),
        ("result_expires", 86_400, "deletes dead letters when they are 86400 old"),
        ("broker_transport_options", {}, "lacks health_check_interval, socket_connect_timeout, socket_timeout"),
        ("broker_url", "redis://redis.example.com:6379/0", "redis.example.com asks for no password"),
    ],
)
def test_unsafe_settings_of_celery_are_findings(setting: str, value: object, says: str) -> None:
    assert the_finding("celery settings")[0] == "FINE"
    before = current_app.conf[setting]
    try:
        current_app.conf[setting] = value
        assert any(says in finding.says for finding in found("celery settings"))
    finally:
        current_app.conf[setting] = before


def test_a_backend_that_keeps_no_dead_letters_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(current_app._get_current_object()), "backend", object())
    assert "Dead letters are not kept" in the_finding("celery settings")[1]
