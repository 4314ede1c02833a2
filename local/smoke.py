"""`make smoke`: deploy the product on free ports, walk its story over HTTP, tear it down."""

import tempfile
from pathlib import Path

import click

from local.commands import orderly
from local.demo.client import Client
from local.demo.story import Story, StoryError
from local.host.ports import Ports
from local.host.progress import Progress
from local.host.state import State
from local.stack.deployed import deployed


@click.command("smoke")
def command() -> None:
    """Deploy on free ports, walk the product's story over HTTP, tear down."""
    progress = Progress()
    with orderly(), tempfile.TemporaryDirectory(prefix="limelight-smoke-") as directory:
        state = State(root=Path(directory))
        with (
            deployed(
                state, Ports.free(), title="make smoke", durable=False, progress=progress
            ) as stack,
            Client(stack.api_url) as client,
        ):
            try:
                Story(stack.backing, client, progress).tell()
            except StoryError as error:
                raise click.ClickException(str(error)) from error
    progress.say("[green]The story holds.[/]")
