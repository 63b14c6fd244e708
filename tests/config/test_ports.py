"""Busy ports are reported before anything starts: whose port it is, who has it, and which variable moves it."""

import os
import socket
from collections.abc import Iterator
from dataclasses import replace

import pytest

from config import ports
from config.options import Options
from tests.servers import free_port


@pytest.fixture
def options() -> Options:
    found: set[int] = set()
    names = ("web_port", "flower_port", "postgres_port", "redis_port", "simulated_port", "relay_wake_port")
    while len(found) < len(names):
        found.add(free_port())
    return Options(**dict(zip(names, found, strict=True)))


@pytest.fixture
def busy_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_free_ports_are_no_complaint(options: Options) -> None:
    assert ports.complaints(ports.needed(options), patience_seconds=0) == []


@pytest.mark.parametrize(
    ("process", "field"),
    [
        ("web", "web_port"),
        ("flower", "flower_port"),
        ("postgres", "postgres_port"),
        ("redis", "redis_port"),
        ("simulated", "simulated_port"),
    ],
)
def test_a_busy_port_is_named_with_its_process_its_owner_and_its_variable(
    options: Options, busy_port: int, process: str, field: str
) -> None:
    (complaint,) = ports.complaints(ports.needed(replace(options, **{field: busy_port})), patience_seconds=0)
    assert f"Port {busy_port}, which {process} needs, is taken by " in complaint
    assert f"(process {os.getpid()})" in complaint
    assert f"{field.upper()}={busy_port + 1} make run" in complaint


def test_the_relays_port_is_a_datagram_port(options: Options) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", options.relay_wake_port))
        (complaint,) = ports.complaints(ports.needed(options), patience_seconds=0)
    assert "RELAY_WAKE_PORT=" in complaint


def test_all_busy_ports_are_reported_at_once(options: Options, busy_port: int) -> None:
    both = replace(options, web_port=busy_port, flower_port=busy_port)
    found = " ".join(ports.complaints(ports.needed(both), patience_seconds=0))
    assert "WEB_PORT=" in found
    assert "FLOWER_PORT=" in found
    assert "WEB_PORT and FLOWER_PORT" not in found
    assert "FLOWER_PORT and WEB_PORT are both" in found


def test_servers_of_the_user_need_no_port_here(options: Options) -> None:
    own = replace(options, database_url="postgres://db/x", redis_url="redis://cache/0", relay_wake_url="udp://relay:1")
    assert {port.process for port in ports.needed(own)} == {"web", "flower", "simulated"}
    assert {port.process for port in ports.needed(replace(own, simulated_url="http://simulated:1"))} == {
        "web",
        "flower",
    }
