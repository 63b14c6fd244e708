"""Who wants to know that a delivery was given up is told in the transaction that gives it up."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError, connection

from events.api import delivery_buried
from events.models import Attempt, Delivery
from tests.events.replays import Broken, break_letters, open_post, replay_all

pytestmark = pytest.mark.django_db(transaction=True)
CREATE, DROP = "CREATE TABLE graves (who text)", "DROP TABLE graves"


def run(statement: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


@pytest.fixture
def told() -> Iterator[list[str]]:
    """What the receiver raises, if there is anything in it; it writes a row before that."""
    errors: list[Any] = []

    def dig(delivery: Any, event: Any, failure: Any, **_: Any) -> None:
        run(f"INSERT INTO graves VALUES ('{delivery.subscriber} {delivery.run} {event.payload['number']}')")
        assert failure.error_class.endswith("Broken")
        if errors:
            raise errors.pop()

    run(CREATE)
    delivery_buried.connect(dig)
    yield errors
    delivery_buried.disconnect(dig)
    run(DROP)


def test_each_run_that_dies_is_told_once_with_the_event(told: list[Any]) -> None:
    post = open_post()
    break_letters(post, [1, 2])
    assert run("SELECT who FROM graves ORDER BY who") == [("post.carry 0 1",), ("post.carry 0 2",)]
    post.trouble = {1: Broken("again")}
    replay_all()
    assert run("SELECT who FROM graves ORDER BY who")[2:] == [("post.carry 1 1",)]


def test_a_receiver_that_fails_loses_its_own_effect_and_the_letter_stands(
    told: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    told.append(ValueError("a mistake in the receiver"))
    break_letters(open_post(), [1])
    assert run("SELECT who FROM graves") == []
    assert Delivery.objects.get().outcome == "dead"
    assert "a receiver of delivery_buried failed" in caplog.text


def test_when_the_database_fails_a_receiver_the_letter_is_not_written_either(told: list[Any]) -> None:
    told.append(OperationalError("the connection is gone"))
    break_letters(open_post(), [1])  # what goes wrong after a commit is logged
    assert run("SELECT who FROM graves") == []
    assert not Delivery.objects.exists()
    assert not Attempt.objects.exists()
