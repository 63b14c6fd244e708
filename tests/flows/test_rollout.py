"""Old and new code side by side, as every deployment has them for a while."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.utils import timezone
from redis import Redis

from events import catalogue
from events.api import Event, emit_many
from events.models import Attempt, Delivery, OutboxEntry, Outcome
from tests.flows.processes import relay, wait_until, worker

BEFORE, AFTER = "tests.flows.rollout.settings_before", "tests.flows.rollout.settings_after"


@pytest.fixture
def labels() -> Iterator[list[type[Event]]]:
    """Both versions of the event, as processes of both kinds emit them."""
    with catalogue.scratch(empty=True):

        class Before(Event, name="label.printed", version=1, stream="label-{label_id}"):
            label_id: int

        class After(Event, name="label.printed", version=2, stream="label-{label_id}"):
            label_id: int
            size: str = "large"

        yield [Before, After]


def print_labels(label: type[Event], start: int) -> None:
    with transaction.atomic():
        emit_many([label(label_id=number) for number in range(start, start + 10)])


def versions_met() -> list[tuple[int, str]]:
    """By label, the version that the subscriber was given."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT parcel_id, subscriber FROM test_ledger ORDER BY 1")
        return cursor.fetchall()


def test_what_the_old_code_does_not_know_waits_for_the_new_and_nothing_dies(
    ledger: None, broker: Redis, tmp_path: Path, labels: list[type[Event]]
) -> None:
    before, after = labels
    old_log, new_log = tmp_path / "old.log", tmp_path / "new.log"
    with (
        relay(tmp_path / "relay.log", DJANGO_SETTINGS_MODULE=BEFORE),
        worker(old_log, "-n", "old@%h", DJANGO_SETTINGS_MODULE=BEFORE) as old,
    ):
        print_labels(before, 100)
        print_labels(after, 200)
        wait_until(lambda: Delivery.objects.count() == 10, old_log.read_text)
        wait_until(lambda: OutboxEntry.objects.filter(available_at__gt=timezone.now()).count() == 10, old_log.read_text)
        with worker(new_log, "-n", "new@%h", DJANGO_SETTINGS_MODULE=AFTER):
            print_labels(before, 300)
            print_labels(after, 400)
            wait_until(lambda: Delivery.objects.filter(worker__startswith="new@").exists(), new_log.read_text)
            assert old.stop() == 0
            print_labels(before, 500)
            wait_until(lambda: Delivery.objects.count() == 50, new_log.read_text)
    assert set(Delivery.objects.values_list("outcome", "attempts")) == {(Outcome.DONE, 1)}
    assert not Attempt.objects.filter(spent=True).exists()
    met = versions_met()
    assert sorted(number for number, _ in met) == [hundred + n for hundred in range(100, 600, 100) for n in range(10)]
    assert {version for number, version in met if number < 200} == {"v1"}  # the old code alone had them
    assert {version for number, version in met if number // 100 in {2, 4, 5}} == {"v2"}
