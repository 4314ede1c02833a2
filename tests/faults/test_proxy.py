"""The proxy breaks connections in the way that each of its names says."""

import socket
import threading
from collections.abc import Iterator

import pytest

from local.ports import LOOPBACK
from tests.faults.proxy import Proxy, says

SECONDS = 0.3


class Echo:
    """A server that answers everything with what it heard, and keeps it."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self._listener = socket.create_server((LOOPBACK, 0))
        self.port: int = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._listen)]
        self._threads[0].start()

    def _listen(self) -> None:
        while True:
            client, _ = self._listener.accept()
            with client:
                client.settimeout(5)
                if not self._serve(client):
                    return

    def _serve(self, client: socket.socket) -> bool:
        try:
            while data := client.recv(1000):
                if data == b"end":
                    return False
                self.heard.append(data)
                client.sendall(data)
        except OSError:
            pass
        return True

    def end(self) -> None:
        with socket.create_connection((LOOPBACK, self.port), SECONDS) as last:
            last.sendall(b"end")
        self._threads[0].join(5)
        self._listener.close()


@pytest.fixture
def echo() -> Iterator[Echo]:
    server = Echo()
    yield server
    server.end()


@pytest.fixture
def between(echo: Echo) -> Iterator[Proxy]:
    with Proxy(echo.port) as running:
        yield running


@pytest.fixture
def client(between: Proxy) -> Iterator[socket.socket]:
    with socket.create_connection((LOOPBACK, between.port), SECONDS) as connected:
        assert say(connected, b"hello") == b"hello"
        yield connected


def say(client: socket.socket, words: bytes) -> bytes:
    client.sendall(words)
    return client.recv(1000)


def test_it_counts_round_trips_bytes_and_connections(between: Proxy, client: socket.socket) -> None:
    say(client, b"again")

    assert (between.flights, between.bytes) == (2, 20)
    assert (between.connections, between.open, between.most_open) == (1, 1, 1)


def test_a_delay_is_added_to_each_direction(between: Proxy, client: socket.socket) -> None:
    between.delay_up, between.delay_down = 0.2, 0.2

    with pytest.raises(TimeoutError):
        say(client, b"slow")
    client.settimeout(2)
    assert client.recv(1000) == b"slow"


def test_a_stall_holds_everything_and_loses_nothing(between: Proxy, client: socket.socket) -> None:
    with between.stalled(), pytest.raises(TimeoutError):
        say(client, b"late")

    assert client.recv(1000) == b"late"


def test_a_half_open_connection_is_silent_and_the_next_one_works(
    between: Proxy, client: socket.socket
) -> None:
    between.half_open()

    with pytest.raises(TimeoutError):
        say(client, b"anybody")
    with socket.create_connection((LOOPBACK, between.port), SECONDS):
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

    with pytest.raises(TimeoutError):
        say(client, b"COMMIT")
    assert echo.heard == [b"hello", b"COMMIT"]
