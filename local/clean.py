"""`make clean`: forget the local database, keys, logs and builds."""

import shutil

import click

from local.host.state import PROJECT, State, owner_of

FORGOTTEN = (".local", ".aws-sam", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis")


@click.command("clean")
def command() -> None:
    """Forget the local database, keys, logs and builds."""
    running = owner_of(State())
    if running is not None:
        raise click.ClickException(f"{running} Stop it first.")
    for name in FORGOTTEN:
        shutil.rmtree(PROJECT / name, ignore_errors=True)
