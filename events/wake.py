"""The wake-up: a datagram from whoever committed to the relay.

It travels outside the transaction and costs a few microseconds. NOTIFY would cost a commit of its own and a
database-wide lock. A datagram may get lost: the relay polls as well.
"""

import logging
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
#: A port that nobody was told of.
_SILENT = ("127.0.0.1", 0)

logger = logging.getLogger(__name__)


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
    """Wake the relay. Never fails: a relay that is not there finds the outbox when it starts."""
    address = wake_address()
    resolved = address and _resolved(address, int(time.monotonic() / _RESOLVED_SECONDS))
    if resolved:
        with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.setblocking(False)
            sender.sendto(b"\0", resolved)


@lru_cache(maxsize=4)
def _resolved(address: Address, period: int) -> Address | None:
    """Asked once in a period, also when nobody knows the name: a request must not wait for that again and again."""
    try:
        return socket.gethostbyname(address[0]), address[1]
    except OSError:
        return None


def _own_address() -> Address:
    """Where to listen. The name in the setting is how others reach a relay; on several machines each has its own."""
    host, port = wake_address() or _SILENT
    return (host if host in {"127.0.0.1", "localhost"} else "0.0.0.0"), port


class Alarm:
    """The relay's end: waits for a wake-up. Several relays of one machine share the port."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        try:
            self._socket.bind(_own_address())
        except OSError as error:
            logger.warning("Wake-ups cannot be heard at %s (%s); the relay only polls", _own_address(), error)
            self._socket.bind(_SILENT)

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
        _, port = self._socket.getsockname()
        self._socket.sendto(b"\0", ("127.0.0.1", port))

    def close(self) -> None:
        """Give the port back."""
        self._socket.close()
