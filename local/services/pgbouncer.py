"""PgBouncer in transaction mode, TLS required: what Supabase's pooler on 6543 is to a function.

PgBouncer is a system package (`apt install pgbouncer`, `brew install pgbouncer`). Without it the
stack runs on plain PostgreSQL and says so.
"""

import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from signal import SIGKILL

import psycopg

from local.host.ports import LOOPBACK
from local.host.privileges import as_server_user, give_to_server_user
from local.host.processes import Child, Supervisor
from local.host.state import State, write_private
from local.services.certs import Certificates, ensure_certificates
from local.services.postgres import Server, database_url

ADMIN = "pooler_admin"
DATABASE = "postgres"
# Supabase's default pool on the smallest computer, and its limit of clients there.
POOL_SIZE = 15
MAX_CLIENTS = 200
# Where packages put it when PATH has no sbin.
ELSEWHERE = "/usr/sbin:/usr/local/sbin:/opt/homebrew/bin:/usr/local/bin"

MISSING = (
    "PgBouncer is not installed: going without the transaction pooler, straight to PostgreSQL "
    "and without TLS. Install it (apt install pgbouncer, brew install pgbouncer) to have one."
)


@dataclass(frozen=True, slots=True)
class Pooler:
    """A PgBouncer that accepts connections."""

    port: int
    authority: Path
    admin_password: str
    child: Child

    @property
    def admin_url(self) -> str:
        """The admin console: `show pools`, `show servers`, `pause`, `kill`, …"""
        return database_url(
            ADMIN, self.admin_password, self.port, database="pgbouncer", sslmode="require"
        )

    def url(self, role: str, password: str) -> str:
        return database_url(role, password, self.port, sslmode="require")


def find_pgbouncer() -> str | None:
    """The installed program, or None."""
    return shutil.which("pgbouncer") or shutil.which("pgbouncer", path=ELSEWHERE)


def start_pgbouncer(
    supervisor: Supervisor, state: State, server: Server, port: int, users: Mapping[str, str]
) -> Pooler | None:
    """Start the pooler before `server` for `users` (role: password); None when not installed."""
    program = find_pgbouncer()
    if program is None:
        return None
    certificates = ensure_certificates(state.certs)
    admin_password = state.password(ADMIN)
    config = _write_files(
        program, state, server, port, {**users, ADMIN: admin_password}, certificates
    )
    # It keeps nothing, and which of the gentler signals waits for clients differs by version.
    command = as_server_user([program, str(config)])
    child = supervisor.start("pgbouncer", command, stop_signal=SIGKILL)
    pooler = Pooler(port, certificates.authority, admin_password, child)
    supervisor.wait_for(child, lambda: _answers(pooler.admin_url), timeout=10)
    return pooler


def _write_files(
    program: str,
    state: State,
    server: Server,
    port: int,
    users: Mapping[str, str],
    certificates: Certificates,
) -> Path:
    """Write configuration, users and key where the server's user may read them, and only that."""
    home = state.pooler
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(mode=0o700)
    shutil.copy(certificates.certificate, home / "server.pem")
    write_private(home / "server.key", certificates.key.read_text())
    write_private(home / "users.txt", "".join(map(_user_line, users.items())))
    settings = _settings(home, port) | _since(program)
    lines = [
        "[databases]",
        f"{DATABASE} = host={LOOPBACK} port={server.port} dbname={DATABASE}",
        "[pgbouncer]",
        *(f"{name} = {value}" for name, value in settings.items()),
    ]
    config = home / "pgbouncer.ini"
    write_private(config, "\n".join(lines) + "\n")
    give_to_server_user(home)
    return config


def _settings(home: Path, port: int) -> dict[str, str]:
    return {
        "listen_addr": LOOPBACK,
        "listen_port": str(port),
        "unix_socket_dir": "",
        "pool_mode": "transaction",
        "auth_type": "scram-sha-256",
        "auth_file": str(home / "users.txt"),
        "admin_users": ADMIN,
        "client_tls_sslmode": "require",
        "client_tls_cert_file": str(home / "server.pem"),
        "client_tls_key_file": str(home / "server.key"),
        "server_tls_sslmode": "disable",
        "default_pool_size": str(POOL_SIZE),
        "max_client_conn": str(MAX_CLIENTS),
        "query_wait_timeout": "60",
        "server_idle_timeout": "60",
    }


def _since(program: str) -> dict[str, str]:
    """Newer releases rewrite prepared statements; the cloud must not be assumed to."""
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    match = re.search(r"(\d+)\.(\d+)", said)
    release = (int(match[1]), int(match[2])) if match else (0, 0)
    return {"max_prepared_statements": "0"} if release >= (1, 21) else {}


def _user_line(user: tuple[str, str]) -> str:
    role, password = user
    return f'"{role}" "{password}"\n'


def _answers(admin_url: str) -> bool:
    try:
        with psycopg.connect(
            admin_url, connect_timeout=2, autocommit=True, prepare_threshold=None
        ) as admin:
            admin.pgconn.exec_(b"show version")
    except psycopg.OperationalError:
        return False
    return True
