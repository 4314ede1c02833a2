"""`make run`: the whole product, deployed on this machine, with people to try it as."""

import time

import click
from rich.table import Table

from local.commands import choose_ports, orderly, ports_option
from local.demo.client import Client, UnexpectedAnswerError
from local.demo.data import PASSWORD, STAR, Demo, email_of, keep_live, make_demo
from local.demo.placeholders import offered
from local.documents.swagger import deployed_document, serve_docs
from local.host.processes import Supervisor
from local.host.progress import Progress
from local.host.state import State
from local.stack.deployed import Deployment, deployed
from local.web.server import ConsoleSettings, serve_console

HEARTBEAT_SECONDS = 60


@click.command("run")
@ports_option
def command(ports: str) -> None:
    """Run everything: the real template on a local AWS, demo data, until Ctrl-C."""
    progress = Progress()
    state = State()
    chosen = choose_ports(ports)
    with (
        orderly(),
        deployed(
            state, chosen, title="make run", also=("docs", "console"), progress=progress
        ) as stack,
        serve_docs(deployed_document(stack.api_url), chosen.docs) as docs_url,
        Client(stack.api_url) as client,
    ):
        with progress.step("Demo data"):
            demo = _make_demo(stack, client)
        settings = console_settings(stack, demo)
        with (
            serve_console(settings, chosen.console) as console_url,
            offered(state, demo, stack.api_url),
        ):
            _describe(progress, stack, console_url, docs_url, demo)
            _serve(stack.supervisor, stack, client, demo)


def console_settings(stack: Deployment, demo: Demo) -> ConsoleSettings:
    """What the console is told of a deployed stack, and whom it may be signed in as."""
    backing = stack.backing
    return ConsoleSettings(
        stack.api_url, backing.supabase_url, backing.publishable_key, demo.console_accounts()
    )


def _make_demo(stack: Deployment, client: Client) -> Demo:
    try:
        return make_demo(stack.backing, client)
    except UnexpectedAnswerError as error:
        raise click.ClickException(f"The demo data could not be made: {error}") from error


def _serve(supervisor: Supervisor, stack: Deployment, client: Client, demo: Demo) -> None:
    """Wait for Ctrl-C; end at once when a service ends."""
    beat = time.monotonic()
    while True:
        time.sleep(1)
        supervisor.require_alive()
        if time.monotonic() - beat > HEARTBEAT_SECONDS:
            beat = time.monotonic()
            keep_live(stack.backing, client, demo)


def _describe(
    progress: Progress, stack: Deployment, console_url: str, docs_url: str, demo: Demo
) -> None:
    addresses = Table("Where", "Address", title="Limelight is running")
    addresses.add_row("Console", console_url)
    addresses.add_row("API", stack.api_url)
    addresses.add_row("Docs", docs_url)
    addresses.add_row("Supabase", f"{stack.backing.supabase_url} (key in .local/keys.json)")
    addresses.add_row("PostgreSQL", f"127.0.0.1:{stack.backing.ports.postgres}")
    addresses.add_row("Stripe", f"{stack.backing.stripe.url} (a stand-in)")
    if stack.backing.pooler:
        addresses.add_row("Pooler", f"127.0.0.1:{stack.backing.ports.pooler} (TLS, transactions)")
    accounts = Table("Who", "E-mail", f"Id (every password: {PASSWORD})", title="Demo accounts")
    for role, account in demo.accounts():
        accounts.add_row(role, email_of(account.username), account.id)
    progress.console.print(addresses, accounts)
    progress.console.print("\nTokens, good for an hour, and ids:\n", soft_wrap=True)
    for name, value in demo.values().items():
        progress.console.print(f"export {name}={value}", soft_wrap=True, markup=False)
    progress.console.print("\nTry:\n", soft_wrap=True)
    for line in curl_lines(stack.api_url, demo):
        progress.console.print(line + "\n", soft_wrap=True, markup=False)
    progress.say("Ctrl-C stops everything; the data stays in .local/ (`make clean` forgets it).")


def curl_lines(api_url: str, demo: Demo) -> list[str]:
    """Commands to paste: an open one, one with a token, one that moves coins."""
    fan = demo.fans[0]
    token = f"-H 'Authorization: Bearer {fan.token}'"
    key = '-H "Idempotency-Key: $(date +%s%N)"'
    json = "-H 'Content-Type: application/json'"
    gift = f'{{"giftId": "{STAR}", "quantity": 1}}'
    return [
        f"curl -s {api_url}/api/streams/live",
        f"curl -s {api_url}/api/wallet/balance {token}",
        f"curl -s {api_url}/api/streams/{demo.stream_id}/gift {token} {key} {json} -d '{gift}'",
    ]
