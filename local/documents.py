"""`python -m local docs`: writes the generated documents."""

import os
from collections.abc import Callable
from pathlib import Path

import click

ANY_PROJECT = "http://localhost:54321"


def generated() -> dict[Path, Callable[[], str]]:
    """Each generated document and what makes its text."""
    os.environ.setdefault("SUPABASE_URL", ANY_PROJECT)
    from local.catalogue import CATALOGUE, catalogue_text
    from local.openapi import DOCUMENT, document_text

    return {CATALOGUE: catalogue_text, DOCUMENT: document_text}


@click.command("docs")
def command() -> None:
    """Write docs/openapi.json and docs/access-patterns.md from the code."""
    for path, text in generated().items():
        path.write_text(text())
        click.echo(f"wrote {path.name}")
