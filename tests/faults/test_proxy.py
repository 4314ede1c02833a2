"""The proxy breaks connections in the way that each of its names says."""

import contextlib
import socket
import socketserver
import threading
from collections.abc import Iterator

import pytest

from local.host.ports import LOOPBACK
from tests.faults.proxy import Proxy, says

SECONDS = 5
SILENCE_SECONDS = 0.2


class Echo(socketserver.ThreadingTCPServer):
    """A server that answers everything with what it heard, and keeps it."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__((LOOPBACK, 0), Conversation)
        self.heard: list[bytes] = []
        self.port: int = self.server_address[1]


class Conversation(socketserver.BaseRequestHandler):
    server: Echo

    def handle(self) -> None:
        with contextlib.suppress(OSError):
            while data := self.request.recv(1000):
                self.server.heard.append(data)
                self.request.sendall(data)


@pytest.fixture
def echo() -> Iterator[Echo]:
    with Echo() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def between(echo: Echo) -> Iterator[Proxy]:
    with Proxy(echo.port) as running:
        yield running


@pytest.fixture
def client(between: Proxy) -> Iterator[socket.socket]:
    with socket.create_connection((LOOPBACK, between.port), SECONDS) as connected:
        assert say(connected, b"hello") == b"hello"
        yield connected


def hears_nothing(client: socket.socket) -> bool:
    client.settimeout(SILENCE_SECONDS)
    try:
        client.recv(1000)
    except TimeoutError:
        return True
    finally:
        client.settimeout(SECONDS)
    return False


def say(client: socket.socket, words: bytes) -> bytes:
    client.sendall(words)
    return client.recv(1000)


def test_it_counts_round_trips_bytes_and_connections(between: Proxy, client: socket.socket) -> None:
    say(client, b"again")

    assert (between.flights, between.bytes) == (2, 20)
    assert (between.connections, between.open, between.most_open) == (1, 1, 1)


def test_a_delay_is_added_to_each_direction(between: Proxy, client: socket.socket) -> None:
    between.delay_up, between.delay_down = 0.2, 0.2
    client.sendall(b"slow")

    assert hears_nothing(client)
    assert client.recv(1000) == b"slow"


def test_a_stall_holds_everything_and_loses_nothing(between: Proxy, client: socket.socket) -> None:
    with between.stalled():
        client.sendall(b"late")
        assert hears_nothing(client)

    assert client.recv(1000) == b"late"


def test_a_half_open_connection_is_silent_and_the_next_one_works(
    between: Proxy, client: socket.socket
) -> None:
    between.half_open()
    client.sendall(b"anybody?")

    assert hears_nothing(client)
    with socket.create_connection((LOOPBACK, between.port), SECONDS) as another:
        assert say(another, b"hello") == b"hello"
        assert between.open == 2


def test_a_cut_is_a_reset_and_a_close_is_an_end(between: Proxy, client: socket.socket) -> None:
    between.cut()
    with pytest.raises(ConnectionResetError):
        client.recv(1000)

    with socket.create_connection((LOOPBACK, between.port), SECONDS) as another:
        say(another, b"hello")
        between.close()
        assert another.recv(1000) == b""


def test_new_connections_are_refused_and_the_present_stay(
    between: Proxy, client: socket.socket
) -> None:
    with between.refusing():
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((LOOPBACK, between.port), SECONDS)
        assert say(client, b"still here") == b"still here"

    socket.create_connection((LOOPBACK, between.port), SECONDS).close()


def test_a_request_is_cut_before_the_server_hears_it(
    between: Proxy, client: socket.socket, echo: Echo
) -> None:
    between.cut_request(says("commit"))

    with pytest.raises(ConnectionResetError):
        say(client, b"COMMIT")
    assert echo.heard == [b"hello"]
    assert between.sprung


def test_an_answer_is_cut_after_the_server_did_it(
    between: Proxy, client: socket.socket, echo: Echo
) -> None:
    between.cut_answer_to(says("commit"))

    assert say(client, b"insert") == b"insert"
    with pytest.raises(ConnectionResetError):
        say(client, b"COMMIT")
    assert echo.heard == [b"hello", b"insert", b"COMMIT"]


def test_an_answer_is_swallowed_and_the_client_waits(
    between: Proxy, client: socket.socket, echo: Echo
) -> None:
    between.swallow_answer_to(says("commit"))
    client.sendall(b"COMMIT")

    assert hears_nothing(client)
    assert echo.heard == [b"hello", b"COMMIT"]
