"""What the services ask over REST, and the plans of it: the server's log tells them.

The gateway is a process of its own, so nothing is undone: only what reads is asked here.
"""

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Self

import jwt
import psycopg
import pytest
from psycopg import sql

from limelight.schema import UserId
from local.backing import AUTHENTICATOR, LEAST_BCRYPT_COST, start_gateway
from local.console import QUIET
from local.gateway.keys import LocalKeys
from local.ports import LOOPBACK, Ports
from local.postgres import Server
from local.processes import Supervisor
from local.secrets import serve_secrets
from local.state import State
from tests.integration.sandbox import forget_everything
from tests.plans.explain import Explained, Seen, Statement

_PLAN = re.compile(r"LOG:  duration: [\d.]+ ms  plan:\n((?:\t.*\n)+)")
_SECRET_ID = "limelight/plans/supabase"


@dataclass(frozen=True, slots=True)
class Machine:
    """A PostgreSQL server and who looks after it."""

    state: State
    supervisor: Supervisor
    server: Server


@dataclass(slots=True)
class OverRest:
    """Watches calls of the services that go over REST."""

    machine: Machine
    keys: LocalKeys
    large: frozenset[str]
    """The tables that are not to be read through."""
    _read: int = field(default=0)

    @classmethod
    @contextmanager
    def started(
        cls, machine: Machine, owner: psycopg.Connection, large: frozenset[str]
    ) -> Iterator[Self]:
        """Starts the gateway and turns the services to it."""
        _explain_the_authenticator(machine.state, owner)
        keys = LocalKeys.load_or_create(machine.state.keys)
        port = Ports.free().gateway
        start_gateway(
            machine.supervisor,
            machine.state,
            machine.server,
            port,
            bcrypt_cost=LEAST_BCRYPT_COST,
            progress=QUIET,
        )
        secrets = {_SECRET_ID: {"secretKey": keys.secret_key}}
        with pytest.MonkeyPatch.context() as patch, serve_secrets(secrets, 0) as vault:
            for name, value in vault.environment().items():
                patch.setenv(name, value)
            patch.setenv("SUPABASE_URL", f"http://{LOOPBACK}:{port}")
            patch.setenv("SUPABASE_PUBLISHABLE_KEY", keys.publishable_key)
            patch.setenv("SUPABASE_SECRET_ID", _SECRET_ID)
            forget_everything()
            yield cls(machine, keys, large)
        forget_everything()

    def token(self, user_id: UserId) -> str:
        """An access token of a user's."""
        now = int(time.time())
        claims = {"sub": str(user_id), "role": "authenticated", "iat": now, "exp": now + 900}
        return jwt.encode(claims, self.keys.jwt_secret, algorithm="HS256")

    def watch(self, call: Callable[[], object]) -> Seen:
        """What `call` has the database read."""
        self._news()
        answer = call()
        plans = [json.loads(re.sub(r"^\t", "", one, flags=re.MULTILINE)) for one in self._plans()]
        return Seen(answer, statements=[Statement(one["Query Text"], one["Plan"]) for one in plans])

    def _plans(self) -> list[str]:
        """Those that were told since the last look; the log comes a moment after the answer."""
        news = ""
        ends = time.monotonic() + 10
        while not (found := _PLAN.findall(news)):
            assert time.monotonic() < ends, "the server's log tells of no plan"
            news += self._news()
            time.sleep(0.05)
        return found + _PLAN.findall(self._news())

    def _news(self) -> str:
        with (self.machine.state.logs / "postgres.log").open() as log:
            log.seek(self._read)
            news = log.read()
            self._read = log.tell()
        return news


def _explain_the_authenticator(state: State, owner: psycopg.Connection) -> None:
    role = sql.Identifier(AUTHENTICATOR)
    password = sql.Literal(state.password(AUTHENTICATOR))
    owner.execute(sql.SQL("alter role {} password {}").format(role, password))
    for name, value in {**Explained.SETTINGS, "auto_explain.log_level": "log"}.items():
        setting = sql.SQL(".").join(map(sql.Identifier, name.split(".")))
        owner.execute(
            sql.SQL("alter role {} set {} = {}").format(role, setting, sql.Literal(value))
        )
