"""Replays and subscriptions in the admin: what they show, and who may pause, resume and cancel them."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from events.models import Delivery, Replay, ReplayItem, Subscription
from events.replay import Selection, create_replay
from events.subscriptions import enroll
from tests.events.console import OPERATOR, WATCHER, client_of, declare_parcels, letters, send

pytestmark = pytest.mark.django_db(transaction=True)
CONFIRMED = {"_form_submitted": "True", "reason": "to think"}
REPLAY_ACTIONS = ("pause", "resume", "cancel")


@pytest.fixture
def replay(monkeypatch: pytest.MonkeyPatch) -> Replay:
    """Three parcels, sent again one a second, in steps of one; their subscriber still rejects them."""
    parcel = declare_parcels({"says": "no"})
    send([parcel(parcel_id=number) for number in (1, 2, 3)])
    monkeypatch.setattr("events.transports.inline.Transport.in_process", False)
    words = {"name": "once <b>more</b>", "reason": "it was mended", "owner": "somebody"}
    return create_replay(Selection(), **words, now=timezone.now(), rate_per_second=1, steps=(1,))


def button(replay: Replay, action: str) -> str:
    return reverse(f"admin:events_replay_{action}_it", args=[replay.pk])


def text_of(replay: Replay, client: Client) -> str:
    return client.get(reverse("admin:events_replay_change", args=[replay.pk])).content.decode()


def state_of(replay: Replay) -> str:
    return Replay.objects.get(pk=replay.pk).state


def test_a_replay_is_paused_resumed_and_cancelled_from_its_page(replay: Replay) -> None:
    client = client_of(*OPERATOR)
    for action, expected in (("pause", "paused"), ("resume", "running"), ("cancel", "cancelled")):
        assert button(replay, action) in text_of(replay, client)
        client.post(button(replay, action), CONFIRMED)
        assert state_of(replay) == expected
        assert button(replay, action) not in text_of(replay, client)
    assert "to think" in text_of(replay, client)
    assert set(ReplayItem.objects.values_list("state", flat=True)) == {"cancelled"}
    response = client.post(button(replay, "resume"), CONFIRMED, follow=True)
    assert "The replay is cancelled." in response.content.decode()


def test_its_page_tells_who_why_how_far_and_with_what_result(replay: Replay) -> None:
    text = text_of(replay, client_of(*WATCHER))
    for words in ("once &lt;b&gt;more&lt;/b&gt;", "it was mended", "somebody", "1 / 2", "outcomes"):
        assert words in text
    items = f"{reverse('admin:events_replayitem_changelist')}?replay__id__exact={replay.pk}"
    assert f"{items}&amp;state=waiting" in text
    listed = client_of(*WATCHER).get(f"{items}&state=waiting").context["cl"].result_list
    assert [item.state for item in listed] == ["waiting"] * 2
    other = client_of(*WATCHER).get(items.replace(f"={replay.pk}", f"={replay.pk + 1}")).context["cl"].result_list
    assert list(other) == []


def test_its_page_names_the_errors_of_what_died_again(replay: Replay) -> None:
    from events.relay import drain
    from events.replay import advance

    drain()
    advance(timezone.now())
    text = text_of(replay, client_of(*WATCHER))
    assert "Died again of" in text
    assert "?fingerprint=events.errors.Reject%20in%20tests%2Fevents%2Fconsole.py" in text


@pytest.mark.parametrize("action", REPLAY_ACTIONS)
def test_a_get_and_a_watcher_change_no_replay(action: str, replay: Replay) -> None:
    if action == "resume":
        Replay.objects.update(state="paused")
    before, watcher, operator = state_of(replay), client_of(*WATCHER), client_of(*OPERATOR)
    assert button(replay, action) not in text_of(replay, watcher)
    assert watcher.get(button(replay, action)).status_code == 403
    assert watcher.post(button(replay, action), CONFIRMED).status_code == 403
    assert operator.get(button(replay, action), CONFIRMED).status_code == 200
    assert client_of(*OPERATOR, csrf=True).post(button(replay, action), CONFIRMED).status_code == 403
    assert state_of(replay) == before


@pytest.fixture
def subscription() -> Subscription:
    """That of a subscriber that rejects."""
    declare_parcels({"says": "no"})
    enroll()
    return Subscription.objects.get(pk="parcels.trouble")


def switch(action: str) -> str:
    return reverse(f"admin:events_subscription_{action}_it", args=["parcels.trouble"])


def test_a_subscriber_is_paused_with_a_reason_and_resumed_in_the_admin(subscription: Subscription) -> None:
    client, page = client_of(*OPERATOR), reverse("admin:events_subscription_change", args=["parcels.trouble"])
    client.post(switch("pause"), {"_form_submitted": "True", "reason": ""})
    subscription.refresh_from_db()
    assert subscription.paused_at is None
    client.post(switch("pause"), CONFIRMED)
    subscription.refresh_from_db()
    assert subscription.paused_by.startswith("staff-")
    assert "to think" in client.get(page).content.decode()
    client.post(switch("resume"), CONFIRMED)
    subscription.refresh_from_db()
    assert subscription.paused_at is None
    assert "was not paused" in client.post(switch("resume"), CONFIRMED, follow=True).content.decode()


@pytest.mark.parametrize("action", ["pause", "resume"])
def test_a_get_and_a_watcher_change_no_subscription(action: str, subscription: Subscription) -> None:
    paused_at = timezone.now() if action == "resume" else None
    Subscription.objects.update(paused_at=paused_at)
    watcher = client_of(*WATCHER)
    page = reverse("admin:events_subscription_change", args=["parcels.trouble"])
    assert switch(action) not in watcher.get(page).content.decode()
    assert watcher.get(switch(action)).status_code == 403
    assert watcher.post(switch(action), CONFIRMED).status_code == 403
    assert client_of(*OPERATOR).get(switch(action), CONFIRMED).status_code == 200
    assert client_of(*OPERATOR, csrf=True).post(switch(action), CONFIRMED).status_code == 403
    subscription.refresh_from_db()
    assert subscription.paused_at == paused_at


def test_a_subscriber_that_this_code_does_not_have_is_said_to_be_gone(subscription: Subscription) -> None:
    Subscription.objects.filter(pk="parcels.count").update(subscriber="parcels.gone")
    text = client_of(*WATCHER).get(reverse("admin:events_subscription_changelist")).content.decode()
    assert "parcels.gone" in text
    assert "not in this code" in text


def test_a_discarded_delivery_tells_who_and_why_on_its_page(replay: Replay) -> None:
    client = client_of(*OPERATOR)
    client.post(button(replay, "cancel"), CONFIRMED)
    client.post(reverse("admin:events_deadletter_discard_one", args=[letters()[0].pk]), CONFIRMED)
    discarded = Delivery.objects.get(outcome="discarded")
    text = client.get(reverse("admin:events_delivery_change", args=[discarded.pk])).content.decode()
    assert "to think" in text
