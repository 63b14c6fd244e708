"""`manage.py events`: looking at the log."""

import json
import os
import signal
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from events.api import emit
from events.models import Event
from tests.events.parlour import Parlour, parlour
from tests.events.terminal import command
from tests.flows.processes import _environment as environment
from tests.flows.processes import wait_until

__all__ = ["parlour"]

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_newest_events_are_listed_the_last_one_at_the_end(parlour: Parlour) -> None:
    logged = parlour.boil(1, 2, 3)
    shown = command("list", "--json", "--limit", 4)
    assert shown.code == 0
    assert [event["name"] for event in shown.json["events"]] == ["kettle.boiled", "tea.poured"] * 2
    assert shown.json["more"]
    assert shown.json["events"][-2]["id"] == str(logged[2].id)
    assert shown.json["events"][-2]["payload"] == {"kettle_id": 3, "litres": "1.50", "cup": {"size": "large"}}
    text = command("list", "--limit", 1)
    assert f"{logged[2].position + 1}" in text.out
    assert "tea.poured v1" in text.out
    assert "newest 1" in text.err


@pytest.mark.parametrize(
    ("filters", "kettles"),
    [
        (["--name", "kettle.boiled"], [1, 2, 3]),
        (["--name", "kettle.boiled", "--name", "tea.poured", "--payload", "kettle_id=2"], [2, 2]),
        (["--stream", "kettle-3"], [3]),
        (["--payload", "kettle_id=2", "--payload", "cup.size=large"], [2]),
        (["--payload", 'litres="1.50"', "--since", "1h", "--until", "2100-01-01"], [1, 2, 3]),
    ],
)
def test_filters_choose_events(parlour: Parlour, filters: list[str], kettles: list[int]) -> None:
    parlour.boil(1, 2, 3)
    events = command("list", "--json", *filters).json["events"]
    assert [event["payload"]["kettle_id"] for event in events] == kettles


def test_a_period_is_found_in_the_middle_of_the_log(parlour: Parlour) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO events_event (id, stream, stream_version, name, version, payload, correlation_id, actor,"
            " traceparent, occurred_at) SELECT gen_random_uuid(), 'old-' || n, 1, 'old.thing', 1, '{}',"
            " gen_random_uuid(), '', '', now() - make_interval(hours => 100 - n) FROM generate_series(1, 100) n"
        )
    found = command("list", "--json", "--since", "50.5h", "--until", "47.5h")
    assert [event["stream"] for event in found.json["events"]] == ["old-50", "old-51", "old-52"]


@pytest.mark.parametrize("json_or_not", [["--json"], []])
def test_nothing_matched_is_an_ending_of_its_own(parlour: Parlour, json_or_not: list[str]) -> None:
    found = command("list", "--name", "kettle.boild", *json_or_not)
    assert found.code == 3
    assert "did you mean 'kettle.boiled'" in found.err
    assert found.out == "" or found.json == {"events": [], "more": False}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["lst"], "did you mean 'list'"),
        (["list", "--since", "yesterday"], "no instant; say 2025-03-01"),
        (["list", "--since", "2025-13-01"], "month must be in 1..12"),
        (["list", "--payload", "kettle_id"], "not PATH=VALUE"),
        (["list", "--limit", "0"], "no number from 1 on"),
        (["replay", "--rate", "nan", "--all"], "no number above 0"),
        (["replay", "--steps", "1,x", "--all"], "no number from 1 on"),
        (["tail", "--from", "somewhere"], "or a position; or beginning"),
        (["replay"], "Say which: ids, --group"),
        (["replay", "--all", "--stream", "kettle-1"], "Either --all, or a description"),
        (["replay", "--done"], "--done needs a description"),
        (["discard", "--all", "--yes"], "Say why"),
        (["pause", "maids.pour", "--yes"], "Say why"),
        (["pause", "maids.pur"], "did you mean 'maids.pour'"),
        (["replay", "nonsense"], "neither an event, by id or position, nor a delivery"),
    ],
)
def test_what_is_wrong_is_said_with_what_to_do(parlour: Parlour, arguments: list[str], message: str) -> None:
    ended = command(*arguments)
    assert ended.code != 0
    assert message in ended.err
    assert ended.out == ""


def test_an_event_is_shown_with_its_deliveries_and_what_belongs_to_it(parlour: Parlour) -> None:
    parlour.error = ValueError("too \x1b[31mhot")
    (boiled,) = parlour.boil(1)
    poured = Event.objects.get(name="tea.poured")
    shown = command("show", boiled.position)
    assert shown.code == 0
    assert f"id            {boiled.id}" in shown.out
    assert "actor         user:7" in shown.out
    assert '"size": "large"' in shown.out
    assert "maids.pour: done" in shown.out
    assert shown.out.index("kettle.boiled kettle-1 v1 at") < shown.out.index("  tea.poured tea-1 v1 at")
    dead = command("show", poured.id)
    assert "guests.drink: dead" in dead.out
    assert "ValueError: too \\u001b[31mhot" in dead.out
    assert f"caused by     {boiled.id}" in dead.out
    document = command("show", poured.id, "--json").json
    assert document["deliveries"][0]["attempts"][0]["message"] == "too \x1b[31mhot"
    assert [one["name"] for one in document["story"]] == ["kettle.boiled", "tea.poured"]


