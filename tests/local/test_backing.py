"""The services come up together, and go down without a trace."""

import json
import os
import subprocess
import sys
from pathlib import Path

import httpx
import psutil
import psycopg
import pytest

from local.host.ports import Ports
from local.host.state import PROJECT, AlreadyRunningError, State
from local.services.backing import BACKEND, backing_services
from local.services.pgbouncer import find_pgbouncer
from local.services.secrets import TOKEN_HEADER


def test_the_services_come_up_together_and_go_down_without_a_trace(tmp_path: Path) -> None:
    before = {child.pid for child in psutil.Process().children()}
    state = State(root=tmp_path)

    with backing_services(state) as backing:
        with psycopg.connect(backing.pooler_url) as backend:
            assert backend.execute("select current_user").fetchone() == (BACKEND,)
            assert bool(backend.pgconn.ssl_in_use) == backing.pooler
        jwks = f"{backing.supabase_url}/auth/v1/.well-known/jwks.json"
        assert httpx.get(jwks, trust_env=False).json()["keys"][0]["alg"] == "ES256"
        secret = httpx.get(
            backing.secrets_url,
            params={"secretId": "limelight/local/database"},
            headers={TOKEN_HEADER: backing.secrets.token},
            trust_env=False,
        )
        assert json.loads(secret.json()["SecretString"]) == {"url": backing.pooler_url}
        services = [child for child in psutil.Process().children() if child.pid not in before]
        theirs = [child for service in services for child in service.children(recursive=True)]

    assert services
    assert [process for process in services + theirs if process.is_running()] == []
    assert not (tmp_path / "postgres" / "postmaster.pid").exists()
    assert not state.processes.exists()


def test_no_secret_shows_in_the_process_list(tmp_path: Path) -> None:
    with backing_services(State(root=tmp_path)) as backing:
        children = psutil.Process().children(recursive=True)
        commands = " ".join(" ".join(child.cmdline()) for child in children)
        passwords = json.loads(backing.state.passwords.read_text()).values()

    secrets = (backing.secret_key, backing.jwt_secret, backing.secrets.token, *passwords)
    assert [secret for secret in secrets if secret in commands] == []


def test_a_second_stack_on_the_same_state_is_refused(tmp_path: Path) -> None:
    state, ports = State(root=tmp_path), Ports.free()

    with (
        backing_services(state, ports=ports),
        pytest.raises(AlreadyRunningError) as refused,
        backing_services(state, ports=ports),
    ):
        pytest.fail("two stacks on one state")

    assert f"backing services (pid {os.getpid()})" in str(refused.value)
    assert f"{ports.postgres} (postgres) is held by postgres" in str(refused.value)


@pytest.mark.skipif(find_pgbouncer() is None, reason="there is a pooler to go without")
def test_without_pgbouncer_the_stack_goes_straight_to_postgresql(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("local.services.pgbouncer.find_pgbouncer", lambda: None)

    with backing_services(State(root=tmp_path)) as backing:
        assert not backing.pooler
        assert f":{backing.ports.postgres}/" in backing.pooler_url
        with psycopg.connect(backing.pooler_url) as backend:
            assert backend.execute("select current_user").fetchone() == (BACKEND,)


def test_a_failing_step_leaves_no_process(tmp_path: Path) -> None:
    broken = tmp_path / "migrations"
    broken.mkdir()
    (broken / "20260101000000_broken.sql").write_text("select 1/0")
    script = (
        "import sys; from pathlib import Path\n"
        "from local.services.backing import backing_services\n"
        "from local.host.state import State\n"
        "root = Path(sys.argv[1])\n"
        "with backing_services(State(root=root / 'state'), migrations=root / 'migrations'): pass\n"
    )

    failed = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert failed.returncode == 1
    assert "division by zero" in failed.stderr
    assert not (tmp_path / "state" / "postgres" / "postmaster.pid").exists()
