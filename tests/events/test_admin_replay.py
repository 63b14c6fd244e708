"""Replay and discard from the admin: only for those who may, only by POST, with a reason, and it says what happened."""

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from events.models import Delivery, OutboxEntry, Replay
from tests.events.console import OPERATOR, WATCHER, client_of, declare_parcels, letters, send

pytestmark = pytest.mark.django_db(transaction=True)
LIST = "/admin/events/deadletter/"
CONFIRMED = {"_form_submitted": "True", "reason": "the shelf was mended"}
ACTIONS = ("replay", "discard")


@pytest.fixture
def fate() -> dict[str, str]:
    """What the troubled subscriber does; three parcels have already been rejected."""
    fate = {"says": "no"}
    parcel = declare_parcels(fate)
    send([parcel(parcel_id=number) for number in (1, 2, 3)])
    return fate


def dialog(pk: int, action: str = "replay") -> str:
    return reverse(f"admin:events_deadletter_{action}_one", args=[pk])


def tick(*pks: int, action: str = "replay") -> dict[str, Any]:
    return {"action": f"{action}_selected", "_selected_action": pks, "index": "0"}


def said(response: HttpResponse) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


def later_runs() -> int:
    return Delivery.objects.filter(run__gt=0).count() + OutboxEntry.objects.count() + Replay.objects.count()


def state_of(letter: Delivery, client: Client) -> str:
    rows = client.get(LIST).context["cl"].result_list
    (row,) = [row for row in rows if row.pk == letter.pk]
    return str(row.newest_outcome or ("under way" if row.is_under_way else "open"))


def test_an_operator_replays_one_from_its_page(fate: dict[str, str]) -> None:
    fate["says"] = "yes"
    letter, client = letters()[0], client_of(*OPERATOR)
    response = client.post(dialog(letter.pk), CONFIRMED, headers={"HX-Request": "true"})
    assert response.headers["HX-Redirect"] == reverse("admin:events_deadletter_change", args=[letter.pk])
    assert said(response) == ["1 delivery will run again."]
    assert Delivery.objects.get(event=letter.event, run=1).outcome == "done"
    assert Delivery.objects.get(pk=letter.pk).outcome == "dead"
    text = client.get(response.headers["HX-Redirect"]).content.decode()
    assert "run 1: done" in text
    assert "the shelf was mended" in text
    assert "asked for by staff-" in text
    assert dialog(letter.pk) not in text
    replay = Replay.objects.get()
    assert (replay.reason, replay.item_count) == ("the shelf was mended", 1)
    assert replay.owner.startswith("staff-")


def test_an_operator_discards_one_from_its_page(fate: dict[str, str]) -> None:
    fate["says"] = "yes"
    letter, client = letters()[0], client_of(*OPERATOR)
    response = client.post(dialog(letter.pk, "discard"), CONFIRMED, headers={"HX-Request": "true"})
    assert said(response) == ["1 delivery was discarded."]
    assert Delivery.objects.get(event=letter.event, subscriber="parcels.trouble", run=1).outcome == "discarded"
    assert state_of(letter, client) == "discarded"
    assert "the shelf was mended" in client.get(response.headers["HX-Redirect"]).content.decode()


@pytest.mark.parametrize("action", ACTIONS)
def test_without_scripts_the_answer_is_an_ordinary_redirect(action: str, fate: dict[str, str]) -> None:
    response = client_of(*OPERATOR).post(dialog(letters()[0].pk, action), CONFIRMED)
    assert response.status_code == 302


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("reason", ["", "  ", "x" * 1001])
def test_without_a_reason_nothing_happens(action: str, reason: str, fate: dict[str, str]) -> None:
    client, answer = client_of(*OPERATOR), CONFIRMED | {"reason": reason}
    assert client.post(dialog(letters()[0].pk, action), answer).status_code == 200
    response = client.post(LIST, tick(letters()[0].pk, action=action) | answer)
    assert response.status_code == 200
    assert b"errorlist" in response.content or b"text-red" in response.content
    assert not later_runs()


def test_several_are_asked_about_once_and_then_replayed_as_one_operation(fate: dict[str, str]) -> None:
    fate["says"] = "yes"
    first, second, third = letters()
    client = client_of(*OPERATOR)
    client.post(LIST, tick(first.pk) | CONFIRMED)
    question = client.post(LIST, tick(first.pk, second.pk, third.pk))
    text = question.content.decode()
    assert "Run these deliveries again?" in text
    assert all(f'name="_selected_action" value="{letter.pk}"' in text for letter in (first, second, third))
    assert Replay.objects.count() == 1
    response = client.post(LIST, tick(first.pk, second.pk, third.pk) | CONFIRMED)
    assert said(response)[-1] == "2 deliveries will run again; 1 replayed or discarded already."
    assert Delivery.objects.filter(run=1, outcome="done").count() == 3
    assert Replay.objects.order_by("pk").last().item_count == 2


