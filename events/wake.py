"""The wake-up: a datagram from whoever committed to the relay.

It travels outside the transaction and costs a few microseconds. NOTIFY would cost a commit of its own and a
database-wide lock. A datagram may get lost: the relay polls as well.
"""

import socket
import time
from contextlib import suppress
from functools import lru_cache
from urllib.parse import urlsplit

from events.conf import events_settings
from events.errors import SettingsError

Address = tuple[str, int]

#: How long a resolved host name is believed: a relay may come back under another address.
_RESOLVED_SECONDS = 30


def wake_address() -> Address | None:
    """Where the relay listens, or None when it only polls. Raises SettingsError."""
    url = events_settings().relay_wake_url
    if not url:
        return None
    parts = urlsplit(url)
    if parts.scheme != "udp" or not parts.hostname or parts.port is None:
        raise SettingsError(why=f"'relay_wake_url' is {url!r}, but should look like 'udp://127.0.0.1:5601' or be empty")
    return parts.hostname, parts.port


def poke() -> None:
    """Wake the relay. Never fails and never waits: a relay that is not there finds the outbox when it starts."""
    address = wake_address()
    if address:
        with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.setblocking(False)
            sender.sendto(b"\0", _resolved(address, int(time.monotonic() / _RESOLVED_SECONDS)))


@lru_cache(maxsize=4)
def _resolved(address: Address, period: int) -> Address:
    return socket.gethostbyname(address[0]), address[1]


class Alarm:
    """The relay's end: waits for a wake-up. Several relays of one machine share the port."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self._socket.bind(wake_address() or ("127.0.0.1", 0))

    def wait(self, seconds: float) -> None:
        """Wait for a wake-up, at most this long; then forget those that came in meanwhile."""
        self._socket.settimeout(seconds)
        with suppress(TimeoutError):
            self._socket.recv(1)
            self._socket.setblocking(False)
            with suppress(BlockingIOError):
                while True:
                    self._socket.recv(1)

    def ring(self) -> None:
        """End the wait from within, as from a signal handler."""
        self._socket.sendto(b"\0", self._socket.getsockname())

    def close(self) -> None:
        """Give the port back."""
        self._socket.close()
