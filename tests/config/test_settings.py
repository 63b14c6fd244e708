"""Settings: safe by default, clear when something is missing, and what a lossless Celery needs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from config.celery import app

ROOT = Path(settings.BASE_DIR)
PRODUCTION = {
    "SECRET_KEY": "a-long-key-of-a-production-site-0123456789-abcdefghijklm",
    "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
    "ALLOWED_HOSTS": "shop.example.com",
}


def manage(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """`manage.py` with exactly this environment."""
    kept = {"PATH": os.environ["PATH"], "ENV_FILE": ""}
    argv = [sys.executable, "manage.py", *words]
    return subprocess.run(argv, cwd=ROOT, env=kept | environment, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("name", ["SECRET_KEY", "DATABASE_URL"])
def test_production_refuses_to_start_without_what_has_no_safe_default(name: str) -> None:
    done = manage("check", **{key: value for key, value in PRODUCTION.items() if key != name})
    assert done.returncode != 0
    message = done.stderr.strip().splitlines()[-1]
    assert f"{name} is not set" in message
    assert ".env.example" in message
    assert "make run" in message


def test_a_word_that_means_nothing_is_refused_at_the_start() -> None:
    done = manage("check", **PRODUCTION, PRODUCT_PARTS="backgroud")
    assert done.returncode != 0
    last = done.stderr.strip().splitlines()[-1]
    assert "PRODUCT_PARTS is 'backgroud', but must be one of: background, request." in last


def test_production_settings_pass_the_deployment_checks_without_a_warning() -> None:
    done = manage("check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert done.returncode == 0, done.stderr


def test_debug_is_off_unless_asked_for() -> None:
    code = "from django.conf import settings; print(settings.DEBUG, settings.SECURE_SSL_REDIRECT)"
    assert manage("shell", "--no-imports", "--command", code, **PRODUCTION).stdout.split() == ["False", "True"]


def test_settings_come_from_a_file_that_the_environment_overrides(tmp_path: Path) -> None:
    file = tmp_path / "settings.env"
    file.write_text("".join(f"{name}='{value}'\n" for name, value in PRODUCTION.items()) + "LOG_LEVEL='ERROR'\n")
    code = "from django.conf import settings; print(settings.ALLOWED_HOSTS[0], settings.LOG_LEVEL)"
    done = manage("shell", "--no-imports", "--command", code, ENV_FILE=str(file), LOG_LEVEL="DEBUG")
    assert done.stdout.split() == ["shop.example.com", "DEBUG"], done.stderr


def test_celery_loses_no_task_and_stores_failures_only() -> None:
    conf = app.conf
    assert conf.task_acks_late
    assert conf.task_retry_on_worker_lost
    assert conf.task_reject_on_worker_lost is not True
    assert conf.task_ignore_result
    assert conf.task_store_errors_even_if_ignored
    assert conf.accept_content == ["json"]


def test_celery_keeps_its_database_connections() -> None:
    assert app.conf.get("CELERY_DB_REUSE_MAX") == 100_000
    assert settings.DATABASES["default"]["CONN_HEALTH_CHECKS"]
    assert settings.DATABASES["default"]["CONN_MAX_AGE"] > 0


def test_celery_notices_a_broker_that_hangs_and_sweeps_often() -> None:
    options = app.conf.broker_transport_options
    assert 0 < options["socket_timeout"] <= 5
    assert 0 < options["socket_connect_timeout"] <= 3
    assert 0 < options["health_check_interval"] <= 5
    assert options["socket_keepalive"]
    assert options["unacked_restore_throttle"] == 1
    assert options["visibility_timeout"] > app.conf.task_time_limit


def test_no_request_runs_in_one_big_transaction() -> None:
    assert settings.DATABASES["default"]["ATOMIC_REQUESTS"] is False


def test_only_the_configuration_reads_the_environment() -> None:
    found = [path for folder in ("events", "shop", "tasks") for path in (ROOT / folder).rglob("*.py")]
    assert len(found) > 10
    assert [path.name for path in found if "environ" in path.read_text()] == []


def test_every_variable_of_the_example_file_is_read_somewhere() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    names = {line.lstrip("# ").split("=")[0] for line in lines if "=" in line}
    sources = [ROOT / "docker-compose.yml", *(ROOT / "config").glob("*.py")]
    text = "".join(path.read_text() for path in sources)
    assert "SECRET_KEY" in names
    assert [name for name in sorted(names) if name not in text and name.lower() not in text] == []