def test_several_are_discarded_as_one_operation(fate: dict[str, str]) -> None:
    response = client_of(*OPERATOR).post(LIST, tick(*[one.pk for one in letters()], action="discard") | CONFIRMED)
    assert said(response) == ["3 deliveries were discarded."]
    assert Replay.objects.get().action == "discard"


def test_a_subscriber_that_no_longer_exists_is_said_to_be_the_reason(fate: dict[str, str]) -> None:
    Delivery.objects.filter(pk=letters()[0].pk).update(subscriber="parcels.gone")
    response = client_of(*OPERATOR).post(LIST, tick(letters()[0].pk) | CONFIRMED)
    assert said(response) == ["1 for a subscriber that this code does not have."]
    assert not later_runs()


@pytest.mark.parametrize("action", ACTIONS)
def test_a_get_shows_the_question_and_changes_nothing(action: str, fate: dict[str, str]) -> None:
    client = client_of(*OPERATOR)
    for _ in range(2):
        response = client.get(dialog(letters()[0].pk, action), CONFIRMED)
        assert response.status_code == 200
        assert "this delivery" in response.content.decode()
    client.get(LIST, tick(letters()[0].pk, action=action) | CONFIRMED)
    assert not later_runs()


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("rights", ["a watcher", "the other right"])
def test_who_has_no_right_to_it_sees_no_button_and_is_refused(action: str, rights: str, fate: dict[str, str]) -> None:
    others = [f"events.{one}_delivery" for one in ACTIONS if one != action]
    letter, client = letters()[0], client_of(*WATCHER, *(others if rights == "the other right" else ()))
    change = reverse("admin:events_deadletter_change", args=[letter.pk])
    assert dialog(letter.pk, action) not in client.get(change).content.decode()
    listed = client.get(LIST).content.decode()
    assert dialog(letter.pk, action) not in listed
    assert f"{action}_selected" not in listed
    assert client.get(dialog(letter.pk, action)).status_code == 403
    assert client.post(dialog(letter.pk, action), CONFIRMED).status_code == 403
    client.post(LIST, tick(letter.pk, action=action) | CONFIRMED)
    assert not later_runs()


@pytest.mark.parametrize("action", ACTIONS)
def test_the_right_to_do_it_alone_does_not_show_dead_letters(action: str, fate: dict[str, str]) -> None:
    client = client_of(f"events.{action}_delivery")
    assert client.get(LIST).status_code == 403
    assert client.post(dialog(letters()[0].pk, action), CONFIRMED).status_code == 403
    assert not later_runs()


@pytest.mark.parametrize("action", ACTIONS)
def test_a_post_without_the_csrf_token_is_refused(action: str, fate: dict[str, str]) -> None:
    client = client_of(*OPERATOR, csrf=True)
    assert client.post(dialog(letters()[0].pk, action), CONFIRMED).status_code == 403
    assert client.post(LIST, tick(letters()[0].pk, action=action) | CONFIRMED).status_code == 403
    assert not later_runs()


def test_visitors_are_sent_to_the_log_in(client: Client, fate: dict[str, str]) -> None:
    response = client.post(dialog(letters()[0].pk), CONFIRMED)
    assert response.status_code == 302
    assert response.headers["Location"].startswith("/admin/login/")
    assert not later_runs()


@pytest.mark.parametrize("action", ACTIONS)
def test_what_is_not_a_dead_letter_is_not_found(action: str, fate: dict[str, str]) -> None:
    done = Delivery.objects.filter(outcome="done").first()
    client = client_of(*OPERATOR)
    assert client.post(dialog(done.pk, action), CONFIRMED).status_code == 404
    assert client.post(f"/admin/events/deadletter/nonsense/{action}/", CONFIRMED).status_code == 404
    assert not later_runs()


def test_a_replay_that_fails_again_leaves_an_open_dead_letter_of_its_own(fate: dict[str, str]) -> None:
    client = client_of(*OPERATOR)
    client.post(LIST, tick(letters()[0].pk) | CONFIRMED)
    rows = client.get(LIST, {"state": "open"}).context["cl"].result_list
    assert [(row.run, row.event.stream) for row in rows] == [(1, "parcel-1"), (0, "parcel-3"), (0, "parcel-2")]


def test_a_letter_whose_replay_is_under_way_says_so_and_has_no_button(
    fate: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("events.transports.inline.Transport.in_process", False)
    first, second, _third = letters()
    client = client_of(*OPERATOR)
    client.post(dialog(first.pk), CONFIRMED)
    assert (state_of(first, client), state_of(second, client)) == ("under way", "open")
    text = client.get(reverse("admin:events_deadletter_change", args=[first.pk])).content.decode()
    assert "Replay under way" in text
    assert dialog(first.pk) not in text
    response = client.post(dialog(first.pk), CONFIRMED)
    assert said(response)[-1] == "1 being replayed."
