"""Which ports must be free, and who sits on those that are not."""

import socket
from dataclasses import dataclass

import psutil

from config.child import wait_until
from config.options import Options


@dataclass(frozen=True)
class Port:
    """A port one of our processes will listen on, and the variable that moves it."""

    process: str
    variable: str
    number: int
    host: str = "127.0.0.1"
    kind: socket.SocketKind = socket.SOCK_STREAM

    def is_free(self) -> bool:
        """Whether it can be bound now; connections that are only waiting to be forgotten do not count."""
        with socket.socket(socket.AF_INET, self.kind) as probe:
            if self.kind == socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.host, self.number))
            except OSError:
                return False
            return True

    def complaint(self) -> str:
        """What to tell the user, with what to do."""
        return (
            f"Port {self.number}, which {self.process} needs, is taken{_taken_by(self.number)}. "
            f"Free it, or choose another: {self.variable}={self.number + 1} make run"
        )


def needed(options: Options) -> list[Port]:
    """The ports that this start will use."""
    ports = [
        Port("web", "WEB_PORT", options.web_port, options.web_host),
        Port("flower", "FLOWER_PORT", options.flower_port),
    ]
    if not options.database_url:
        ports.append(Port("postgres", "POSTGRES_PORT", options.postgres_port))
    if not options.redis_url:
        ports.append(Port("redis", "REDIS_PORT", options.redis_port))
    if not options.simulated_url:
        ports.append(Port("simulated", "SIMULATED_PORT", options.simulated_port))
    if not options.relay_wake_url:
        ports.append(Port("relay", "RELAY_WAKE_PORT", options.relay_wake_port, kind=socket.SOCK_DGRAM))
    return ports


def complaints(ports: list[Port], patience_seconds: float = 2) -> list[str]:
    """One sentence for each port that is busy, or that two processes were given.

    Waits a moment first: processes of a run that was killed a second ago may still be on their way out.
    """
    wait_until(lambda: all(port.is_free() for port in ports), patience_seconds)
    first: dict[tuple[int, socket.SocketKind], Port] = {}
    for port in ports:
        first.setdefault((port.number, port.kind), port)
    twice = [
        f"{port.variable} and {other.variable} are both {port.number}: give {port.process} a port of its own."
        for port in ports
        if (other := first[port.number, port.kind]) is not port
    ]
    return [port.complaint() for port in ports if not port.is_free()] + twice


def _taken_by(number: int) -> str:
    try:
        found = [c.pid for c in psutil.net_connections("inet") if c.pid and c.laddr and c.laddr.port == number]
        return f" by {psutil.Process(found[0]).name()} (process {found[0]})" if found else ""
    except psutil.Error:
        return ""
