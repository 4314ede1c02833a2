"""A PgBouncer in transaction mode that tests may stop, restart, squeeze and lock out.

Apart from `local.services.pgbouncer`, whose pooler is as strict as the cloud's: this one also takes
clients without TLS (a proxy must be able to read COMMIT), has few server connections, tries a
server that refused it again at once, and logs every login.
"""

import os
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg.rows import dict_row

from local.host.ports import LOOPBACK
from local.host.privileges import as_server_user, give_to_server_user
from local.host.processes import Child, Supervisor
from local.host.state import State, write_private
from local.services.certs import ensure_certificates
from local.services.pgbouncer import ADMIN, DATABASE, find_pgbouncer
from local.services.postgres import Server, database_url

ROLE: Final = "limelight_backend"
SERVER_CONNECTIONS: Final = 4
MAX_CLIENTS: Final = 200
QUERY_WAIT_SECONDS: Final = 60

type Row = dict[str, Any]


class Pooler:
    """PgBouncer in front of `server` on a port that stays the same over restarts."""

    def __init__(self, supervisor: Supervisor, state: State, server: Server, port: int) -> None:
        self.port = port
        self.password = state.password(ROLE)
        self._supervisor = supervisor
        self._state = state
        self._admin_password = state.password(ADMIN)
        self._server = server
        self._config = self._write_files()
        self._child = self._start()

    def conninfo(self, port: int | None = None, *, tls: bool = True) -> str:
        """How a function reaches the pooler; by way of a proxy when `port` is one's."""
        return database_url(
            ROLE, self.password, port or self.port, sslmode="require" if tls else "disable"
        )

    def restart(self) -> None:
        """Kills it, with every connection of its clients, and starts another."""
        self._supervisor.stop(self._child)
        self._child = self._start()

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Within, the process stands still: connections are taken by the kernel, nobody answers."""
        os.kill(self._child.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self._child.pid, signal.SIGCONT)

    def kill_sockets(self) -> None:
        """Drops every client and every server connection, and goes on serving."""
        self.tell(f"KILL {DATABASE}")
        self.tell(f"RESUME {DATABASE}")

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Within, statements are queued as if every server connection were taken."""
        self.tell(f"PAUSE {DATABASE}")
        try:
            yield
        finally:
            self.tell(f"RESUME {DATABASE}")

    @contextmanager
    def setting(self, name: str, value: float, usual: float) -> Iterator[None]:
        """Within, the setting has another value."""
        self.tell(f"SET {name} = '{value}'")
        try:
            yield
        finally:
            self.tell(f"SET {name} = '{usual}'")

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Within, every server connection is held by somebody's open transaction."""
        with ExitStack() as held:
            for _ in range(SERVER_CONNECTIONS):
                client = held.enter_context(psycopg.connect(self.conninfo()))
                client.execute("select 1")
            yield

    def expect_password(self, password: str) -> None:
        """The password that clients must give from now on; those inside stay."""
        self._write_users(password)
        self.tell("RELOAD")

    def tell(self, command: str) -> list[Row]:
        """Runs a command of the admin console."""
        url = database_url(
            ADMIN, self._admin_password, self.port, database="pgbouncer", sslmode="require"
        )
        with psycopg.connect(
            url, autocommit=True, prepare_threshold=None, row_factory=dict_row
        ) as console:
            # The console speaks the simple protocol alone.
            cursor = psycopg.ClientCursor(console, row_factory=dict_row)
            cursor.execute(command.encode())
            return cursor.fetchall() if cursor.description else []

    def clients(self) -> int:
        """How many connections of the functions' role stand."""
        return sum(client["user"] == ROLE for client in self.tell("SHOW CLIENTS"))

    def wait_until_rid_of(self, backends: set[int]) -> None:
        """Returns when no client can be given one of these backends any more."""
        give_up = time.monotonic() + 10
        while backends & {server["remote_pid"] for server in self.tell("SHOW SERVERS")}:
            assert time.monotonic() < give_up, "the pooler holds on to what was terminated"
            time.sleep(0.02)

    def logins(self) -> int:
        """How often the functions' role has tried to log in since the last (re)start."""
        return sum(
            "login attempt" in line and f"user={ROLE} " in line
            for line in self._child.log.read_text().splitlines()
        )

    def _start(self) -> Child:
        command = as_server_user([_program(), str(self._config)])
        child = self._supervisor.start("pgbouncer", command, stop_signal=signal.SIGKILL)
        self._supervisor.wait_for(child, self._answers, timeout=10, pause=0.01)
        return child

    def _answers(self) -> bool:
        try:
            self.tell("SHOW VERSION")
        except psycopg.OperationalError:
            return False
        return True

    def _write_files(self) -> Path:
        home = self._state.pooler
        home.mkdir(mode=0o700)
        certificates = ensure_certificates(self._state.certs)
        shutil.copy(certificates.certificate, home / "server.pem")
        write_private(home / "server.key", certificates.key.read_text())
        self._write_users(self.password)
        settings = {
            "listen_addr": LOOPBACK,
            "listen_port": self.port,
            "unix_socket_dir": "",
            "pool_mode": "transaction",
            "auth_type": "scram-sha-256",
            "auth_file": home / "users.txt",
            "admin_users": ADMIN,
            "client_tls_sslmode": "allow",
            "client_tls_cert_file": home / "server.pem",
            "client_tls_key_file": home / "server.key",
            "server_tls_sslmode": "disable",
            "default_pool_size": SERVER_CONNECTIONS,
            "max_client_conn": MAX_CLIENTS,
            "query_wait_timeout": QUERY_WAIT_SECONDS,
            "server_login_retry": 0.1,
            "log_connections": 1,
        }
        lines = [
            "[databases]",
            f"{DATABASE} = host={LOOPBACK} port={self._server.port} dbname={DATABASE}",
            "[pgbouncer]",
            *(f"{name} = {value}" for name, value in settings.items()),
        ]
        config = home / "pgbouncer.ini"
        write_private(config, "\n".join(lines) + "\n")
        give_to_server_user(home)
        return config

    def _write_users(self, password: str) -> None:
        users = {ROLE: password, ADMIN: self._admin_password}
        path = self._state.pooler / "users.txt"
        write_private(path, "".join(f'"{name}" "{word}"\n' for name, word in users.items()))
        give_to_server_user(path)


def _program() -> str:
    program = find_pgbouncer()
    assert program is not None
    return program
