"""Replay from the admin: only for those who may, only by POST, and it says what happened."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.messages import get_messages
from django.http import HttpResponse
from django.urls import reverse

from events.models import Delivery, OutboxEntry
from tests.events.console import OPERATOR, WATCHER, client_of, declare_parcels, letters, send

pytestmark = pytest.mark.django_db(transaction=True)
LIST = "/admin/events/deadletter/"
CONFIRMED = {"_form_submitted": "True"}


@pytest.fixture
def fate() -> dict[str, str]:
    """What the troubled subscriber does; three parcels have already been rejected."""
    fate = {"says": "no"}
    parcel = declare_parcels(fate)
    send([parcel(parcel_id=number) for number in (1, 2, 3)])
    return fate


def dialog(pk: int) -> str:
    return reverse("admin:events_deadletter_replay_one", args=[pk])


def tick(*pks: int) -> dict[str, Any]:
    return {"action": "replay_selected", "_selected_action": pks, "index": "0"}


def said(response: HttpResponse) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


def later_runs() -> int:
    return Delivery.objects.filter(run__gt=0).count() + OutboxEntry.objects.count()


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
    assert "replay asked for by" in text
    assert dialog(letter.pk) not in text
    assert LogEntry.objects.get().object_id == str(letter.pk)


def test_without_scripts_the_answer_is_an_ordinary_redirect(fate: dict[str, str]) -> None:
    response = client_of(*OPERATOR).post(dialog(letters()[0].pk), CONFIRMED)
    assert response.status_code == 302


def test_an_operator_replays_several_and_is_told_what_came_of_each(fate: dict[str, str]) -> None:
    fate["says"] = "yes"
    first, second, third = letters()
    client = client_of(*OPERATOR)
    client.post(LIST, tick(first.pk))
    response = client.post(LIST, tick(first.pk, second.pk, third.pk))
    assert said(response)[-1] == "2 deliveries will run again; 1 already replayed as run 1, which is done."
    assert Delivery.objects.filter(run=1, outcome="done").count() == 3


def test_a_subscriber_that_no_longer_exists_is_said_to_be_the_reason(fate: dict[str, str]) -> None:
    Delivery.objects.filter(pk=letters()[0].pk).update(subscriber="parcels.gone")
    response = client_of(*OPERATOR).post(LIST, tick(letters()[0].pk))
    assert said(response) == ["1 not replayed, because this code has no subscriber called parcels.gone."]
    assert not later_runs()


def test_a_get_shows_the_question_and_changes_nothing(fate: dict[str, str]) -> None:
    client = client_of(*OPERATOR)
    for _ in range(2):
        response = client.get(dialog(letters()[0].pk))
        assert response.status_code == 200
        assert "Run this delivery again?" in response.content.decode()
    assert not later_runs()
    assert not LogEntry.objects.exists()


def test_a_watcher_sees_no_button_and_is_refused(fate: dict[str, str]) -> None:
    letter, client = letters()[0], client_of(*WATCHER)
    change = reverse("admin:events_deadletter_change", args=[letter.pk])
    assert dialog(letter.pk) not in client.get(change).content.decode()
    listed = client.get(LIST).content.decode()
    assert dialog(letter.pk) not in listed
    assert "replay_selected" not in listed
    assert client.get(dialog(letter.pk)).status_code == 403
    assert client.post(dialog(letter.pk), CONFIRMED).status_code == 403
    client.post(LIST, tick(letter.pk))
    assert not later_runs()


def test_the_right_to_replay_alone_does_not_show_dead_letters(fate: dict[str, str]) -> None:
    client = client_of("events.replay_delivery")
    assert client.get(LIST).status_code == 403
    assert client.post(dialog(letters()[0].pk), CONFIRMED).status_code == 403
    assert not later_runs()


def test_a_post_without_the_csrf_token_is_refused(fate: dict[str, str]) -> None:
    client = client_of(*OPERATOR, csrf=True)
    assert client.post(dialog(letters()[0].pk), CONFIRMED).status_code == 403
    assert client.post(LIST, tick(letters()[0].pk)).status_code == 403
    assert not later_runs()


def test_visitors_are_sent_to_the_log_in(client, fate: dict[str, str]) -> None:
    response = client.post(dialog(letters()[0].pk), CONFIRMED)
    assert response.status_code == 302
    assert response.headers["Location"].startswith("/admin/login/")
    assert not later_runs()


def test_what_is_not_a_dead_letter_cannot_be_replayed(fate: dict[str, str]) -> None:
    done = Delivery.objects.filter(outcome="done").first()
    client = client_of(*OPERATOR)
    assert client.post(dialog(done.pk), CONFIRMED).status_code == 404
    assert client.post("/admin/events/deadletter/nonsense/replay/", CONFIRMED).status_code == 404
    assert not later_runs()


def test_a_replay_that_fails_again_leaves_an_open_dead_letter_of_its_own(fate: dict[str, str]) -> None:
    client = client_of(*OPERATOR)
    client.post(LIST, tick(letters()[0].pk))
    rows = client.get(LIST, {"state": "open"}).context["cl"].result_list
    assert [(row.run, row.event.stream) for row in rows] == [(1, "parcel-1"), (0, "parcel-3"), (0, "parcel-2")]
