"""What may import what. A cold start pays for every import, and a driver within reach gets used."""

import os
import subprocess
import sys

import pytest
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

from limelight.http import Pattern
from local.endpoints import FUNCTIONS, Function, HttpFunction, functions
from local.state import PROJECT
from tests.rules.partners import WITH_MEDIA, WITH_REALTIME, WITH_STRIPE
from tests.rules.test_template import OWN_VARIABLE

LAYER = PROJECT / "layers" / "common"

POSTGRES = {"psycopg", "psycopg_pool"}
SUPABASE = {"supabase", "postgrest", "supabase_auth", "httpx"}
# Powertools looks whether botocore is there; loading it would cost a tenth of a second.
NOBODY = {
    *("boto3", "botocore.session", "aws_xray_sdk", "requests", "stripe", "livekit", "aiohttp"),
    *("local", "functions"),
}
# Stripe's package loads every HTTP client that it finds.
STRIPE = {"stripe", "httpx", "requests"}
# LiveKit's package brings a client of its whole API; tokens are all that is made with it here.
LIVEKIT = {"livekit", "aiohttp"}
# Realtime is an HTTP call; supabase's packages stay out.
REALTIME = {"httpx"}
FORBIDDEN = {
    Pattern.REST: POSTGRES | NOBODY | {"limelight.data.admin", "limelight.data.system"},
    Pattern.ADMIN: POSTGRES | NOBODY | {"limelight.data.user", "limelight.data.system"},
    Pattern.SQL: SUPABASE | NOBODY | {"limelight.data.rest"},
    Pattern.MONEY: SUPABASE | NOBODY | {"limelight.data.rest"},
}

_AS_LAMBDA_DOES = """
import importlib, sys, threading
importlib.import_module(sys.argv[1])
print(threading.active_count())
print(*sys.modules)
"""


def pattern_of(function: Function) -> Pattern:
    return function.router.pattern if isinstance(function, HttpFunction) else Pattern.SQL


@pytest.mark.parametrize("function", functions(), ids=lambda one: str(one.name))
def test_a_function_loads_its_own_driver_and_no_other(function: Function) -> None:
    """Imported as Lambda does, with no more in the environment than the template gives."""
    pattern = pattern_of(function)
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{FUNCTIONS}:{LAYER}",
        "SUPABASE_URL": "http://127.0.0.1:54321",
        OWN_VARIABLE[pattern]: "name-or-key",
    }

    done = subprocess.run(
        [sys.executable, "-c", _AS_LAMBDA_DOES, function.name.replace("/", ".")],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    threads, modules = done.stdout.splitlines()
    assert threads == "1", "a thread was started at import"
    allowed = STRIPE if function.name in WITH_STRIPE else set()
    allowed |= LIVEKIT if function.name in WITH_MEDIA else set()
    allowed |= REALTIME if function.name in WITH_REALTIME else set()
    assert (FORBIDDEN[pattern] & set(modules.split())) - allowed == set()


def test_the_layers_of_the_house_hold() -> None:
    """The contracts are in pyproject.toml, under tool.importlinter."""
    config = str(PROJECT / "pyproject.toml")

    assert lint_imports(config_filename=config, no_cache=True) == EXIT_STATUS_SUCCESS
