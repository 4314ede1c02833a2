"""The services behind the functions: database, pooler, Supabase gateway, secrets, Stripe.

Tests, `dev`, `run`, `smoke` and `invoke` all stand on `backing_services`.
"""

import contextlib
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex

import httpx
import psycopg
from psycopg import sql

from local.gateway.bootstrap import bootstrap
from local.gateway.keys import LocalKeys
from local.host.ports import LOOPBACK, Ports, PortsTakenError, require_free
from local.host.processes import Supervisor
from local.host.progress import QUIET, Progress
from local.host.state import PROJECT, AlreadyRunningError, State, StateLock
from local.services.limits import prepare_limits
from local.services.migrate import MIGRATIONS, migrate
from local.services.pgbouncer import MISSING, Pooler, start_pgbouncer
from local.services.postgres import Server, start_postgres
from local.services.secrets import SecretsEndpoint, serve_secrets, stack_secrets
from local.services.stripe import StandIn, serve_stripe

SERVICES = ("postgres", "pooler", "gateway", "secrets", "stripe")
BACKEND = "limelight_backend"
AUTHENTICATOR = "authenticator"
LIMITS = "limits"
MAX_ROWS = 1000
# What a password costs to check: Supabase Auth's own, and the least for clusters thrown away.
BCRYPT_COST, LEAST_BCRYPT_COST = 10, 4


@dataclass(frozen=True, slots=True)
class Backing:
    """How to reach the services that run. Every URL is on loopback."""

    stage: str
    ports: Ports
    direct_url: str = field(repr=False)
    """The database's owner, without the pooler: for migrations and for tests that look inside."""
    pooler_url: str = field(repr=False)
    """The functions' role through the transaction pooler; straight to PostgreSQL without one."""
    authenticator_url: str = field(repr=False)
    """The role that PostgREST logs in as, without the pooler."""
    pooler_admin_url: str | None = field(repr=False)
    """PgBouncer's console; None without a pooler."""
    ca_file: Path | None
    """The authority that signed the pooler's certificate; None without a pooler."""
    supabase_url: str
    publishable_key: str
    secret_key: str = field(repr=False)
    jwt_secret: str = field(repr=False)
    stripe: StandIn
    secrets: SecretsEndpoint
    secret_values: dict[str, dict[str, str]] = field(repr=False)
    """The stage's secrets by name, as they lie in Secrets Manager."""
    state: State = field(repr=False)

    @property
    def pooler(self) -> bool:
        """Whether a real transaction pooler stands in front of the database."""
        return self.pooler_admin_url is not None

    @property
    def secrets_url(self) -> str:
        return self.secrets.url


@dataclass(frozen=True, slots=True)
class Stack:
    """Backing services and the supervisor that may start more beside them."""

    backing: Backing
    supervisor: Supervisor


@contextlib.contextmanager
def backing_services(
    state: State | None = None,
    *,
    ports: Ports | None = None,
    stage: str = "local",
    durable: bool = False,
    migrations: Path = MIGRATIONS,
    progress: Progress = QUIET,
) -> Iterator[Backing]:
    """Start everything the functions need, and stop it on leaving.

    Args:
        state: where data, keys and logs lie; `.local/` of the project unless given.
        ports: free ones unless given.
        stage: names the secrets (`limelight/<stage>/…`).
        durable: False gives up the database's crash safety for speed.
        migrations: the directory to apply.
        progress: hears of each step.
    """
    with started(
        state or State(),
        ports or Ports.free(),
        title="backing services",
        stage=stage,
        durable=durable,
        migrations=migrations,
        progress=progress,
    ) as stack:
        yield stack.backing


