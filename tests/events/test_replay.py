"""Replay: a recorded operation with a frozen set, which runs each delivery of it once more, and once."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from events import outbox
from events.errors import NothingToReplay, ReplayRefused, SelectionWrong
from events.models import Delivery, Event, OutboxEntry, Outcome, Replay, ReplayItem
from events.relay import drain
from events.replay import LeftOut, Selection, advance, preview, progress
from tests.events.replays import Broken, Post, break_letters, item_states, outcomes, replay_all, state_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_replay_runs_each_dead_letter_once_and_keeps_the_record(post: Post) -> None:
    break_letters(post, [1, 2, 3])
    replay = replay_all()
    assert outcomes(0) == dict.fromkeys((1, 2, 3), "dead")
    assert outcomes(1) == dict.fromkeys((1, 2, 3), "done")
    assert post.numbers(run=1) == [1, 2, 3]
    replay.refresh_from_db()
    assert (replay.state, replay.item_count, replay.owner) == ("finished", 3, "somebody")
    assert item_states(replay) == ["done"] * 3
    assert replay.finished_at is not None
    assert not OutboxEntry.objects.exists()


def test_what_dies_after_the_set_was_frozen_is_not_in_it(post: Post, elsewhere: Callable[[], None]) -> None:
    break_letters(post, [1])
    elsewhere()
    replay = replay_all()
    post.trouble = {2: Broken()}
    post.send(2)
    drain()
    advance(timezone.now())
    assert state_of(replay) == "finished"
    assert outcomes(1) == {1: "done"}


def test_a_delivery_is_in_one_open_replay_at_most_and_the_other_says_so(
    post: Post, elsewhere: Callable[[], None]
) -> None:
    break_letters(post, [1, 2])
    elsewhere()
    first, _second = Delivery.objects.order_by("pk")
    replay_all(selection=Selection(delivery_ids=(first.pk,)))
    assert preview(Selection()).left_out == {LeftOut.UNDER_WAY: 1}
    replay = replay_all()
    assert (replay.item_count, replay.left_out) == (1, {"under_way": 1})
    with pytest.raises(NothingToReplay, match="nothing to replay: 2 being replayed"):
        replay_all()


def test_two_who_freeze_the_same_letters_at_once_share_them(post: Post, elsewhere: Callable[[], None]) -> None:
    break_letters(post, range(1, 30))
    elsewhere()
    results: list[int | Exception] = []

    def freeze() -> None:
        try:
            results.append(replay_all().item_count)
        except NothingToReplay:
            results.append(0)
        finally:
            connection.close()

    threads = [threading.Thread(target=freeze) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sum(results) == ReplayItem.objects.count() == 29
    drain()
    advance(timezone.now())
    assert outcomes(1) == dict.fromkeys(range(1, 30), "done")


def test_a_run_is_admitted_only_while_its_item_is_sent(post: Post) -> None:
    break_letters(post, [1])
    outbox.put(Event.objects.get().position, "post.carry", 1, timezone.now())
    drain()
    assert not Delivery.objects.filter(run=1).exists()
    replay_all()
    outbox.put(Event.objects.get().position, "post.carry", 1, timezone.now())
    drain()
    assert Delivery.objects.filter(run=1).count() == 1


def test_a_letter_that_dies_again_can_be_replayed_again_as_the_next_run(post: Post) -> None:
    post.trouble = {1: Broken()}
    post.send(1)
    replay_all()
    replay_all()
    assert sorted(Delivery.objects.values_list("run", "outcome")) == [(0, "dead"), (1, "dead"), (2, "dead")]
    post.trouble = {}
    replay_all()
    assert Delivery.objects.get(run=3).outcome == Outcome.DONE


def test_named_deliveries_say_why_they_are_left_out(post: Post) -> None:
    break_letters(post, [1, 2, 3])
    post.send(4)
    replay_all(selection=Selection(delivery_ids=(Delivery.objects.first().pk,)))
    keys = tuple(f"{row.event.id}:post.carry:0" for row in Delivery.objects.filter(run=0).select_related("event"))
    Delivery.objects.filter(event__payload__number=3).update(subscriber="post.gone")
    stranger = f"{keys[0].partition(':')[0]}:post.gone:9"
    gone = f"{Delivery.objects.get(subscriber='post.gone').event.id}:post.gone:0"
    shown = preview(Selection(keys=(*keys[:2], keys[3], gone, stranger)))
    assert shown.count == 1
    assert shown.examples == (keys[1],)
    assert shown.left_out == {
        LeftOut.REPLAYED: 1,
        LeftOut.OTHER_OUTCOME: 1,
        LeftOut.UNKNOWN_SUBSCRIBER: 1,
        LeftOut.NOT_FOUND: 1,
    }


def test_a_done_delivery_is_replayed_only_when_that_is_said(post: Post) -> None:
    post.send(1)
    with pytest.raises(NothingToReplay, match=r"There is nothing to replay\."):
        replay_all()
    replay_all(selection=Selection(outcomes=frozenset({"done"})))
    assert post.numbers(run=1) == [1]


@pytest.mark.parametrize(
    ("criteria", "expected"),
    [
        ({"subscriber": "post.carry"}, [1, 2, 3]),
        ({"subscriber": "post.other"}, []),
        ({"event_name": "letter.sent"}, [1, 2, 3]),
        ({"event_name": "letter.lost"}, []),
        ({"stream": "box-2"}, [2]),
        ({"payload": {"number": 3}}, [3]),
        ({"payload": {"number": "3"}}, []),
        ({"payload": {"number": 3, "box": 2}}, []),
        ({"payload": {"number.deep": 3}}, []),
        ({"since": timezone.now() + timedelta(days=1)}, []),
        ({"until": timezone.now() + timedelta(days=1), "payload": {"box": 1}}, [1]),
        ({"fingerprint": "no such error"}, []),
        ({"transient": True}, []),
        ({"automatic_rounds": 0}, [1, 2, 3]),
        ({"automatic_rounds": 1}, []),
    ],
)
def test_a_selection_means_what_it_says(post: Post, criteria: dict, expected: list[int]) -> None:
    break_letters(post, [1, 2, 3])
    assert preview(Selection(**criteria)).count == len(expected)
    if expected:
        replay = replay_all(selection=Selection(**criteria))
        assert sorted(outcomes(1)) == expected
        assert set(criteria) <= set(replay.criteria)


def test_a_preview_counts_by_subscriber_and_error_and_writes_nothing(post: Post) -> None:
    break_letters(post, [1, 2])
    shown = preview(Selection())
    (fingerprint,) = shown.by_fingerprint
    assert (shown.count, dict(shown.by_subscriber), len(shown.examples)) == (2, {"post.carry": 2}, 2)
    assert Delivery.objects.first().fingerprint == fingerprint
    assert not Replay.objects.exists()
    assert not ReplayItem.objects.exists()


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"reason": " "}, "has no reason"),
        ({"owner": ""}, "has no owner"),
        ({"rate_per_second": 0}, "0 is no rate"),
        ({"rate_per_second": float("nan")}, "no rate"),
        ({"steps": (1, 0)}, "are no steps"),
    ],
)
def test_a_replay_that_makes_no_sense_is_refused(post: Post, options: dict, why: str) -> None:
    break_letters(post, [1])
    with pytest.raises(ReplayRefused, match=why):
        replay_all(**options)
    assert not Replay.objects.exists()


@pytest.mark.parametrize("criteria", [{"keys": ("nonsense",)}, {"outcomes": frozenset({"lost"})}])
def test_a_selection_that_makes_no_sense_is_refused(criteria: dict) -> None:
    with pytest.raises(SelectionWrong):
        Selection(**criteria)


def test_a_replay_that_its_transaction_takes_back_never_was(post: Post) -> None:
    break_letters(post, [1])
    with transaction.atomic():
        replay_all()
        transaction.set_rollback(True)
    assert not ReplayItem.objects.exists()
    assert post.numbers(run=1) == []


def test_progress_counts_what_came_of_the_items(post: Post) -> None:
    break_letters(post, [1, 2, 3])
    post.trouble = {2: KeyError()}
    replay = replay_all(steps=(1, 1))
    shown = progress(Replay.objects.get(pk=replay.pk), timezone.now())
    assert (shown.all, dict(shown.by_state), shown.settled) == (3, {"done": 1, "dead": 1, "waiting": 1}, 2)
    assert (shown.step, shown.step_count) == (2, 3)
    assert shown.dead_by_fingerprint.total() == 1
    assert state_of(replay) == "stopped"
