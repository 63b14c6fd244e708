"""Dead letters: grouped by what went wrong, with nothing particular in the name of the group."""

import pytest

from events.dead_letters import bury, error_groups
from events.errors import SubscriberAborted
from events.failure import Failure, class_of
from events.models import Attempt, Delivery, Event
from events.replay import Selection
from events.subscribers import DeliveryKey
from tests.events.replays import Broken, break_letters, open_post, replay_all

pytestmark = pytest.mark.django_db(transaction=True)


class Elsewhere(Exception):
    """An error whose traceback was lost between processes."""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("order 17 not found", "order 18123 not found"),
        ("no route to 10.0.0.1:5432", "no route to 192.168.1.20:15432"),
        ("key 'a b' is missing", "key 'c' is missing"),
        ('expected "x"', 'expected "y z"'),
        ("<Order object at 0x7f8a1c>", "<Order object at 0xdeadbeef>"),
        ("job 0199a1fd-0000-7000-8000-000000000000 lost", "job 0199A1FD-ffff-7000-8000-0000000000aa lost"),
        ("no mailbox ann@example.com", "no mailbox bob.smith@example.org"),
        (
            "commit 9fceb02d0ae598e95dc970b74767f19372d61af8 gone",
            "commit 4b825dc642cb6eb9a060e54bf8d69288fbee4904 gone",
        ),
        ("took 1.5 s", "took 22,75 s"),
        ("لم يوجد الطلب ١٧", "لم يوجد الطلب ٢٣٤"),
        ("a\n  b", "a b"),
    ],
)
def test_errors_that_differ_in_particulars_are_alike(one: str, other: str) -> None:
    assert Failure.of(Elsewhere(one)).fingerprint == Failure.of(Elsewhere(other)).fingerprint


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("order not found", "customer not found"),
        ("can't find the user's order", "can't find the user's invoice"),
        ("deadbeef", "deadline"),
    ],
)
def test_errors_that_differ_in_words_are_not_alike(one: str, other: str) -> None:
    assert Failure.of(Elsewhere(one)).fingerprint != Failure.of(Elsewhere(other)).fingerprint


def test_where_our_code_was_reached_the_place_names_the_group_and_the_message_does_not() -> None:
    def fail(message: str) -> Failure:
        try:
            raise Broken(message)
        except Broken as error:
            return Failure.of(error)

    assert fail("one thing").fingerprint == fail("quite another").fingerprint
    assert fail("x").fingerprint.startswith("tests.events.replays.Broken in tests/events/test_dead_letters.py:")


def test_an_error_that_the_platform_wraps_is_named_by_the_place_of_its_cause() -> None:
    aborted = SubscriberAborted(subscriber="x", error="MemoryError()")
    try:
        raise MemoryError
    except MemoryError as error:
        aborted.__cause__ = error
    assert "test_dead_letters.py" in Failure.of(aborted).fingerprint


@pytest.mark.parametrize("message", ["x" * 1_000_000, "'" * 100_000, "1a" * 500_000, "\0\udcff", ""])
def test_a_fingerprint_is_short_and_can_be_stored_whatever_the_message(message: str) -> None:
    fingerprint = Failure.of(Elsewhere(message)).fingerprint
    assert len(fingerprint) <= 200
    assert "\0" not in fingerprint
    fingerprint.encode()
    assert class_of(fingerprint) == "tests.events.test_dead_letters.Elsewhere"


def test_groups_count_open_letters_and_name_their_subscribers() -> None:
    post = open_post()
    break_letters(post, [1, 2, 3])
    break_letters(post, [4], ConnectionError)
    replay_all(selection=Selection(payload={"number": 3}))
    many, one = error_groups()
    assert (many.count, many.subscribers, many.transient) == (2, ("post.carry",), False)
    assert (one.count, one.transient) == (1, True)
    assert class_of(one.fingerprint) == "ConnectionError"
    assert many.first_died_at == Delivery.objects.order_by("pk").first().finished_at
    assert many.first_died_at < many.last_died_at < one.first_died_at
    assert [group.count for group in error_groups(newest=2)] == [1]


def test_a_failure_that_is_reported_after_the_end_changes_nothing() -> None:
    post = open_post()
    post.send(1)
    event = Event.objects.get()
    for run in (0, 1):
        assert bury(DeliveryKey(event.id, "post.carry", run), event.position, Failure.of(Broken()), "w") is False
    assert Delivery.objects.get().outcome == "done"
    assert not Attempt.objects.exists()
