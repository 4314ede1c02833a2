"""The layer is built from the lock, for the machine it is to run on."""

import os
import struct
import subprocess
import sys
from importlib.util import MAGIC_NUMBER
from pathlib import Path

import pytest

from local.requirements import REQUIREMENTS, locked_requirements
from local.state import PROJECT

LAYER = PROJECT / "layers" / "common"
UNCHECKED_HASH = 0b01


def test_the_layers_requirements_are_those_of_the_lock() -> None:
    assert REQUIREMENTS.read_text() == locked_requirements(), "run `make lock`"


def test_the_layer_leaves_out_what_lambda_has() -> None:
    names = {line.split("==")[0] for line in REQUIREMENTS.read_text().splitlines() if "==" in line}

    assert names.isdisjoint({"boto3", "botocore", "s3transfer"})
    assert {"fastapi", "psycopg", "supabase"} <= names


@pytest.fixture(scope="module")
def layer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("layer")
    environment = {
        "ARCH": "host",
        "PYTHON": sys.executable,
        "ARTIFACTS_DIR": str(directory),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    built = subprocess.run(
        ["make", "-C", str(LAYER), "build-CommonLayer"],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    return directory / "python"


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
