"""The console's libraries: fetched from the npm registry again, byte for byte as recorded.

`vendor.json` beside them names each package with its version, its licence, npm's own integrity of
the package, and the integrity of each file that was taken out of it.
"""

import base64
import hashlib
import json
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import click

from local.web.server import SITE

VENDOR = SITE / "vendor"
RECORD = VENDOR / "vendor.json"


class VendorError(Exception):
    """A package cannot be fetched, or is not what was recorded."""


@click.command("vendor")
@click.option("--record", is_flag=True, help="Take what the registry has, and record it.")
def command(record: bool) -> None:
    """Fetch the console's libraries again from the npm registry."""
    packages = read_record()
    try:
        for package in packages:
            fetch(package, record=record)
            click.echo(f"{package['name']} {package['version']}: {len(package['files'])} files")
    except VendorError as error:
        raise click.ClickException(str(error)) from error
    if record:
        RECORD.write_text(json.dumps({"packages": packages}, indent=2) + "\n")


def read_record() -> list[dict[str, Any]]:
    packages: list[dict[str, Any]] = json.loads(RECORD.read_text())["packages"]
    return packages


def integrity_of(content: bytes) -> str:
    """As npm and browsers write it."""
    return "sha512-" + base64.b64encode(hashlib.sha512(content).digest()).decode()


def fetch(package: dict[str, Any], *, record: bool) -> None:
    """Put the package's files in their places; with `record`, note what they are.

    Raises:
        VendorError: npm cannot fetch it, or something is not as it was recorded.
    """
    with tempfile.TemporaryDirectory() as directory:
        archive = _pack(f"{package['name']}@{package['version']}", Path(directory))
        _agree(package, "integrity", archive.read_bytes(), record=record)
        with tarfile.open(archive) as contents:
            for name, file in package["files"].items():
                member = contents.extractfile(f"package/{file['from']}")
                if member is None:
                    raise VendorError(f"{package['name']} has no file {file['from']}")
                content = member.read()
                _agree(file, "integrity", content, record=record)
                target = VENDOR / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)


def _pack(package: str, directory: Path) -> Path:
    try:
        packed = subprocess.run(
            ["npm", "pack", package, "--pack-destination", str(directory)],
            check=False,
            capture_output=True,
            text=True,
        )
    except FileNotFoundError as error:
        raise VendorError("npm is not installed: it comes with Node.js") from error
    if packed.returncode:
        raise VendorError(f"npm could not fetch {package}:\n{packed.stderr.strip()}")
    return next(directory.glob("*.tgz"))


def _agree(entry: dict[str, Any], name: str, content: bytes, *, record: bool) -> None:
    found = integrity_of(content)
    if record:
        entry[name] = found
    elif entry[name] != found:
        raise VendorError(f"{entry.get('name') or entry['from']} is {found}, not {entry[name]}")
