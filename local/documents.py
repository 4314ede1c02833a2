"""`python -m local docs`: writes the generated documents."""

import os
from collections.abc import Callable
from pathlib import Path

import click

ANY_PROJECT = "http://localhost:54321"


def generated() -> dict[Path, Callable[[], str]]:
    """Each generated document and what makes its text."""
    os.environ.setdefault("SUPABASE_URL", ANY_PROJECT)
    from local import machines, openapi
    from local.catalogue import CATALOGUE, catalogue_text, pages

    return {
        CATALOGUE: catalogue_text,
        **pages(),
        machines.DOCUMENT: machines.document_text,
        openapi.DOCUMENT: openapi.document_text,
    }


@click.command("docs")
def command() -> None:
    """Write the generated documents of docs/ from the code."""
    for path, text in generated().items():
        path.write_text(text())
        click.echo(f"wrote {path.name}")