def test_one_delivery_is_shown_with_its_traceback(parlour: Parlour) -> None:
    parlour.error = ValueError("too hot")
    parlour.boil(1)
    key = f"{Event.objects.get(name='tea.poured').id}:guests.drink:0"
    shown = command("show", key)
    assert "Traceback (most recent call last)" in shown.out
    assert command("show", key, "--json").json["deliveries"][0]["key"] == key


def test_what_is_not_settled_says_what_it_waits_for(parlour: Parlour) -> None:
    with transaction.atomic():
        logged = emit(parlour.boiled(kettle_id=1))
        transaction.get_connection().run_on_commit.clear()
    assert "maids.pour: waiting in the outbox" in command("show", logged.id).out


@pytest.mark.parametrize("wrong", ["0", "99999999999999999999", "abc", "0199f5a4-6b1e-7c31-9d43-2f4f0a6c11e2", "a:b:c"])
def test_what_does_not_exist_is_not_shown(parlour: Parlour, wrong: str) -> None:
    assert command("show", wrong).code == 3


def test_tail_tells_what_comes_in_the_order_of_the_log_and_misses_nothing(parlour: Parlour) -> None:
    """One that commits late has its place before those that were emitted after it; nobody reads past it before."""
    emitted, finish = threading.Event(), threading.Event()
    parlour.boil(1)
    start = Event.objects.order_by("position").last()
    assert start is not None

    def emit_slowly() -> None:
        with transaction.atomic():
            emit(parlour.poured(kettle_id=50))
            emitted.set()
            finish.wait(30)
        connections.close_all()

    slow = threading.Thread(target=emit_slowly)
    slow.start()
    assert emitted.wait(30)
    parlour.boil(2)
    said: list[dict[str, object]] = []

    def follow() -> None:
        ended = command("tail", "--from", start.position, "--limit", 3, "--json")
        said.extend(json.loads(line) for line in ended.out.splitlines())
        connections.close_all()

    reader = threading.Thread(target=follow)
    reader.start()
    reader.join(1)
    assert reader.is_alive()
    finish.set()
    slow.join()
    reader.join(30)
    assert [event["name"] for event in said] == ["tea.poured", "kettle.boiled", "tea.poured"]
    assert said[0]["payload"] == {"kettle_id": 50}


def test_tail_can_begin_at_the_beginning_and_follow_deliveries(parlour: Parlour) -> None:
    parlour.boil(1, 2)
    texts = command("tail", "--from", "beginning", "--name", "tea.poured", "--limit", 2).out.splitlines()
    assert ["tea-1 v1" in texts[0], "tea-2 v1" in texts[1]] == [True, True]
    assert command("tail", "--from", "1h", "--limit", 4).out.count("kettle.boiled") == 2
    lines: list[str] = []

    def follow() -> None:
        lines.extend(command("tail", "--deliveries", "--subscriber", "guests.drink", "--limit", 2).out.splitlines())
        connections.close_all()

    reader = threading.Thread(target=follow)
    reader.start()
    number = 100
    while reader.is_alive():  # it tells only of what comes after it has begun
        parlour.boil(number := number + 1)
        reader.join(0.1)
    assert len(lines) == 2
    assert all("done" in line and "guests.drink" in line for line in lines)


def manage(*arguments: str, **options: object) -> subprocess.Popen[str]:
    """The command as a process of its own."""
    settings = environment() | {"DJANGO_SETTINGS_MODULE": "config.settings", "PYTHONWARNINGS": "error"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(
        [sys.executable, "manage.py", "events", *arguments], text=True, env=settings, **pipes | options
    )


def test_a_reader_that_has_seen_enough_is_no_error(parlour: Parlour) -> None:
    parlour.boil(1)
    with manage("list") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(60) == 0


def test_tail_ends_quietly_on_ctrl_c(parlour: Parlour, tmp_path: Path) -> None:
    parlour.boil(1)
    out = tmp_path / "out"
    with out.open("w") as file:
        process = manage("tail", "--from", "beginning", stdout=file)
    wait_until(lambda: "tea.poured" in out.read_text())
    os.kill(process.pid, signal.SIGINT)
    assert process.communicate(timeout=60)[1] == ""
    assert process.returncode == 0


def test_the_exit_code_of_the_process_is_how_the_command_ended(parlour: Parlour) -> None:
    parlour.boil(1)
    process = manage("list", "--name", "no.such")
    assert "Nothing matched" in process.communicate(timeout=60)[1]
    assert process.returncode == 3


def test_a_database_that_is_away_is_one_sentence() -> None:
    environ = environment() | {"DJANGO_SETTINGS_MODULE": "config.settings"}
    environ["DATABASE_URL"] = "postgres://nobody:x@127.0.0.1:1/none"
    process = subprocess.run(
        [sys.executable, "manage.py", "events", "list"], capture_output=True, text=True, env=environ, timeout=60
    )
    assert process.returncode == 2
    assert "The database refused" in process.stderr
    assert "Traceback" not in process.stderr


def test_instants_are_in_the_past_by_their_unit() -> None:
    from events.cli.arguments import moment

    now = timezone.now()
    assert abs(moment("2h") - (now - timedelta(hours=2))) < timedelta(seconds=30)
    assert moment("2025-03-01T10:15:00+02:00").isoformat() == "2025-03-01T10:15:00+02:00"
    assert moment("2025-03-01").isoformat() == "2025-03-01T00:00:00+00:00"
