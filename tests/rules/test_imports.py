"""What may import what. A cold start pays for every import, and a driver within reach gets used."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from pydantic import BaseModel

from limelight.http import Pattern
from local.facts.endpoints import FUNCTIONS, Function, HttpFunction, functions, http_functions
from local.host.state import PROJECT
from tests.rules.partners import WITH_MEDIA, WITH_REALTIME, WITH_STRIPE
from tests.rules.test_template import OWN_VARIABLE

LAYER = PROJECT / "layers" / "common"

POSTGRES = {"psycopg", "psycopg_pool"}
SUPABASE = {"supabase", "postgrest", "supabase_auth", "httpx"}
# Powertools looks whether botocore is there; loading it would cost a tenth of a second.
NOBODY = {
    *("boto3", "botocore.session", "aws_xray_sdk", "requests", "stripe", "livekit", "aiohttp"),
    *("supabase", "supabase_auth"),
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

# The budget: what each kind of function may load that is not Python's own, and how much of ours.
EVERYONE = {
    *("pydantic", "pydantic_core", "pydantic_settings", "dotenv", "annotated_types"),
    *("typing_extensions", "typing_inspection", "aws_lambda_powertools", "jmespath"),
}
KERNEL = {
    *("fastapi", "starlette", "anyio", "idna", "annotated_doc", "opentelemetry", "mangum"),
    *("jwt", "cryptography", "_cffi_backend"),
}
OVER_SQL = {"psycopg", "psycopg_binary"}
OVER_REST = {
    *("postgrest", "deprecation", "packaging", "yarl", "multidict", "propcache"),
    *("httpx", "idna"),
}
PACKAGES = {
    Pattern.REST: EVERYONE | KERNEL | OVER_REST,
    Pattern.ADMIN: EVERYONE | KERNEL | OVER_REST,
    Pattern.SQL: EVERYONE | KERNEL | OVER_SQL,
    Pattern.MONEY: EVERYONE | KERNEL | OVER_SQL,
}
TO_PAY = {"stripe", "httpx", "requests", "urllib3", "certifi", "charset_normalizer", "idna"}
TO_MEET = {
    *("livekit", "google", "aiohttp", "aiohappyeyeballs", "aiosignal", "attr", "frozenlist"),
    *("yarl", "multidict", "propcache", "idna"),
}
TO_PUBLISH = {"httpx", "idna"}
DEVELOPERS = {
    *("_distutils_hack", "botocore", "snapshot_restore_py", "simplejson", "bcrypt"),
    *("rich", "pygments", "click"),
}
"""What the packages above use where they find it, as here, and as on Lambda they do not: Lambda's
own, and the command lines of others. The layer has none of it (tests/local/test_layer.py)."""
MOST_OF_OURS = 60

_AS_LAMBDA_DOES = """
import gc, importlib, json, sys, threading
importlib.import_module(sys.argv[1])
files = {name: getattr(module, "__file__", None) or "" for name, module in sys.modules.items()}
installed = {name.partition(".")[0] for name, file in files.items() if "site-packages" in file}
told = {
    "threads": threading.active_count(),
    "collects": gc.isenabled(),
    "settled": gc.get_freeze_count(),
    "modules": list(files),
    "packages": list(installed),
}
print(json.dumps(told))
"""


def pattern_of(function: Function) -> Pattern:
    return function.router.pattern if isinstance(function, HttpFunction) else Pattern.SQL


def packages_of(function: Function) -> set[str]:
    """The packages that a function may load."""
    allowed = PACKAGES[pattern_of(function)]
    if not isinstance(function, HttpFunction):
        allowed = EVERYONE | OVER_SQL
    allowed |= TO_PAY if function.name in WITH_STRIPE else set()
    allowed |= TO_MEET if function.name in WITH_MEDIA else set()
    return allowed | (TO_PUBLISH if function.name in WITH_REALTIME else set())


def forbidden_to(function: Function) -> set[str]:
    """The modules that a function may not load, whatever its packages are."""
    allowed = STRIPE if function.name in WITH_STRIPE else set()
    allowed |= LIVEKIT if function.name in WITH_MEDIA else set()
    allowed |= REALTIME if function.name in WITH_REALTIME else set()
    return FORBIDDEN[pattern_of(function)] - allowed


@pytest.mark.parametrize("function", functions(), ids=lambda one: str(one.name))
def test_a_function_loads_its_own_driver_and_no_more_than_its_budget(function: Function) -> None:
    """Imported as Lambda does, with no more in the environment than the template gives."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{FUNCTIONS}:{LAYER}",
        "AWS_LAMBDA_FUNCTION_NAME": function.logical_id,
        "SUPABASE_URL": "http://127.0.0.1:54321",
        OWN_VARIABLE[pattern_of(function)]: "name-or-key",
    }

    done = subprocess.run(
        [sys.executable, "-c", _AS_LAMBDA_DOES, function.name.replace("/", ".")],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    assert told["threads"] == 1, "a thread was started at import"
    assert forbidden_to(function) & set(told["modules"]) == set()
    assert set(told["packages"]) - DEVELOPERS - packages_of(function) == set()
    ours = [name for name in told["modules"] if name.split(".")[0] in {"limelight", "lambda_pool"}]
    assert len(ours) <= MOST_OF_OURS
    assert told["collects"], "the garbage collector rests while a function starts, and no longer"
    assert told["settled"]


@pytest.mark.parametrize("function", http_functions(), ids=lambda one: str(one.name))
def test_the_models_of_a_route_are_built_while_its_function_starts(function: HttpFunction) -> None:
    hints = get_type_hints(function.route.endpoint).values()
    models = [hint for hint in hints if isinstance(hint, type) and issubclass(hint, BaseModel)]

    assert models
    assert [model for model in models if not model.__pydantic_complete__] == []


def test_the_layers_of_the_house_hold() -> None:
    """The contracts are in pyproject.toml, under tool.importlinter. In a process of its own: the
    linter sets up logging anew, and silences every logger that there is."""
    linter = Path(sys.executable).with_name("lint-imports")

    done = subprocess.run(
        [linter, "--config", PROJECT / "pyproject.toml", "--no-cache"],
        env={**os.environ, "PYTHONPATH": str(LAYER)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout
