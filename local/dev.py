"""`make dev`: the backing services, and every endpoint in one server that reloads on a change."""

import os
import sys
import time

import click
import httpx

from local.commands import choose_ports, orderly, ports_option
from local.host.ports import LOOPBACK
from local.host.processes import Child, Supervisor
from local.host.progress import Progress
from local.host.state import PROJECT, State
from local.services.backing import Backing, started
from local.stack.running import Running, announced
from local.stack.template import read_functions
from local.web.server import ConsoleSettings, serve_console

WATCHED = ("functions", "layers/common", "local")


@click.command("dev")
@ports_option
def command(ports: str) -> None:
    """Serve every endpoint from one reloading process, with interactive docs, until Ctrl-C."""
    progress = Progress()
    chosen = choose_ports(ports)
    with (
        orderly(),
        started(
            State(), chosen, title="make dev", also=("api", "console"), progress=progress
        ) as stack,
        announced(stack.backing),
    ):
        url = f"http://{LOOPBACK}:{chosen.api}"
        with progress.step("API") as step:
            _serve(stack.supervisor, stack.backing, chosen.api)
            step.note = f"reloads on changes, on {chosen.api}"
        with progress.step("Publisher") as step:
            start_publisher(stack.supervisor, stack.backing)
            step.note = "events reach Realtime within half a second"
        settings = ConsoleSettings(url, stack.backing.supabase_url, stack.backing.publishable_key)
        with serve_console(settings, chosen.console) as console_url:
            progress.say(f"\nConsole  {console_url}\nAPI      {url}\nDocs     {url}/docs\n")
            progress.say("Ctrl-C stops everything.\n")
            while True:
                time.sleep(1)
                stack.supervisor.require_alive()


def _serve(supervisor: Supervisor, backing: Backing, port: int) -> None:
    command = [sys.executable, "-m", "uvicorn", "local.server:app", "--factory", "--reload"]
    # Who is limited is told by the socket, as behind API Gateway: a header has no say.
    command += ["--host", LOOPBACK, "--port", str(port), "--no-proxy-headers"]
    command += [part for directory in WATCHED for part in ("--reload-dir", directory)]
    environment = os.environ | functions_environment(Running.of(backing))
    child = supervisor.start("api", command, env=environment, cwd=PROJECT, grace=3, shown=True)
    docs = f"http://{LOOPBACK}:{port}/openapi.json"
    supervisor.wait_for(child, lambda: _answers(docs), timeout=60)


def start_publisher(supervisor: Supervisor, backing: Backing) -> Child:
    """Publish the outbox, as the schedule has it done where the stack is deployed."""
    command = [sys.executable, "-m", "local.services.publisher"]
    environment = os.environ | functions_environment(Running.of(backing))
    return supervisor.start("publisher", command, env=environment, cwd=PROJECT, grace=3)


def functions_environment(running: Running) -> dict[str, str]:
    """What the functions are told, all of them at once."""
    merged: dict[str, str] = {}
    for function in read_functions(running.parameters):
        merged |= function.environment
    return (
        merged
        | dict(running.secrets_environment)
        | {
            "PYTHONPATH": os.pathsep.join([str(PROJECT / "layers" / "common"), str(PROJECT)]),
            "POWERTOOLS_TRACE_DISABLED": "true",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_DEFAULT_REGION": "us-east-1",
        }
    )


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5, trust_env=False).is_success
    except httpx.TransportError:
        return False
