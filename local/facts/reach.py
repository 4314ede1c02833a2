"""What a function comes to in the code: the pieces of its domain, and the queries they ask."""

import ast
import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from types import FunctionType, ModuleType

from local.facts.endpoints import Function

_WAYS = ("service", "queries", "ledger", "payments", "media")
"""The modules that a function's work leads through, whichever domain they are of."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Something that a module of the layer defines, by the name it has there."""

    module: ModuleType
    name: str
    value: object

    @property
    def is_query(self) -> bool:
        return self.module.__name__.endswith(".queries")

    @property
    def is_rest_query(self) -> bool:
        return self.is_query and isinstance(self.value, FunctionType)

    @property
    def source(self) -> str | None:
        """The code of a function or class; None of any other value."""
        if isinstance(self.value, FunctionType | type):
            return inspect.getsource(self.value)
        return None


@lru_cache
def reached(function: Function) -> tuple[Piece, ...]:
    """Every piece that `function` comes to, through whatever it calls; each once."""
    return tuple(_reached(function.module, inspect.getsource(function.module), set()))


def _reached(module: ModuleType, source: str, seen: set[tuple[str, str]]) -> Iterator[Piece]:
    for owner, name in _mentioned(module, source):
        if (owner.__name__, name) in seen or not hasattr(owner, name):
            continue
        seen.add((owner.__name__, name))
        piece = Piece(owner, name, getattr(owner, name))
        if not _is_of(piece, owner):
            continue
        yield piece
        if piece.source is not None and not piece.is_query:
            yield from _reached(owner, piece.source, seen)


def _is_of(piece: Piece, owner: ModuleType) -> bool:
    """Whether the module itself defines the piece, instead of importing it; a constant may be."""
    if isinstance(piece.value, FunctionType | type):
        return piece.value.__module__ == owner.__name__
    return not isinstance(piece.value, ModuleType)


def _mentioned(module: ModuleType, source: str) -> Iterator[tuple[ModuleType, str]]:
    """The names in `source` that lie in a domain: `service.join`, `queries.JOIN`, `_watching`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            owner = getattr(module, node.value.id, None)
            if isinstance(owner, ModuleType) and _is_way(owner):
                yield owner, node.attr
        elif isinstance(node, ast.Name) and _is_way(module):
            yield module, node.id


def _is_way(module: ModuleType) -> bool:
    return module.__name__.startswith("limelight.") and module.__name__.rpartition(".")[2] in _WAYS
