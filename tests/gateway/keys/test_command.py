"""`python -m local gateway`: starts over any database, says so, stops cleanly."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from local.gateway.keys import LocalKeys

COMMAND = [sys.executable, "-m", "local", "gateway"]


@contextmanager
def running(**environment: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command with options from the environment, and the line that it greets with."""
    process = subprocess.Popen(
        COMMAND,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield process, process.stdout.readline()
    finally:
        process.kill()
        process.communicate()


def fails(*options: str) -> str:
    """What the command says when it cannot start."""
    done = subprocess.run(
        [*COMMAND, *options], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode != 0
    assert done.stdout == ""
    return done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_greets_serves_and_stops_on_a_signal(
    project_url: str, tmp_path: Path, number: signal.Signals
) -> None:
    keys_file = tmp_path / "keys.json"
    keys = LocalKeys.load_or_create(keys_file)

    with running(
        GATEWAY_DATABASE_URL=project_url, GATEWAY_PORT="0", GATEWAY_KEYS_FILE=str(keys_file)
    ) as (process, greeting):
        assert greeting.startswith("Gateway ready on http://127.0.0.1:")
        url = greeting.split()[3]
        assert httpx.get(f"{url}/health").status_code == 200
        headers = {"apikey": keys.publishable_key}
        assert httpx.get(f"{url}/auth/v1/settings", headers=headers).status_code == 200
        assert keys.secret_key not in greeting

        process.send_signal(number)
        output, errors = process.communicate(timeout=10)

    assert process.returncode == 0
    assert (output, errors) == ("", "")


def test_an_answer_does_not_wait_for_an_acknowledgement(project_url: str) -> None:
    with (
        running(GATEWAY_DATABASE_URL=project_url, GATEWAY_PORT="0") as (_, greeting),
        httpx.Client(base_url=greeting.split()[3]) as client,
    ):
        client.get("/health")
        took = min(
            client.get("/auth/v1/.well-known/jwks.json").elapsed.total_seconds() for _ in range(5)
        )

    # Nagle's algorithm and a delayed acknowledgement make 40 ms of it.
    assert took < 0.03


def test_a_websocket_of_another_product_is_refused_with_the_reason(project_url: str) -> None:
    handshake = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    }
    with running(GATEWAY_DATABASE_URL=project_url, GATEWAY_PORT="0") as (_, greeting):
        url = f"{greeting.split()[3]}/storage/v1/socket"
        answer = httpx.get(url, headers=handshake)

    assert answer.status_code == 501
    assert answer.json()["message"].startswith("/storage/v1/socket (websocket): not served")


def test_a_database_that_does_not_answer_is_one_line() -> None:
    said = fails("--port", "0", "--database-url", "postgresql://nobody@127.0.0.1:1/none")

    assert said.startswith("Error: cannot reach the database: ")
    assert said.count("\n") == 1


def test_a_port_that_is_taken_is_one_line(project_url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = fails("--port", str(port), "--database-url", project_url)

    assert said == f"Error: cannot listen on 127.0.0.1:{port}: Address already in use\n"


def test_a_signing_key_of_the_wrong_kind_is_one_line(project_url: str, tmp_path: Path) -> None:
    file = tmp_path / "key.json"
    file.write_text('{"kty": "oct", "k": "AAAA"}')

    said = fails(*("--port", "0", "--database-url", project_url, "--signing-key-file", str(file)))

    assert said == f"Error: {file}: the signing key must be a private JWK on curve P-256\n"


def test_help_names_every_option_and_needs_no_database() -> None:
    done = subprocess.run([*COMMAND, "--help"], capture_output=True, text=True, check=True)

    for option in ("--database-url", "--jwt-secret", "--max-rows", "--no-autoconfirm", "--host"):
        assert option in done.stdout
