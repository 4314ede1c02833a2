"""The examples of the ledger print what is committed beside them, on every PostgreSQL here."""

import os
import subprocess
from pathlib import Path

import pytest

from local.gateway.bootstrap import bootstrap
from local.host.ports import Ports
from local.host.processes import Supervisor
from local.host.state import PROJECT, State
from local.services.migrate import migrate
from local.services.postgres import BIN_VARIABLE, OLDEST, find_installation, start_postgres

EXAMPLE = PROJECT / "supabase" / "examples" / "ledger.sql"
COMMITTED = EXAMPLE.with_suffix(".out")
SYSTEM = Path("/usr/lib/postgresql")
REWRITE = "LIMELIGHT_REWRITE_EXAMPLES"
"""Set, the committed output is written anew: read the difference before you commit it."""


def installed() -> list[str]:
    """The system's own PostgreSQL versions, where it has any that are new enough."""
    found = (path.parent.parent.name for path in SYSTEM.glob("*/bin/postgres"))
    return sorted(version for version in found if version.isdigit() and int(version) >= OLDEST)


@pytest.mark.parametrize("version", ["embedded", *installed()])
def test_the_examples_print_what_is_committed(
    version: str, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    if version != "embedded":
        monkeypatch.setenv(BIN_VARIABLE, str(SYSTEM / version / "bin"))
    printed = run_examples(State(tmp_path_factory.mktemp(f"examples-{version}")))

    if os.environ.get(REWRITE):
        COMMITTED.write_text(printed)
    assert printed == COMMITTED.read_text()


def run_examples(state: State) -> str:
    """What psql prints over a new database."""
    installation = find_installation()
    with Supervisor(state) as supervisor:
        server = start_postgres(supervisor, state, Ports.free().postgres, durable=False)
        bootstrap(server.url)
        migrate(server.url)
        command = [str(installation.bin / "psql"), "--no-psqlrc", server.url, "--file=-"]
        said = subprocess.run(
            command,
            input=EXAMPLE.read_text(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=True,
            env=os.environ | {"PGOPTIONS": "-c client_min_messages=warning"},
        )
    return said.stdout
