"""The doctor finds what is wrong, says with which value, and what to do; whatever is down, it never falls over."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings
from redis import Redis

from events import catalogue, doctor
from events.api import Event, subscriber
from events.doctor import Finding, Level, database, examine
from events.models import Delivery
from events.subscribers import DeliveryKey
from events.transports import Message, current_transport
from tests.events.parlour import Parlour, parlour
from tests.events.surgery import found, in_a_process, only_subscribers_of_the_test, the_finding
from tests.events.terminal import command
from tests.flows.conftest import broker
from tests.flows.processes import relay, wait_until, worker

__all__ = ["broker", "only_subscribers_of_the_test", "parlour"]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def config(broker: Redis) -> Iterator[Redis]:
    """Redis, whose configuration is put back."""
    before = broker.config_get("maxmemory*") | broker.config_get("appendonly")
    yield broker
    for name, value in before.items():
        broker.config_set(name, value)


def test_where_all_is_well_the_doctor_says_so(broker: Redis, tmp_path: Path) -> None:
    with relay(tmp_path / "relay.log"), worker(tmp_path / "worker.log"):
        wait_until(lambda: the_finding("relay is in charge")[0] == "FINE")
        code, checks = in_a_process(DJANGO_SETTINGS_MODULE="tests.flows.settings")
    assert [finding for findings in checks.values() for finding in findings if finding["level"] != "fine"] == []
    assert code == 0
    assert checks.keys() >= {"workers consume", "relay is in charge", "dead letters", "redis forgets nothing"}


def test_the_worst_finding_is_the_exit_code(broker: Redis) -> None:
    ended = command("doctor", "--quiet")
    assert ended.code == 2
    assert "BROKEN   No relay runs" in ended.out
    assert "→ Start `manage.py relay`." in ended.out
    assert "fine" not in ended.out


def test_without_a_broker_of_its_own_none_is_examined(transactional_db: None) -> None:
    assert not any(one.check in {"broker answers", "workers consume"} for one in examine())


def test_a_database_that_is_down_is_one_finding_and_the_rest_is_still_examined() -> None:
    code, checks = in_a_process(DATABASE_URL="postgres://nobody:x@127.0.0.1:1/none")
    assert code == 2
    assert "does not answer" in checks["database answers"][0]["says"]
    assert "migrations are applied" not in checks
    assert checks["broker answers"][0]["level"] == "fine"


def test_a_broker_that_is_down_is_one_finding() -> None:
    code, checks = in_a_process(REDIS_URL="redis://:secret@127.0.0.1:1/0")
    assert code == 2
    assert "does not answer at redis://:**@127.0.0.1:1/0" in checks["broker answers"][0]["says"]
    assert "workers consume" not in checks
    assert checks["database answers"][0]["level"] == "fine"


def test_settings_that_cannot_be_read_are_a_finding(settings: Settings) -> None:
    settings.EVENTS = {"transprot": "celery"}
    level, says = the_finding("declarations are sound")
    assert level == "BROKEN"
    assert "events.E001" in says
    assert "did you mean 'transport'" in says


def test_a_check_that_takes_too_long_or_fails_is_itself_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_ANSWER_SECONDS", 0.1)

    def patience() -> Iterator[Finding]:
        database.rows("SELECT pg_sleep(30)")
        yield from ()

    slow = doctor._run(patience, database.briefly())
    assert "could not be looked at: QueryCanceled" in slow.findings[0].says.replace("OperationalError", "QueryCanceled")
    assert slow.findings[0].level == Level.BROKEN
    assert the_finding("migrations are applied")[0] == "FINE"  # and the connection is as good as before


def test_a_migration_that_is_not_applied_is_named() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(name) FROM django_migrations WHERE app = 'events'")
        (newest,) = cursor.fetchone()
        cursor.execute("UPDATE django_migrations SET name = 'zzz' || name WHERE app = 'events' AND name = %s", [newest])
        try:
            level, says = the_finding("migrations are applied")
        finally:
            cursor.execute("UPDATE django_migrations SET name = substr(name, 4) WHERE name LIKE 'zzz%'")
    assert (level, f"events.{newest}" in says) == ("BROKEN", True)


def test_a_redis_that_throws_messages_away_is_broken(config: Redis) -> None:
    config.config_set("maxmemory-policy", "allkeys-lru")
    level, says = the_finding("redis forgets nothing")
    assert level == "BROKEN"
    assert "'allkeys-lru'" in says
    assert "noeviction" in says


def test_a_redis_that_is_nearly_full_or_writes_nothing_down_is_a_warning(config: Redis) -> None:
    config.config_set("maxmemory", config.info("memory")["used_memory"])
    config.config_set("appendonly", "no")
    assert [finding.level for finding in found("redis forgets nothing")] == [Level.WARNING]
    assert "no append-only file" in the_finding("redis writes to disk")[1]


@pytest.mark.parametrize(("skew_seconds", "level"), [(0.5, "FINE"), (-0.5, "FINE"), (5, "WARNING"), (-7200, "BROKEN")])
def test_clocks_that_differ_are_said_by_how_much(skew_seconds: float, level: str) -> None:
    (finding,) = database.compared("Redis", skew_seconds)
    assert finding.level.name == level
    if skew_seconds == -7200:
        assert "2.0 h behind" in finding.says


def test_clocks_of_the_servers_agree_here(broker: Redis) -> None:
    assert the_finding("database clock")[0] == the_finding("redis clock")[0] == "FINE"


def test_a_worker_whose_clock_is_wrong_is_found_by_what_it_wrote(parlour: Parlour) -> None:
    parlour.boil(*range(10))
    assert the_finding("worker clocks")[0] == "FINE"
    now = timezone.now()
    Delivery.objects.filter(subscriber="maids.pour").update(worker="fast@a", started_at=now + timedelta(hours=2))
    Delivery.objects.filter(subscriber="guests.drink").update(worker="slow@b", started_at=now - timedelta(hours=3))
    fast, slow = found("worker clocks")
    assert (fast.level, slow.level) == (Level.BROKEN, Level.BROKEN)
    assert "fast@a is 2.0 h ahead" in fast.says
    assert "slow@b did took less than 3.0 h" in slow.says


def test_messages_that_wait_for_a_worker_that_is_not_there_are_broken(broker: Redis, parlour: Parlour) -> None:
    assert the_finding("workers consume") == ("WARNING", the_finding("workers consume")[1])
    (logged,) = parlour.boil(1)
    key = DeliveryKey(logged.id, "maids.pour")
    message = Message(catalogue.subscriber("maids.pour"), key, json.dumps(logged.to_message()), "a kettle")
    current_transport().publish([message])
    level, says = the_finding("workers consume")
    assert level == "BROKEN"
    assert "messages wait" in says


def test_a_queue_that_no_worker_takes_from_is_named(broker: Redis, parlour: Parlour, tmp_path: Path) -> None:
    @subscriber(parlour.poured, name="bells.ring", queue="bells")
    def ring(event: Event) -> None:
        pass

    with worker(tmp_path / "worker.log", "-Q", "default"):
        findings = found("workers consume")
    assert [finding.level for finding in findings] == [Level.FINE, Level.WARNING]
    assert "'bells' (bells.ring)" in findings[1].says
    assert "-Q bells" in findings[1].advice


def test_a_subscriber_with_the_name_of_another_task_is_broken(broker: Redis, parlour: Parlour) -> None:
    @subscriber(parlour.poured, name="celery.backend_cleanup")
    def clean(event: Event) -> None:
        pass

    assert "celery.backend_cleanup has the name of a Celery task" in the_finding("task names are clear")[1]


def test_a_relay_is_known_by_the_lock_of_its_duties(broker: Redis, tmp_path: Path) -> None:
    assert the_finding("relay is in charge")[0] == "BROKEN"
    with relay(tmp_path / "relay.log"):
        wait_until(lambda: the_finding("relay is in charge")[0] == "FINE")
