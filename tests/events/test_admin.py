"""The pages of the log: they show everything, change nothing, and never read a whole table."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from events.admin.instants import first_number_since
from events.admin.rendering import payload_html, traceback_html
from events.api import Event
from events.models import Attempt, Delivery
from events.models import Event as LoggedRow
from tests.events.console import WATCHER, client_of, declare_parcels, fill_log, letters, send

pytestmark = pytest.mark.django_db(transaction=True)
MODELS = ("event", "delivery", "deadletter", "attempt", "outboxentry", "replay", "replayitem", "subscription")


@pytest.fixture
def parcel() -> type[Event]:
    """Parcels whose troubled subscriber rejects."""
    return declare_parcels({"says": "no"})


def page(model: str, *pk: object) -> str:
    return reverse(f"admin:events_{model}_change", args=pk) if pk else reverse(f"admin:events_{model}_changelist")


@pytest.mark.parametrize("model", MODELS)
def test_nobody_adds_changes_or_deletes_through_the_admin(model: str, parcel: type[Event], admin_client) -> None:
    send([parcel(parcel_id=1)])
    assert admin_client.get(page(model)).status_code == 200
    assert admin_client.get(reverse(f"admin:events_{model}_add")).status_code == 403
    row = {"event": LoggedRow, "delivery": Delivery, "attempt": Attempt}.get(model, Delivery).objects.first()
    if model in {"event", "delivery", "attempt"}:
        url = page(model, row.pk)
        assert admin_client.get(url).status_code == 200
        assert admin_client.post(url, {"subscriber": "other"}).status_code == 403
        assert admin_client.post(f"{url.removesuffix('change/')}delete/", {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("model", MODELS)
def test_staff_without_the_view_permission_see_nothing(model: str, parcel: type[Event]) -> None:
    send([parcel(parcel_id=1)])
    assert client_of().get(page(model)).status_code == 403


def test_an_event_page_shows_payload_neighbours_and_every_delivery(parcel: type[Event]) -> None:
    for note in ("one", "two"):
        send([parcel(parcel_id=7, note=note)])
    first, second = LoggedRow.objects.order_by("position")
    text = client_of(*WATCHER).get(page("event", second.position)).content.decode()
    assert "&quot;two&quot;" in text
    assert page("event", first.position) in text
    assert page("delivery", Delivery.objects.get(event=second, outcome="done").pk) in text
    assert page("deadletter", Delivery.objects.get(event=second, outcome="dead").pk) in text
    assert str(second.correlation_id) in text


def test_an_event_page_shows_subscribers_that_have_not_begun(parcel: type[Event]) -> None:
    send([parcel(parcel_id=7)])
    event = LoggedRow.objects.get()
    Delivery.objects.filter(subscriber="parcels.count").delete()
    text = client_of(*WATCHER).get(page("event", event.position)).content.decode()
    assert "parcels.count" in text
    assert "pending" in text


def test_a_dead_letter_page_shows_traceback_input_and_names(parcel: type[Event], settings) -> None:
    settings.FLOWER_URL = "http://flower.example/"
    send([parcel(parcel_id=7, note="fragile")])
    (letter,) = letters()
    text = client_of(*WATCHER).get(page("deadletter", letter.pk)).content.decode()
    task_id = f"{letter.event.id}:parcels.trouble:0"
    assert f"http://flower.example/task/{task_id}" in text
    assert "traceback-ours" in text
    assert "no room for &lt;b&gt;parcel 7&lt;/b&gt;" in text
    assert "<b>parcel 7</b>" not in text
    assert "fragile" in text


def test_the_sidebar_counts_dead_letters_and_shows_no_badge_for_none(parcel: type[Event], admin_client) -> None:
    badge = re.compile(r"<span[^>]*min-w-\[18px\][^>]*>\s*(.*?)\s*</span>")
    assert badge.findall(admin_client.get("/admin/").content.decode()) == []
    send([parcel(parcel_id=number) for number in (1, 2)])
    assert badge.findall(admin_client.get("/admin/").content.decode()) == ["2"]


def test_a_task_result_leads_to_its_delivery(parcel: type[Event], admin_client) -> None:
    send([parcel(parcel_id=7)])
    (letter,) = letters()
    from django_celery_results.models import TaskResult

    url = reverse("admin:django_celery_results_taskresult_change", args=[TaskResult.objects.get().pk])
    text = admin_client.get(url).content.decode()
    assert page("deadletter", letter.pk) in text
    assert "traceback-error" in text


@pytest.mark.parametrize("what", ["id", "correlation_id", "stream", "position"])
def test_search_finds_exactly_the_event_that_is_named(what: str, parcel: type[Event]) -> None:
    send([parcel(parcel_id=number) for number in (1, 11)])
    event = LoggedRow.objects.order_by("position").first()
    response = client_of(*WATCHER).get(page("event"), {"q": str(getattr(event, what))})
    assert [row.pk for row in response.context["cl"].result_list] == [event.position]


def test_a_delivery_is_found_by_the_task_id_that_flower_shows(parcel: type[Event]) -> None:
    send([parcel(parcel_id=number) for number in (1, 2)])
    (letter, _other) = letters()
    response = client_of(*WATCHER).get(page("delivery"), {"q": f"{letter.event.id}:parcels.trouble:0"})
    assert [row.pk for row in response.context["cl"].result_list] == [letter.pk]


@pytest.mark.parametrize("text", ["parcel-1'; --", "%", "\0", "9" * 40, "a:b:c", "١٢٣"])
def test_a_search_for_nonsense_finds_nothing_and_does_not_fail(text: str, parcel: type[Event]) -> None:
    send([parcel(parcel_id=1)])
    for model in MODELS[:4]:
        response = client_of(*WATCHER).get(page(model), {"q": text})
        assert response.status_code == 200
        assert text == "\0" or not response.context["cl"].result_list


def test_lists_filter_by_name_subscriber_outcome_state_and_time(parcel: type[Event]) -> None:
    send([parcel(parcel_id=number) for number in (1, 2)])
    client = client_of(*WATCHER)

    def found(model: str, **query: str) -> int:
        return len(client.get(page(model), query).context["cl"].result_list)

    assert found("event", name="parcel.sent") == 2
    assert found("event", name="parcel.lost") == 0
    assert found("event", when="1h") == 2
    assert found("delivery", outcome="dead") == 2
    assert found("delivery", subscriber="parcels.count") == 2
    assert found("deadletter", state="open") == 2
    assert found("deadletter", state="replayed") == 0
    assert found("deadletter", fingerprint=letters()[0].fingerprint) == 2
    assert found("deadletter", fingerprint="another error") == 0
    assert found("attempt", subscriber="parcels.trouble", when="15m") == 2


def test_an_address_cannot_ask_for_a_lookup_that_reads_the_whole_table(parcel: type[Event]) -> None:
    assert client_of(*WATCHER).get(page("event"), {"payload__icontains": "x"}).status_code == 400


def test_a_page_in_arabic_runs_from_right_to_left(parcel: type[Event], admin_client) -> None:
    send([parcel(parcel_id=1)])
    text = admin_client.get(page("deadletter", letters()[0].pk), headers={"accept-language": "ar"}).content.decode()
    assert 'dir="rtl"' in text
    assert "المحاولات المخفقة" in text


@pytest.fixture
def long_log() -> None:
    """Events and deliveries as from a long life."""
    fill_log(40_000)


@pytest.mark.parametrize(
    ("model", "query"),
    [
        ("event", {}),
        ("event", {"q": "old-77"}),
        ("event", {"q": "0199a1fd-0000-7000-8000-000000000000"}),
        ("event", {"when": "15m"}),
        ("delivery", {}),
        ("delivery", {"q": "old-77"}),
        ("delivery", {"outcome": "dead"}),
        ("deadletter", {}),
        ("deadletter", {"state": "open"}),
        ("deadletter", {"fingerprint": "old trouble"}),
    ],
)
def test_a_list_neither_counts_nor_reads_a_whole_table(
    model: str, query: dict[str, str], long_log: None, admin_client
) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert admin_client.get(page(model), query).status_code == 200
    for captured in queries:
        if "events_event" not in captured["sql"] and "events_delivery" not in captured["sql"]:
            continue
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN " + captured["sql"])
            plan = "\n".join(line for (line,) in cursor.fetchall())
        assert "Seq Scan on events_event" not in plan, plan
        assert "Seq Scan on events_delivery" not in plan, plan
        assert "COUNT(*) AS" not in captured["sql"]


def test_the_row_of_an_instant_is_found_by_halves(long_log: None) -> None:
    rows = LoggedRow.objects.order_by("position").values_list("position", "occurred_at")
    middle_number, middle_at = rows[20_000]
    with CaptureQueriesContext(connection) as queries:
        first = first_number_since(LoggedRow, "occurred_at", middle_at)
    assert middle_number - 301 <= first <= middle_number
    assert len(queries) < 25


def test_a_payload_is_shown_exactly_and_harmlessly() -> None:
    html = payload_html({"a": '<script>"x"</script>', "n": 12345678901234567890, "t": "مرحبا", "w": None})
    assert "<script>" not in html
    assert "12345678901234567890" in html
    assert "مرحبا" in html
    assert 'class="json-word">null' in html


def test_a_traceback_tells_our_frames_from_those_of_libraries(settings) -> None:
    text = (
        "Traceback (most recent call last):\n"
        f'  File "{settings.BASE_DIR}/tasks/receipts.py", line 3, in send\n    post(<mail>)\n    ^^^^^^^^^^^^\n'
        f'  File "{settings.BASE_DIR}/.venv/lib/python3.11/site-packages/httpx/client.py", line 9, in post\n'
        "    raise X\n"
        "httpx.ConnectError: refused"
    )
    html = traceback_html(text)
    assert html.count('<span class="traceback-ours">') == 2
    assert html.count('<span class="traceback-theirs">') == 2
    assert "post(&lt;mail&gt;)" in html
    assert "&quot;httpx/client.py&quot;" in html
    assert "^^^" not in html
