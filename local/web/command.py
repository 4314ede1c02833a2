"""`python -m local console`: the console alone, for a stack that is deployed somewhere."""

import time

import click

from local.commands import orderly
from local.host.ports import Ports, require_free
from local.web.server import ConsoleSettings, serve_console


@click.command("console")
@click.option("--api-url", required=True, help="The API's address, with its stage.")
@click.option("--supabase-url", required=True, help="As https://<ref>.supabase.co.")
@click.option("--publishable-key", required=True, help="The project's sb_publishable_… key.")
@click.option("--port", default=Ports().console, show_default=True)
def command(api_url: str, supabase_url: str, publishable_key: str, port: int) -> None:
    """Serve the console for a hosted stack, whose CORS must let its address in, until Ctrl-C."""
    settings = ConsoleSettings(api_url.rstrip("/"), supabase_url.rstrip("/"), publishable_key)
    ports = Ports(console=port)
    with orderly():
        require_free(ports, ["console"])
        with serve_console(settings, port) as url:
            click.echo(f"Console  {url}\n\nCtrl-C stops it.")
            while True:
                time.sleep(1)
