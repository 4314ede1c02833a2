"""Fields and filters as SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.gateway.rest.query import Compare, In, Is, IsDistinct, Logic, TextSearch
from local.gateway.rest.snippet import (
    Snippet,
    array_literal,
    column,
    identifier,
    join,
    qualified,
    raw,
    value,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.gateway.rest.catalogue import Catalogue
    from local.gateway.rest.query import Condition, Field, Filter
    from local.gateway.rest.snippet import Name

_OPERATORS = {
    "eq": "=",
    "neq": "<>",
    "gt": ">",
    "gte": ">=",
    "lt": "<",
    "lte": "<=",
    "like": "like",
    "ilike": "ilike",
    "match": "~",
    "imatch": "~*",
    "cs": "@>",
    "cd": "<@",
    "ov": "&&",
    "sl": "<<",
    "sr": ">>",
    "nxr": "&<",
    "nxl": "&>",
    "adj": "-|-",
}
_JSON_TYPES = ("json", "jsonb")


class Scope:
    """What is needed to write the fields of one table: its columns' types and its name in the SQL.

    `special` may claim a filter, to write it in another way than as a comparison of a column.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        table: Name,
        rows: Name,
        special: Callable[[Filter], Snippet | None] | None = None,
    ) -> None:
        self.catalogue = catalogue
        self.table = table
        self.rows = rows
        self.special = special

    def field(self, item: Field) -> Snippet:
        """The column, or what its JSON path leads to."""
        plain = column(self.rows, item.name)
        if not item.path:
            return plain
        # A column that is JSON already is left as it is: wrapped, its index would not apply.
        known = self._type(item.name) in _JSON_TYPES
        base = plain if known else "to_jsonb(" + plain + ")"
        for step in item.path:
            base += step.arrow + value(step.key) + ("::int" if step.is_index else "")
        return base

    def whole_row(self) -> Snippet:
        return qualified(self.rows)

    def condition(self, item: Condition) -> Snippet:
        """A filter, or a tree of them in parentheses."""
        if isinstance(item, Logic):
            inside = join(f" {item.operator} ", (self.condition(term) for term in item.terms))
            return ("not (" if item.negated else "(") + inside + ")"
        claimed = self.special(item) if self.special else None
        return claimed if claimed is not None else self._filter(item)

    def _filter(self, item: Filter) -> Snippet:
        negation = "not " if item.negated else ""
        operation = item.operation
        if isinstance(operation, TextSearch):
            return negation + self._text_search(item.field, operation)
        left = negation + self.field(item.field)
        if isinstance(operation, Is):
            return left + f" is {operation.word}"
        if isinstance(operation, IsDistinct):
            return left + " is distinct from " + value(operation.value)
        if isinstance(operation, In):
            return left + " = any (" + self._members(item.field, operation) + ")"
        return left + self._comparison(item.field, operation)

    def _comparison(self, item: Field, operation: Compare) -> Snippet:
        if operation.operator in ("like", "ilike"):
            right = value(operation.value.replace("*", "%"))
        else:
            right = self._parsed(item, value(operation.value))
        if operation.quantifier is not None:
            right = f"{operation.quantifier} (" + right + ")"
        return f" {_OPERATORS[operation.operator]} " + right

    def _members(self, item: Field, operation: In) -> Snippet:
        # `in.()` reads as one empty element and means none.
        members = () if operation.values == ("",) else operation.values
        listed = value(array_literal(members))
        parser = self._parser(item)
        if parser is None:
            return listed
        return "select " + raw(parser) + "(unnest(" + listed + "::text[]))"

    def _text_search(self, item: Field, operation: TextSearch) -> Snippet:
        language = value(operation.language) + ", " if operation.language else Snippet()
        left = self.field(item)
        if item.path or self._type(item.name) != "tsvector":
            left = "to_tsvector(" + language + left + ")"
        return left + f" @@ {operation.function}(" + language + value(operation.value) + ")"

    def _type(self, name: str) -> str | None:
        known = self.catalogue.column_type(self.table, name)
        return known.base_type if known else None

    def _parser(self, item: Field) -> str | None:
        """The function that reads a text into the column's domain, when it has one."""
        known = self.catalogue.column_type(self.table, item.name)
        if known is None or item.path:
            return None
        return self.catalogue.representations.get(("text", known.type))

    def _parsed(self, item: Field, content: Snippet) -> Snippet:
        parser = self._parser(item)
        return raw(parser) + "(" + content + ")" if parser else content


def cast(content: Snippet, type_name: str | None) -> Snippet:
    """`cast(content as type)`. The grammar admits nothing but letters, digits, `_`, `$`, spaces;
    quoting would refuse `int` and `double precision`, which are syntax and not names."""
    if type_name is None:
        return content
    return "cast(" + content + " as " + raw(type_name) + ")"


def aliased(content: Snippet, alias: str | None) -> Snippet:
    return content if alias is None else content + " as " + identifier(alias)
