"""A TCP proxy in front of a server, to do to connections what networks do to them. It runs in a thread of its own.

proxy = Proxy(server_port)      # forwards; clients go to proxy.port
proxy.reset()                   # every connection is reset, and every new one at once
proxy.black_hole()              # nothing gets through in either direction, and nobody is told
proxy.forward()                 # the network is fine again
proxy.cut()                     # every connection ends within its next message
"""

import asyncio
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress

_CHUNK_BYTES = 65_536
#: Closing a socket that must not linger sends a reset instead of a farewell.
_RESET = struct.pack("ii", 1, 0)


class Proxy:
    """Forwards a port of 127.0.0.1 to another one, until told otherwise."""

    def __init__(self, target_port: int, port: int = 0) -> None:
        self._target_port = target_port
        self._links: set[_Link] = set()
        self._resetting = False
        self._loop = asyncio.new_event_loop()
        self._passing = asyncio.Event()
        self._passing.set()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self._serve, "127.0.0.1", port), self._loop
        ).result()
        self.port: int = self._server.sockets[0].getsockname()[1]

    def forward(self) -> None:
        """The network is fine. What a black hole held back is lost: its connections stay silent for ever."""
        self._do(self._forward)

    def reset(self) -> None:
        """Reset every connection, and new ones as soon as they are made."""
        self._do(self._reset)

    def reset_once(self) -> None:
        """Reset every connection; new ones are forwarded."""
        self._do(self._reset_links)

    def black_hole(self) -> None:
        """Swallow everything, also what new connections say."""
        self._do(self._black_hole)

    def cut(self) -> None:
        """End each open connection after half of the next piece of data that it carries."""
        self._do(self._cut)

    def close(self) -> None:
        """Reset what is open, and give the port back."""
        self.reset()
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, action: Callable[[], None]) -> None:
        """Run it where the connections live, and wait for it."""
        done: Future[None] = Future()

        def act() -> None:
            try:
                done.set_result(action())
            except Exception as error:
                done.set_exception(error)

        self._loop.call_soon_threadsafe(act)
        done.result()

    async def _end(self) -> None:
        self._server.close()
        while others := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(others)

    def _forward(self) -> None:
        self._resetting = False
        self._passing.set()

    def _reset(self) -> None:
        self._resetting = True
        self._passing.set()
        self._reset_links()

    def _reset_links(self) -> None:
        for link in list(self._links):
            link.reset()

    def _black_hole(self) -> None:
        self._resetting = False
        self._passing.clear()
        for link in self._links:
            link.swallowing = True

    def _cut(self) -> None:
        for link in self._links:
            link.cutting = True

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = _Link([writer])
        self._links.add(link)
        try:
            await self._passing.wait()  # a connection made inside a black hole gets through when the hole is gone
            if self._resetting:
                return
            target_reader, target_writer = await asyncio.open_connection("127.0.0.1", self._target_port)
            link.writers.append(target_writer)
            await asyncio.gather(link.pump(reader, target_writer), link.pump(target_reader, writer))
        except OSError:  # one end is gone, and so is the other
            pass
        finally:
            self._links.discard(link)
            link.reset()


class _Link:
    """One connection of a client and the one that was made for it."""

    def __init__(self, writers: list[asyncio.StreamWriter]) -> None:
        self.writers = writers
        self.swallowing = self.cutting = False

    async def pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass on what comes from one end. An end that says farewell is done with both directions."""
        while data := await reader.read(_CHUNK_BYTES):
            if self.swallowing:
                continue
            writer.write(data[: len(data) // 2] if self.cutting else data)
            await writer.drain()
            if self.cutting:
                break
        if not self.swallowing:
            for one in self.writers:
                one.close()

    def reset(self) -> None:
        """End it at once, without a farewell."""
        for writer in self.writers:
            with suppress(OSError):
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            writer.transport.abort()


@contextmanager
def proxied(target_port: int) -> Iterator[Proxy]:
    """A proxy in front of a port of 127.0.0.1."""
    proxy = Proxy(target_port)
    try:
        yield proxy
    finally:
        proxy.close()
