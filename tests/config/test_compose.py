"""docker-compose.yml: the whole platform, watched, closed to the outside, and without a secret."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

from config import processes
from config.options import Options

ROOT = Path(settings.BASE_DIR)
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
LASTING = {"postgres", "redis", "simulated", "web", "relay", "worker", "beat", "flower"}
OURS = (LASTING - {"postgres", "redis"}) | {"migrate"}


def test_the_whole_platform_is_there() -> None:
    assert set(SERVICES) == LASTING | {"migrate"}


@pytest.mark.parametrize("name", sorted(LASTING))
def test_every_lasting_service_has_a_health_check(name: str) -> None:
    check = SERVICES[name]["healthcheck"]
    assert check["test"][0] in ("CMD", "CMD-SHELL")
    assert check["retries"]


@pytest.mark.parametrize("name", sorted(OURS))
def test_our_services_share_one_image_and_wait_for_what_they_need(name: str) -> None:
    service = SERVICES[name]
    assert service["image"] == "backroom"
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert "postgres" in service["depends_on"] or {"migrate", "redis"} <= set(service["depends_on"])


def test_ports_are_bound_to_the_loopback_interface() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert len(ports) == 3
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_secrets_come_from_outside_and_their_absence_is_explained() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    for name in ("SECRET_KEY", "POSTGRES_PASSWORD", "REDIS_PASSWORD", "FLOWER_PASSWORD"):
        assert f"${{{name}:?is not set - copy .env.example to .env" in text
        assert f"\n{name}=\n" in (ROOT / ".env.example").read_text()
    assert ".env\n" in (ROOT / ".gitignore").read_text()


def test_a_worker_runs_under_a_supervisor_and_has_time_to_stop() -> None:
    worker = SERVICES["worker"]
    assert worker["command"] == ["python", "-m", "config.worker"]
    supervised = processes.worker(Options())
    assert float(worker["stop_grace_period"].removesuffix("s")) > supervised.stop_seconds
    assert supervised.stop_seconds > Options.worker_drain_seconds
    assert Path(worker["environment"]["WORKER_STATUS_DIRECTORY"]).is_relative_to(worker["tmpfs"][0])


def test_the_broker_keeps_a_file_and_never_evicts() -> None:
    command = " ".join(SERVICES["redis"]["command"])
    assert "--appendonly yes" in command
    assert "--maxmemory-policy noeviction" in command


def test_the_image_runs_as_an_ordinary_user_and_from_the_hashed_lock() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    users = [line for line in lines if line.startswith("USER ")]
    assert users == ["USER backroom"]
    assert any("--require-hashes -r requirements.lock" in line for line in lines)


def test_no_secret_file_gets_into_the_image() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert ".*" in ignored
    assert [line for line in ignored if line.startswith("!") and ("env" in line or "data" in line)] == []
