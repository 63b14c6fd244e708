"""`manage.py events dead | replay | discard | replays`: what ended badly, and what is done about it."""

import pytest
from django.utils import timezone

from events import subscriptions
from events.models import Delivery, Event, OutboxEntry, Outcome, Replay
from events.replay import advance
from events.testing import Rehearsal
from tests.events.parlour import Parlour, parlour
from tests.events.terminal import command

__all__ = ["parlour"]

pytestmark = pytest.mark.django_db(transaction=True)

HOT, COLD = "ValueError in tests/events/parlour.py:", "KeyError in tests/events/parlour.py:"


@pytest.fixture
def dead(parlour: Parlour) -> Parlour:
    """Three died of heat, and one of something else."""
    parlour.error = ValueError("too hot")
    parlour.boil(1, 2, 3)
    parlour.error = KeyError("sugar")
    parlour.boil(4)
    parlour.error = None
    return parlour


def test_dead_letters_are_grouped_by_their_error(dead: Parlour) -> None:
    groups = command("dead", "--json").json["groups"]
    assert [(group["count"], group["fingerprint"].split(":")[0]) for group in groups] == [
        (3, "ValueError in tests/events/parlour.py"),
        (1, "KeyError in tests/events/parlour.py"),
    ]
    assert groups[0]["subscribers"] == ["guests.drink"]
    assert groups[0]["first_died_at"] < groups[0]["last_died_at"]
    text = command("dead")
    assert text.code == 0
    assert "guests.drink" in text.out
    assert command("dead", "--stream", "tea-4", "--json").json["groups"][0]["count"] == 1


def test_a_part_of_a_groups_name_is_enough_to_list_its_letters(dead: Parlour) -> None:
    letters = command("dead", "--group", "keyerror", "--json").json["letters"]
    assert [letter["stream"] for letter in letters] == ["tea-4"]
    assert letters[0]["message"] == "'sugar'"
    assert letters[0]["key"].endswith(":guests.drink:0")
    assert "too hot" in command("dead", "--letters", "--stream", "tea-1").out
    unclear = command("dead", "--group", "parlour.py")
    assert unclear.code == 2
    assert "a part of several groups" in unclear.err
    assert HOT in unclear.err
    assert COLD in unclear.err


def test_without_dead_letters_nothing_matched(parlour: Parlour) -> None:
    assert command("dead").code == 3
    assert "did you mean 'guests.drink'" in command("dead", "--subscriber", "guests.drnk").err
    assert command("dead", "--group", "100%", "--json").json == {"letters": []}


def test_a_dry_run_of_a_replay_says_what_would_happen_and_does_nothing(dead: Parlour) -> None:
    ended = command("replay", "--all")
    assert ended.code == 0
    assert "Would replay 4 deliveries" in ended.out
    assert HOT in ended.out
    assert "Nothing was done" in ended.err
    document = command("replay", "--group", "ValueError", "--json").json
    assert (document["dry_run"], document["count"], len(document["examples"])) == (True, 3, 3)
    assert document["by_subscriber"] == {"guests.drink": 3}
    assert not Replay.objects.exists()
    assert not OutboxEntry.objects.exists()
    assert dead.drunk == []


def test_a_replay_runs_what_was_chosen_and_waits_for_its_results(dead: Parlour) -> None:
    ended = command("replay", "--group", "ValueError", "--yes", "--reason", "it cooled", "--name", "cooling", "--json")
    assert ended.code == 0
    assert (ended.json["state"], ended.json["by_state"]) == ("finished", {"done": 3})
    assert ended.json["owner"].startswith("cli:")
    assert (ended.json["reason"], ended.json["name"]) == ("it cooled", "cooling")
    assert sorted(dead.drunk) == [1, 2, 3]
    assert [letter["stream"] for letter in command("dead", "--letters", "--json").json["letters"]] == ["tea-4"]


