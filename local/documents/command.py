"""`python -m local docs`: writes the generated documents."""

import os
from collections.abc import Callable
from pathlib import Path

import click
import psycopg

from local.commands import orderly
from local.services.postgres import BIN_VARIABLE
from local.services.scratch import scratch_database

ANY_PROJECT = "http://localhost:54321"


def generated() -> dict[Path, Callable[[], str]]:
    """Each document that is made from the code, and what makes its text."""
    os.environ.setdefault("SUPABASE_URL", ANY_PROJECT)
    from local.documents import machines, openapi
    from local.documents.catalogue import CATALOGUE, catalogue_text

    return {
        CATALOGUE: catalogue_text,
        machines.DOCUMENT: machines.document_text,
        openapi.DOCUMENT: openapi.document_text,
    }


@click.command("docs")
def command() -> None:
    """Write the generated documents of docs/ from the code and from the migrated database."""
    from local.documents import rls

    for path, text in generated().items():
        path.write_text(text())
        click.echo(f"wrote {path.name}")
    if BIN_VARIABLE in os.environ:
        raise click.ClickException(
            f"{rls.DOCUMENT.name} is in the words of the bundled PostgreSQL: unset {BIN_VARIABLE}."
        )
    with orderly(), scratch_database() as url, psycopg.connect(url) as connection:
        rls.DOCUMENT.write_text(rls.document_text(connection))
    click.echo(f"wrote {rls.DOCUMENT.name}")
