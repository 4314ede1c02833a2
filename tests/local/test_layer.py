"""The layer is built from the lock, for the machine it is to run on."""

import hashlib
import marshal
import os
import shutil
import struct
import subprocess
import sys
import tomllib
from importlib.util import MAGIC_NUMBER
from pathlib import Path
from types import CodeType
from typing import Any

import pytest
from packaging.tags import compatible_tags, cpython_tags
from packaging.utils import parse_wheel_filename

from local.facts.endpoints import FUNCTIONS
from local.host.state import PROJECT
from local.requirements import REQUIREMENTS, UNUSED, locked_requirements

LAYER = PROJECT / "layers" / "common"
UNCHECKED_HASH = 0b01
HEADER_BYTES = 16
# As the Makefile has it.
BUDGET_MEGABYTES = 90

LATER = {
    "httpcore": "httpx loads it with its first connection",
    "h11": "httpcore does",
    "supabase_auth": "loaded by the first sign-up",
    "cffi": "cryptography loads its compiled half, _cffi_backend",
    "attrs": "the other name of attr, which aiohttp loads",
    "psycopg_binary.libs": "libpq and what it stands on, loaded by psycopg_binary",
}
"""What no function imports when it starts, and why it is shipped."""

_EVERY_FUNCTION = """
import sys
from importlib import import_module
sys.path[:0] = sys.argv[1:3]
for name in sys.argv[3:]:
    import_module(name)
print(*{name.partition(".")[0] for name in sys.modules})
"""


def test_the_layers_requirements_are_those_of_the_lock() -> None:
    assert REQUIREMENTS.read_text() == locked_requirements(), "run `make lock`"


def test_the_layer_leaves_out_what_lambda_has() -> None:
    names = {line.split("==")[0] for line in REQUIREMENTS.read_text().splitlines() if "==" in line}

    assert names.isdisjoint({"boto3", "botocore", "s3transfer"})
    assert {"fastapi", "psycopg", "postgrest"} <= names


def test_what_no_function_imports_is_not_installed() -> None:
    locked = {one["name"] for one in lock()["package"]}

    assert set(UNUSED) <= locked, "left out, and asked for by nobody"


@pytest.mark.parametrize("machine", ["aarch64", "x86_64"])
def test_every_package_has_a_wheel_for_either_architecture(machine: str) -> None:
    """Lambda's Python 3.13 stands on glibc 2.34; the Makefile asks for manylinux_2_28 at most."""
    platforms = [f"manylinux_2_{minor}_{machine}" for minor in range(5, 29)]
    platforms.append(f"manylinux2014_{machine}")
    compiled = cpython_tags((3, 13), platforms=platforms)
    fitting = {*compiled, *compatible_tags((3, 13), platforms=platforms)}
    wheels = {one["name"]: one.get("wheels", []) for one in lock()["package"]}

    for name in required():
        names = [wheel["url"].rpartition("/")[2] for wheel in wheels[name]]
        assert any(fitting & parse_wheel_filename(wheel)[3] for wheel in names), (name, names)


def lock() -> dict[str, Any]:
    return tomllib.loads((PROJECT / "uv.lock").read_text())


def required() -> list[str]:
    """The packages that the layer installs on Linux."""
    lines = [line for line in REQUIREMENTS.read_text().splitlines() if "==" in line]
    return [line.split("==")[0] for line in lines if "win32" not in line]


def build(source: Path, target: Path) -> str:
    """Builds the layer for this machine; answers what was said."""
    environment = {
        "ARCH": "host",
        "PYTHON": sys.executable,
        "ARTIFACTS_DIR": str(target),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    built = subprocess.run(
        ["make", "-C", str(source), "build-CommonLayer"],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    return built.stdout


@pytest.fixture(scope="module")
def layer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("layer")
    said = build(LAYER, directory)
    (directory / "said").write_text(said)
    return directory / "python"


def fingerprint(layer: Path) -> dict[str, str]:
    """What every file of the layer holds, by its path."""
    return {
        str(path.relative_to(layer)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in layer.rglob("*")
        if path.is_file()
    }


def test_the_same_sources_give_the_same_bytes_wherever_they_are_built(
    layer: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "elsewhere"
    shutil.copytree(LAYER, copy)

    build(copy, tmp_path / "again")

    assert fingerprint(tmp_path / "again" / "python") == fingerprint(layer)


def test_the_size_is_told_and_within_the_budget(layer: Path) -> None:
    size = sum(path.stat().st_size for path in layer.rglob("*") if path.is_file()) / 1_000_000

    said = (layer.parent / "said").read_text()
    assert f"The layer is {size:.1f} MB unzipped, of {BUDGET_MEGABYTES} MB at most" in said
    assert size <= BUDGET_MEGABYTES


def test_a_layer_over_its_budget_is_not_built(layer: Path) -> None:
    command = [sys.executable, str(LAYER / "size.py"), str(layer), "1"]

    assert subprocess.run(command, capture_output=True, check=False).returncode == 1


def test_nothing_is_shipped_that_nobody_imports(layer: Path) -> None:
    shipped = {path.name for path in layer.iterdir() if path.suffix != ".dist-info"}
    packages = {name if name in LATER else name.partition(".")[0] for name in shipped}
    functions = [f"{path.parent.name}.{path.stem}" for path in sorted(FUNCTIONS.glob("*/*.py"))]

    imported = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _EVERY_FUNCTION, FUNCTIONS, layer, *functions],
        env={"SUPABASE_URL": "http://127.0.0.1:1", "POWERTOOLS_TRACE_DISABLED": "true"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert imported.returncode == 0, imported.stderr
    assert packages - {"__pycache__"} - set(imported.stdout.split()) == set(LATER)


def test_a_traceback_names_the_source_as_it_lies_on_lambda(layer: Path) -> None:
    (compiled,) = (layer / "limelight" / "__pycache__").glob("errors.*.pyc")

    code = marshal.loads(compiled.read_bytes()[HEADER_BYTES:])  # noqa: S302 - built just now

    assert isinstance(code, CodeType)
    assert code.co_filename == "/opt/python/limelight/errors.py"


def test_bytecode_is_never_checked_against_dates(layer: Path) -> None:
    compiled = list(layer.rglob("*.pyc"))

    assert len(compiled) > 500
    for path in compiled:
        magic, flags = struct.unpack("<4sI", path.read_bytes()[:8])
        assert (magic, flags) == (MAGIC_NUMBER, UNCHECKED_HASH), path


def test_the_layer_holds_no_test_suites_and_no_programs(layer: Path) -> None:
    assert not (layer / "bin").exists()
    assert [path for path in layer.rglob("tests") if path.is_dir()] == []
    assert list(layer.rglob("*.pyi")) == []


def test_the_kernel_imports_from_the_layer_and_the_standard_library_alone(layer: Path) -> None:
    script = f"import sys; sys.path.insert(0, {str(layer)!r}); import limelight.http, lambda_pool"

    imported = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script],
        env={"SUPABASE_URL": "http://127.0.0.1:1", "POWERTOOLS_TRACE_DISABLED": "true"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert imported.returncode == 0, imported.stderr


def test_an_unknown_architecture_is_refused() -> None:
    refused = subprocess.run(
        ["make", "-C", str(LAYER), "build-CommonLayer", "ARCH=sparc", "ARTIFACTS_DIR=/nowhere"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert refused.returncode != 0
    assert "ARCH must be" in refused.stderr
