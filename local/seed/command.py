"""`make seed`: fill the running stack's database, or another, with a believable world."""

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime

import click
from rich.table import Table

from local.commands import orderly
from local.host.ports import Ports
from local.host.progress import Progress
from local.host.state import State
from local.seed.fill import Figures, fill
from local.seed.target import (
    Connection,
    SeedError,
    connect,
    foreign_host,
    holds,
    landmarks,
    username_of,
)
from local.seed.world import LARGEST, PASSWORD, SMALLEST, World, this_second
from local.services.backing import started
from local.services.migrate import VARIABLE
from local.services.postgres import running_url


class Moment(click.ParamType):
    """A moment in ISO 8601, UTC unless it says otherwise."""

    name = "moment"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value} is not a moment in ISO 8601.", param, ctx)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@click.command("seed")
@click.option(
    "--scale",
    type=click.FloatRange(SMALLEST, LARGEST),
    default=0.01,
    show_default=True,
    help="1 is 100,000 users, 10,000 streams, a million follows, gifts and lines of chat.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="The same makes the same.")
@click.option("--at", type=Moment(), help="The world's present; now unless given.")
@click.option(
    "--dsn",
    envvar=VARIABLE,
    show_envvar=True,
    help="The direct URL of the database's owner; the running stack's unless given.",
)
@click.option("--force", is_flag=True, help="Fill a database that is not on this machine.")
def command(scale: float, seed: int, at: datetime | None, dsn: str | None, force: bool) -> None:
    """Fill a database with people, streams, chat and gifts."""
    progress = Progress()
    world = World(seed, scale, at or this_second())
    with orderly(), _database(dsn, progress) as url, connect(url) as connection:
        _require_consent(connection, force=force)
        known = holds(connection)
        if known is None:
            _show(progress, fill(connection, world, progress))
        elif not known.is_asked_for(seed, scale, at):
            raise SeedError(f"This database holds another world already: {known}.")
        progress.say(f"This database holds {known or world}.")
        _guide(progress, connection)


@contextlib.contextmanager
def _database(dsn: str | None, progress: Progress) -> Iterator[str]:
    """The URL given, or the running stack's; without either, this project's, run for the while."""
    if url := dsn or running_url(State()):
        yield url
        return
    with started(State(), Ports.free(), title="make seed", progress=progress) as stack:
        yield stack.backing.direct_url


def _require_consent(connection: Connection, *, force: bool) -> None:
    """Only a person who types its name has a database elsewhere filled."""
    host = foreign_host(connection)
    if host is None:
        return
    if not force:
        raise SeedError(f"{host} is not this machine: --force asks you and goes on.")
    if click.prompt(f"Type {host} to fill it with made-up people") != host:
        raise SeedError("That is another name.")


def _show(progress: Progress, figures: Figures) -> None:
    table = Table("Table", "Rows")
    table.columns[1].justify = "right"
    for name, rows in figures.rows.items():
        table.add_row(name, f"{rows:,}")
    table.add_section()
    table.add_row("all", f"{figures.total:,}")
    progress.console.print(table)
    progress.say(f"{figures.seconds:.1f} s, {figures.per_second:,} rows a second\n")


def _guide(progress: Progress, connection: Connection) -> None:
    """Where there is most to see, and who to see it as."""
    table = Table("Most of everything", "Id", "User name")
    for name, identifier in landmarks(connection).items():
        table.add_row(name, str(identifier), username_of(connection, identifier))
    progress.console.print(table)
    progress.say(f"Sign in as <user name>@example.com with the password: {PASSWORD}")