@contextlib.contextmanager
def started(
    state: State,
    ports: Ports,
    *,
    title: str,
    also: tuple[str, ...] = (),
    stage: str = "local",
    durable: bool = True,
    migrations: Path = MIGRATIONS,
    progress: Progress = QUIET,
) -> Iterator[Stack]:
    """`backing_services` for commands that start more: `also` names the further ports they need."""
    services = (*SERVICES, *also)
    state.prepare()
    with contextlib.ExitStack() as exits:
        _take(exits, StateLock(state, title), ports, services)
        supervisor = exits.enter_context(Supervisor(state))
        # Not before the supervisor ended what a killed run may have left on them.
        require_free(ports, services)
        with progress.step("PostgreSQL") as step:
            server = start_postgres(supervisor, state, ports.postgres, durable=durable)
            step.note = f"{server.version} on {server.port}"
        _prepare_database(state, server, migrations, progress)
        pooler = _start_pooler(supervisor, state, server, ports, progress)
        keys = LocalKeys.load_or_create(state.keys)
        _start_gateway(
            supervisor,
            state,
            server,
            ports.gateway,
            bcrypt_cost=BCRYPT_COST if durable else LEAST_BCRYPT_COST,
            progress=progress,
        )
        backend = _backend_url(state, server, pooler)
        # Told apart from a real account's at a glance; good for as long as the stack runs.
        stripe = StandIn(f"sk_test_{token_hex(16)}", f"whsec_{token_hex(16)}")
        values = stack_secrets(
            stage,
            database_url=backend,
            secret_key=keys.secret_key,
            jwt_secret=keys.jwt_secret,
            stripe_key=stripe.secret_key,
            webhook_secret=stripe.webhook_secret,
            livekit_secret=token_hex(32),
            limits_key=state.password(LIMITS),
        )
        backing = Backing(
            stage=stage,
            ports=ports,
            direct_url=server.url,
            pooler_url=backend,
            authenticator_url=server.url_of(AUTHENTICATOR, state.password(AUTHENTICATOR)),
            pooler_admin_url=pooler.admin_url if pooler else None,
            ca_file=pooler.authority if pooler else None,
            supabase_url=f"http://{LOOPBACK}:{ports.gateway}",
            publishable_key=keys.publishable_key,
            secret_key=keys.secret_key,
            jwt_secret=keys.jwt_secret,
            stripe=exits.enter_context(serve_stripe(stripe, ports.stripe)),
            secrets=exits.enter_context(serve_secrets(values, ports.secrets)),
            secret_values=values,
            state=state,
        )
        yield Stack(backing, supervisor)


def _take(
    exits: contextlib.ExitStack, lock: StateLock, ports: Ports, services: tuple[str, ...]
) -> None:
    """Take the state directory; when another stack has it, tell of its ports, too."""
    try:
        exits.enter_context(lock)
    except AlreadyRunningError as running:
        try:
            require_free(ports, services)
        except PortsTakenError as taken:
            raise AlreadyRunningError(f"{running}\n{taken}") from None
        raise


def _prepare_database(state: State, server: Server, migrations: Path, progress: Progress) -> None:
    """Make a Supabase project of an empty database, migrate it, and let the roles log in."""
    with progress.step("Migrations") as step:
        bootstrap(server.url)
        applied = migrate(server.url, migrations)
        step.note = f"{len(applied)} applied" if applied else "up to date"
        _allow_logins(server.url, {role: state.password(role) for role in (BACKEND, AUTHENTICATOR)})
        prepare_limits(server.url, state.password(LIMITS))


def _allow_logins(owner_url: str, passwords: dict[str, str]) -> None:
    with psycopg.connect(owner_url, autocommit=True) as connection:
        for role, password in passwords.items():
            connection.execute(
                sql.SQL("alter role {} login password {}").format(
                    sql.Identifier(role), sql.Literal(password)
                )
            )


def _start_pooler(
    supervisor: Supervisor, state: State, server: Server, ports: Ports, progress: Progress
) -> Pooler | None:
    with progress.step("PgBouncer") as step:
        users = {BACKEND: state.password(BACKEND)}
        pooler = start_pgbouncer(supervisor, state, server, ports.pooler, users)
        step.note = f"transaction mode, TLS, on {pooler.port}" if pooler else "not installed"
    if pooler is None:
        progress.warn(MISSING)
    return pooler


def _backend_url(state: State, server: Server, pooler: Pooler | None) -> str:
    password = state.password(BACKEND)
    return pooler.url(BACKEND, password) if pooler else server.url_of(BACKEND, password)


def _start_gateway(
    supervisor: Supervisor,
    state: State,
    server: Server,
    port: int,
    *,
    bcrypt_cost: int,
    progress: Progress,
) -> None:
    # By environment and file, so that no secret shows in the process list.
    environment = {
        **os.environ,
        "GATEWAY_DATABASE_URL": server.url,
        "GATEWAY_REST_DATABASE_URL": server.url_of(AUTHENTICATOR, state.password(AUTHENTICATOR)),
        "GATEWAY_PORT": str(port),
        "GATEWAY_KEYS_FILE": str(state.keys),
        "GATEWAY_MAX_ROWS": str(MAX_ROWS),
        "GATEWAY_BCRYPT_COST": str(bcrypt_cost),
    }
    with progress.step("Supabase gateway") as step:
        argv = [sys.executable, "-m", "local", "gateway"]
        child = supervisor.start("gateway", argv, env=environment, cwd=PROJECT, grace=3)
        jwks = f"http://{LOOPBACK}:{port}/auth/v1/.well-known/jwks.json"
        supervisor.wait_for(child, lambda: _answers(jwks), timeout=30)
        step.note = f"on {port}"


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False
