"""Every statement of the ledger's door is held against a model, or made while things break."""

import ast
from pathlib import Path

from lambda_pool import Query
from limelight.money import queries
from local.host.state import PROJECT

MONEY = PROJECT / "tests" / "money"
CLIENTS = ("client", "calling")
"""The modules that make a call out of a statement, one function each."""

type Names = set[str]


def names_of(module: str, path: Path | ast.AST) -> Names:
    """What a piece of code takes out of a module: `queries.GIFT`, `client.gift`."""
    tree = path if isinstance(path, ast.AST) else ast.parse(path.read_text())
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == module
    }


def statements_of(folder: str) -> Names:
    """The door's statements that a folder's code makes, by itself or by a function of a client."""
    sources = sorted((MONEY / folder).glob("*.py"))
    made = {name for source in sources for name in names_of("queries", source)}
    for client in CLIENTS:
        used = {name for source in sources for name in names_of(client, source)}
        for node in ast.parse((MONEY / f"{client}.py").read_text()).body:
            if isinstance(node, ast.FunctionDef) and node.name in used:
                made |= names_of("queries", node)
    return made


def test_every_statement_of_the_door_is_held_against_the_model_or_made_in_the_bank() -> None:
    door = {name for name, value in vars(queries).items() if isinstance(value, Query)}

    assert door - statements_of("machines") - statements_of("tellers") == set()


def test_what_is_held_against_the_model_is_made_in_the_bank_as_well() -> None:
    assert statements_of("machines") - statements_of("tellers") == set()