def test_single_letters_are_replayed_by_key_event_or_position(dead: Parlour) -> None:
    first, second, third, _ = Event.objects.filter(name="tea.poured").order_by("position")
    ids = [f"{first.id}:guests.drink:0", second.id, third.position]
    ended = command("replay", *ids, "--yes", "--reason", "one by one")
    assert ended.code == 0
    assert sorted(dead.drunk) == [1, 2, 3]
    again = command("replay", *ids[1:], "--yes", "--reason", "one by one")
    assert again.code == 3
    assert sorted(dead.drunk) == [1, 2, 3]


def test_an_event_without_dead_letters_never_stands_for_all_of_them(dead: Parlour) -> None:
    boiled = Event.objects.filter(name="kettle.boiled").first()
    assert boiled is not None
    for flags in ([], ["--yes", "--reason", "why"]):
        assert command("replay", boiled.id, *flags).code == 3
    assert dead.drunk == []


def test_done_deliveries_run_again_only_when_asked_explicitly(dead: Parlour) -> None:
    dead.boil(5)
    assert command("replay", "--stream", "tea-5").code == 3
    assert command("replay", "--stream", "tea-5", "--done", "--yes", "--reason", "once more").code == 0
    assert dead.drunk == [5, 5]


def test_a_replay_with_deaths_ends_with_a_warning(dead: Parlour) -> None:
    dead.error = ValueError("still too hot")
    ended = command("replay", "--group", "ValueError", "--yes", "--reason", "hope")
    assert ended.code == 1
    assert "3 dead" in ended.out


def test_a_replay_that_a_new_error_stops_can_be_steered(dead: Parlour, events: Rehearsal) -> None:
    """With the transport in the test's hands, nothing moves by itself."""
    ended = command("replay", "--all", "--steps", "1,2", "--yes", "--reason", "step by step", "--detach")
    assert ended.code == 0
    assert "running: 0 of 4 settled" in ended.out
    number = Replay.objects.get().pk
    dead.error = RuntimeError("no cups")
    events.deliver("guests.drink")
    advance(timezone.now())
    stopped = command("replays", "show", number)
    assert stopped.code == 1
    assert "stopped (new error: RuntimeError" in stopped.out
    assert [one["state"] for one in command("replays", "list", "--open", "--json").json["replays"]] == ["stopped"]
    assert "stopped" in command("replays", "list").out

    pretended = command("replays", "resume", number)
    assert "Would be running" in pretended.out
    assert Replay.objects.get().state == Replay.State.STOPPED
    assert command("replays", "resume", number, "--yes").code == 0
    assert command("replays", "pause", number, "--yes", "--reason", "lunch").code == 0
    assert "lunch" in Replay.objects.get().state_reason
    assert command("replays", "cancel", number, "--yes", "--json").json["state"] == "cancelled"
    refused = command("replays", "resume", number, "--yes")
    assert refused.code == 2
    assert "cancelled" in refused.err


def test_replays_that_do_not_exist_are_not_found(parlour: Parlour) -> None:
    assert command("replays", "list").code == 3
    assert command("replays", "show", 7).code == 3


def test_discarding_needs_a_reason_and_keeps_the_rows(dead: Parlour) -> None:
    assert "Would discard 1 deliveries" in command("discard", "--group", "KeyError").out
    assert command("discard", "--group", "KeyError", "--yes", "--reason", "nobody takes sugar").code == 0
    assert Delivery.objects.get(outcome=Outcome.DISCARDED).event.stream == "tea-4"
    assert Delivery.objects.filter(outcome=Outcome.DEAD).count() == 4
    assert Replay.objects.get().reason == "nobody takes sugar"
    assert command("dead", "--group", "KeyError").code == 3
    assert dead.drunk == []


def test_letters_of_a_subscriber_that_is_no_more_are_named_when_left_out(dead: Parlour) -> None:
    Delivery.objects.filter(outcome=Outcome.DEAD).update(subscriber="guests.gone")
    ended = command("replay", "--subscriber", "guests.gone")
    assert ended.code == 3
    assert "4 for a subscriber that this code does not have" in ended.err
    assert command("discard", "--subscriber", "guests.gone", "--yes", "--reason", "gone").code == 0


def test_what_is_paused_says_so(dead: Parlour) -> None:
    subscriptions.pause("guests.drink", by="test", reason="tea time is over")
    assert "paused by test: tea time is over" in command("subscriptions").out
