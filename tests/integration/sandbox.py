"""What a Lambda sandbox keeps between requests, and how to make it forget and go wrong."""

import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest

from limelight.data import admin, rest, system, user
from limelight.http import accounts, tokens
from limelight.http.windows import windows
from limelight.limits import addresses
from limelight.platform import media, payments
from limelight.platform.settings import kernel_settings
from local.host.ports import LOOPBACK
from local.services.backing import Backing
from local.services.secrets import Secrets, serve_secrets


def forget_everything() -> None:
    """As a new sandbox: no connection, key, setting or account is known."""
    forget_data()
    tokens.forget_keys()
    kernel_settings.cache_clear()


def forget_data() -> None:
    """Forgets all but how to verify tokens."""
    system.close()
    rest.close()
    user._settings.cache_clear()
    admin._settings.cache_clear()
    admin._secret_key.cache_clear()
    payments.forget()
    media.forget()
    addresses.forget()
    windows.clear()
    accounts.cache.clear()


@contextmanager
def closed_port() -> Iterator[int]:
    """A port that refuses every connection while the context lasts."""
    with socket.socket() as held:
        held.bind((LOOPBACK, 0))
        yield held.getsockname()[1]


@contextmanager
def outage(backing: Backing, *, database: bool, supabase: bool, keys: bool) -> Iterator[None]:
    """Takes parts of what the functions stand on away: the database, Supabase's REST API, and the
    keys that tokens are verified with."""
    with (
        pytest.MonkeyPatch.context() as patch,
        closed_port() as port,
        serve_secrets(_secrets(backing, port if database else None), 0) as vault,
    ):
        for name, value in vault.environment().items():
            patch.setenv(name, value)
        if supabase:
            patch.setenv("SUPABASE_URL", f"http://{LOOPBACK}:{port}")
        forget = forget_everything if keys else forget_data
        forget()
        try:
            yield
        finally:
            patch.undo()
            forget()


def _secrets(backing: Backing, dead_port: int | None) -> Secrets:
    """The stage's secrets; the database's leads to `dead_port` when one is given."""
    if dead_port is None:
        return backing.secret_values
    url = f"postgresql://limelight_backend:none@{LOOPBACK}:{dead_port}/postgres"
    return {**backing.secret_values, f"limelight/{backing.stage}/database": {"url": url}}


def set_environment(variables: Mapping[str, str]) -> None:
    """Gives this process the environment of the functions, whatever it read before."""
    os.environ |= variables
    forget_everything()
