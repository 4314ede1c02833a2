"""What the layer installs: `layers/common/requirements.txt`, exported from uv.lock.

`sam build` copies the layer's directory and runs its Makefile there, out of reach of the lock.
"""

import subprocess
import sys
from pathlib import Path

import click

from local.host.state import PROJECT

REQUIREMENTS = PROJECT / "layers" / "common" / "requirements.txt"
# Lambda's Python has these.
IN_THE_RUNTIME = ("boto3", "botocore", "s3transfer")
# What packages ask for and no function ever imports; tests/local/test_layer.py looks.
UNUSED = (
    # supabase puts together what is used by its parts: postgrest and supabase-auth.
    *("supabase", "supabase-functions", "storage3", "realtime", "websockets"),
    # HTTP/2 of httpx, which its connections here do without.
    *("h2", "hpack", "hyperframe"),
    # A parser of C for those who build with cffi; types for those who check protobuf's.
    *("pycparser", "types-protobuf"),
)
HEADER = "# Exported from uv.lock by `make lock`: not edited by hand.\n"


def locked_requirements() -> str:
    """The layer's requirements as the lock has them, with hashes."""
    return HEADER + exported(*IN_THE_RUNTIME, *UNUSED)


def exported(*without: str) -> str:
    """What the lock has of the product's own dependencies, but for the packages named."""
    left_out = [part for name in without for part in ("--no-emit-package", name)]
    uv = Path(sys.executable).with_name("uv")
    command = [str(uv), "export", "--quiet", "--frozen", "--no-default-groups", "--no-emit-project"]
    command += ["--no-header", "--no-annotate", *left_out]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    return done.stdout


@click.command("requirements")
def command() -> None:
    """Export what the layer installs from uv.lock."""
    REQUIREMENTS.write_text(locked_requirements())
    click.echo(f"Wrote {REQUIREMENTS.relative_to(PROJECT)}")
