"""The proxy does to connections what networks do to them."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, suppress

import pytest

from tests.chaos.proxy import Proxy, proxied


@pytest.fixture
def echo() -> Iterator[int]:
    """The port of a server that says what it hears."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_serve, args=[server])
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


def _serve(server: socket.socket) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        threading.Thread(target=_answer, args=[connection]).start()


def _answer(connection: socket.socket) -> None:
    with connection:
        try:
            while heard := connection.recv(1000):
                connection.sendall(heard)
        except ConnectionResetError:
            return


@pytest.fixture
def proxy(echo: int) -> Iterator[Proxy]:
    """In front of the echo."""
    with proxied(echo) as found:
        yield found


def connect(proxy: Proxy) -> "closing[socket.socket]":
    return closing(socket.create_connection(("127.0.0.1", proxy.port), timeout=30))


def hang_on(proxy: Proxy) -> None:
    with connect(proxy) as connection:
        connection.recv(1)


def say(connection: socket.socket, words: bytes = b"hello") -> bytes:
    connection.sendall(words)
    return connection.recv(1000)


def test_it_forwards(proxy: Proxy) -> None:
    with connect(proxy) as one, connect(proxy) as other:
        assert say(one, b"a") == b"a"
        assert say(other, b"b") == b"b"


def test_a_reset_ends_what_is_there_and_what_comes(proxy: Proxy) -> None:
    with connect(proxy) as old:
        say(old)
        proxy.reset()
        with pytest.raises(ConnectionResetError):
            old.recv(1)
    with pytest.raises(ConnectionResetError):
        hang_on(proxy)
    proxy.forward()
    with connect(proxy) as third:
        assert say(third) == b"hello"


def test_a_black_hole_keeps_what_falls_into_it(proxy: Proxy) -> None:
    with connect(proxy) as old:
        say(old)
        proxy.black_hole()
        old.settimeout(0.2)
        with pytest.raises(TimeoutError):
            say(old)
        proxy.forward()
        with pytest.raises(TimeoutError):
            say(old)
    with connect(proxy) as new:
        assert say(new) == b"hello"


def test_a_cut_ends_a_connection_in_mid_message(proxy: Proxy) -> None:
    with connect(proxy) as connection:
        say(connection, b"long")
        proxy.cut()
        connection.sendall(b"12345678")
        with suppress(ConnectionResetError):
            assert connection.recv(1000) == b""
