"""The ports of the laptop stack, and who holds one of them when it is taken.

Everything binds to loopback. The well-known set mirrors Supabase and the usual local AWS, so that
a copied connection string reads the same here as there.
"""

import contextlib
import socket
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass, fields
from typing import Self

import psutil

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Ports:
    """One port per service; the defaults are the well-known set."""

    postgres: int = 5432
    pooler: int = 6543
    gateway: int = 54321
    secrets: int = 2773
    aws: int = 4566
    api: int = 8000
    docs: int = 8080
    stripe: int = 12111
    console: int = 3000

    @classmethod
    def free(cls) -> Self:
        """Ports that nobody holds at this moment, all different."""
        with contextlib.ExitStack() as held:
            return cls(*[_ephemeral(held) for _ in fields(cls)])

    def items(self) -> Iterator[tuple[str, int]]:
        return zip((field.name for field in fields(self)), astuple(self), strict=True)


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that listens on a port, as far as this user may see it."""

    pid: int
    name: str
    command: str

    def __str__(self) -> str:
        return f"{self.name} (pid {self.pid}): {self.command}"


class PortsTakenError(Exception):
    """One or more of the stack's ports are taken; the message names each with its holder."""

    def __init__(self, taken: dict[str, int]) -> None:
        holders = listeners(taken.values())
        lines = [
            f"  {port} ({service}) is held by {holders.get(port, 'a process of another user')}"
            for service, port in taken.items()
        ]
        head = "Ports that the stack needs are taken (PORTS=free takes others):"
        super().__init__("\n".join([head, *lines]))
        self.taken = taken


def require_free(ports: Ports, services: Iterable[str]) -> None:
    """Check the ports of `services` before anything starts.

    Raises:
        PortsTakenError: at least one of them is in use.
    """
    wanted = set(services)
    taken = {name: port for name, port in ports.items() if name in wanted and not _is_free(port)}
    if taken:
        raise PortsTakenError(taken)


def listeners(ports: Iterable[int]) -> dict[int, Holder]:
    """The listening process of each port; a port whose holder this user may not see is absent."""
    wanted = set(ports)
    held: dict[int, Holder] = {}
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            for connection in process.net_connections(kind="tcp"):
                if connection.status == psutil.CONN_LISTEN and connection.laddr.port in wanted:
                    held.setdefault(connection.laddr.port, _holder(process))
    return held


def _holder(process: psutil.Process) -> Holder:
    command = " ".join(process.cmdline()) or process.name()
    return Holder(process.pid, process.name(), command[:160])


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As servers do it: connections of an earlier run that linger do not hold a port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def _ephemeral(held: contextlib.ExitStack) -> int:
    probe = held.enter_context(socket.socket())
    probe.bind((LOOPBACK, 0))
    port: int = probe.getsockname()[1]
    return port
