"""`manage.py events pause | resume | backfill | forget | rescue | prune | rebase`: telling the platform what to do."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone
from pytest_django import Settings

from events import catalogue, rebase, subscriptions
from events.api import emit
from events.models import Delivery, Event, OutboxEntry, Subscription
from events.rescue import rescue
from events.testing import Transport
from tests.events.parlour import Parlour, parlour
from tests.events.terminal import command

__all__ = ["parlour"]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    yield
    Transport.kept.clear()


def lose(parlour: Parlour, kettle: int) -> None:
    """An event whose messages nobody ever gets, emitted an hour ago."""
    with transaction.atomic():
        emit(parlour.boiled(kettle_id=kettle))
        transaction.get_connection().run_on_commit.clear()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE events_event DISABLE TRIGGER USER")
        cursor.execute("UPDATE events_event SET occurred_at = occurred_at - interval '1 hour'")
        cursor.execute("ALTER TABLE events_event ENABLE TRIGGER USER")
    OutboxEntry.objects.all().delete()


def test_a_subscriber_is_paused_only_with_yes(parlour: Parlour) -> None:
    dry = command("pause", "maids.pour", "--reason", "too busy")
    assert dry.code == 0
    assert "Then maids.pour is paused" in dry.out
    assert "Nothing was done" in dry.err
    assert not subscriptions.paused_names()
    assert command("pause", "maids.pour", "--reason", "too busy", "--yes").code == 0
    row = Subscription.objects.get(subscriber="maids.pour")
    assert (row.paused_by[:4], row.pause_reason) == ("cli:", "too busy")


def test_a_subscriber_goes_on_where_it_was_paused(parlour: Parlour) -> None:
    command("pause", "maids.pour", "--reason", "too busy", "--yes")
    parlour.boil(1, 2)
    assert "catches up with 2 events" in command("resume", "maids.pour").out
    assert subscriptions.paused_names() == {"maids.pour"}
    assert command("resume", "maids.pour", "--yes").code == 0
    assert not subscriptions.paused_names()
    assert command("resume", "maids.pour", "--yes").code == 3


def test_a_backfill_says_how_much_it_sends(parlour: Parlour) -> None:
    parlour.boil(1)
    Delivery.objects.filter(subscriber="maids.pour").delete()
    dry = command("backfill", "maids.pour", "--json")
    assert (dry.code, dry.json["dry_run"]) == (0, True)
    assert "from the beginning of the log with 1 events" in dry.json["result"]
    assert Subscription.objects.get(subscriber="maids.pour").catch_up_to_xid is None
    command("backfill", "maids.pour", "--yes")
    assert Subscription.objects.get(subscriber="maids.pour").catch_up_to_xid is not None


def test_a_backfill_that_could_double_effects_is_refused(parlour: Parlour) -> None:
    Subscription.objects.update(pruned_at=timezone.now())
    refused = command("backfill", "maids.pour")
    assert refused.code == 2
    assert "settled deliveries were pruned" in refused.err


def test_subscriptions_are_listed_with_the_removed_ones(parlour: Parlour) -> None:
    parlour.boil(1)
    Subscription.objects.create(
        subscriber="cats.purr", since_xid=0, since_position=0, settled_xid=0, settled_position=0
    )
    listed = command("subscriptions", "--json")
    states = {row["subscriber"]: row["state"] for row in listed.json["subscriptions"]}
    assert (states["cats.purr"], states["maids.pour"]) == ("removed", "live")
    assert listed.code == 1
    refused = command("forget", "maids.pour", "--yes")
    assert refused.code == 2
    assert "is a subscriber of this code" in refused.err
    for row in subscriptions.removed():
        assert command("forget", row.subscriber).code == 0
        assert command("forget", row.subscriber, "--yes").code == 0
    assert command("subscriptions").code == 0


def test_a_dry_run_of_a_rescue_says_what_is_lost_and_sends_nothing(
    parlour: Parlour, caplog: pytest.LogCaptureFixture
) -> None:
    lose(parlour, 1)
    settled = list(Subscription.objects.order_by("pk").values_list("settled_xid", "settled_position"))
    dry = command("rescue", "--json")
    assert (dry.code, dry.json) == (0, {"dry_run": True, "rescued": 1, "by_subscriber": {"maids.pour": 1}})
    assert not OutboxEntry.objects.exists()
    assert list(Subscription.objects.order_by("pk").values_list("settled_xid", "settled_position")) == settled
    assert caplog.records == []
    done = command("rescue", "--yes")
    assert "Sent 1 deliveries again" in done.out
    assert OutboxEntry.objects.get().subscriber == "maids.pour"


def test_pruning_says_what_it_would_delete(parlour: Parlour) -> None:
    parlour.boil(1, 2)
    rescue(timezone.now())
    Delivery.objects.update(finished_at=timezone.now() - timedelta(days=100))
    dry = command("prune", "--json")
    assert (dry.code, dry.json["pruned"]["deliveries"], dry.json["at_least"]) == (0, 4, False)
    assert Delivery.objects.count() == 4
    assert "Deleted 4 deliveries" in command("prune", "--yes").out
    assert Delivery.objects.count() == 0


def test_a_rebase_is_made_only_where_it_is_needed(parlour: Parlour) -> None:
    parlour.boil(1)
    assert "Nothing to do" in command("rebase", "--yes").out
    try:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE events_event DISABLE TRIGGER USER")
            cursor.execute("UPDATE events_event SET xid = xid + 1000000")
            cursor.execute("ALTER TABLE events_event ENABLE TRIGGER USER")
        assert "Would raise" in command("rebase").out
        assert rebase.is_behind_log()
        assert command("rebase", "--yes", "--json").json["raised_by"] > 900_000
        assert not rebase.is_behind_log()
    finally:
        with connection.cursor() as cursor:
            cursor.execute(rebase._RAISE.format(offset=0))


def test_what_the_settings_forbid_is_refused_before_anything_happens(parlour: Parlour, settings: Settings) -> None:
    settings.EVENTS = {"relay_poll_secs": 1}
    refused = command("list")
    assert refused.code == 2
    assert "did you mean 'relay_poll_seconds'" in refused.err


def test_a_code_without_subscribers_has_nothing_to_list(transactional_db: None) -> None:
    Subscription.objects.all().delete()
    assert catalogue.subscribers() == []
    assert command("subscriptions").code == 3
    assert not Event.objects.exists()
