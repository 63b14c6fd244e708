"""The page that tells how much happened: what was counted, as far back as somebody asks, for those who may look."""

from datetime import UTC, datetime, timedelta
from html import unescape
from itertools import pairwise

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from events.admin import flow as page
from events.flow import count_flow
from events.models import Delivery, EventMinute
from tests.events.console import client_of, fill_log

pytestmark = pytest.mark.django_db(transaction=True)
WATCHER = ("events.view_flowcount",)
PAGE, FIGURES = "admin:events_flowcount_changelist", "admin:events_flowcount_figures"


def text_of(client: Client, name: str, query: str = "", language: str = "en") -> str:
    answer = client.get(f"{reverse(name)}{query}", headers={"accept-language": language})
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def test_the_page_tells_what_happened_in_the_period_that_was_asked_for() -> None:
    fill_log(7_200)  # two hours
    for _ in range(2):
        count_flow(timezone.now())
    watcher, dead = client_of(*WATCHER), Delivery.objects.filter(outcome="dead").count()
    for name in (PAGE, FIGURES):
        hour, day = text_of(watcher, name), text_of(watcher, name, "?period=day")
        assert "<td>7,200</td>" in day
        assert f"<td>{7_200 - dead:,}</td><td>{dead}</td>" in day
        assert "<td>7,200</td>" not in hour
        assert (hour.count("<li title"), day.count("<li title")) == (61, 49)
        assert 'class="dead"' in day
    assert "old.thing" in text_of(watcher, PAGE, "?period=nonsense", "ar")


def test_nothing_is_said_of_a_log_in_which_nothing_happened() -> None:
    for period in page.PERIODS:
        assert "Nothing happened." in text_of(client_of(*WATCHER), PAGE, f"?period={period}")


def test_only_who_may_look_at_it_sees_the_page() -> None:
    for name in (PAGE, FIGURES):
        assert client_of().get(reverse(name)).status_code == 403
        assert Client().get(reverse(name)).status_code == 302


def test_bars_stand_where_their_stretch_of_time_divides_the_day_and_none_is_left_out() -> None:
    now = datetime(2026, 3, 2, 10, 17, tzinfo=UTC)
    for minute, count in ((now - timedelta(hours=23), 4), (now - timedelta(minutes=1), 8)):
        EventMinute.objects.create(minute=minute, name="old.thing", count=count)
    bars = page._figures(page.PERIODS["day"], now)["bars"]
    assert [(one["at"].isoformat(), one["count"], one["height"]) for one in bars if one["count"]] == [
        ("2026-03-01T11:00:00+00:00", 4, 50),
        ("2026-03-02T10:00:00+00:00", 8, 100),
    ]
    assert {later["at"] - one["at"] for one, later in pairwise(bars)} == {timedelta(minutes=30)}
