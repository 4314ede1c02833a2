"""Splits a migration into its statements, where PostgreSQL would: the history table keeps them."""

import re
from collections.abc import Iterator

# What may hide a semicolon, or tell what a `begin` and an `end` belong to. A dollar sign opens a
# quote only where no identifier goes on.
_TOKEN = re.compile(
    r"""
    (?P<comment>--[^\n]*)
  | (?P<block>/\*)
  | (?P<escaped>\b[eE]'(?:[^'\\]|\\.|'')*')
  | (?P<string>'(?:[^']|'')*')
  | (?P<name>"(?:[^"]|"")*")
  | (?P<dollar>(?<![\w$])\$(?P<tag>(?:[^\W\d]\w*)?)\$.*?\$(?P=tag)\$)
  | (?P<atomic>\bbegin\s+atomic\b)
  | (?P<case>\bcase\b)
  | (?P<end>\bend\b)
  | (?P<semicolon>;)
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_BLOCK_MARK = re.compile(r"/\*|\*/")
_TRANSACTION = re.compile(
    r"(begin|start\s+transaction|commit|end|rollback|abort)\b(?!\s+atomic)", re.IGNORECASE
)
_LEADING = re.compile(r"(?:\s+|--[^\n]*(?:\n|$)|/\*.*?\*/)*", re.DOTALL)


def split_statements(text: str) -> list[str]:
    """The statements of a file, trimmed, comments kept, without the semicolons between them."""
    statements: list[str] = []
    start = 0
    for end in [*_semicolons(text), len(text)]:
        statement = text[start:end].strip()
        if _LEADING.sub("", statement, count=1):
            statements.append(statement)
        start = end + 1
    return statements


def controls_transaction(statement: str) -> bool:
    """Whether the statement begins or ends a transaction, which is the runner's to do."""
    return _TRANSACTION.match(_LEADING.sub("", statement, count=1)) is not None


def _semicolons(text: str) -> Iterator[int]:
    """Where statements end: semicolons outside quotes, comments and `begin atomic … end` bodies."""
    position = depth = 0
    while match := _TOKEN.search(text, position):
        position = match.end()
        match match.lastgroup:
            case "block":
                position = _after_block(text, match.start())
            case "atomic":
                depth += 1
            case "case" if depth:
                depth += 1
            case "end" if depth:
                depth -= 1
            case "semicolon" if not depth:
                yield match.start()


def _after_block(text: str, start: int) -> int:
    """The end of a block comment, which may hold others."""
    depth = 0
    for mark in _BLOCK_MARK.finditer(text, start):
        depth += 1 if mark[0] == "/*" else -1
        if depth == 0:
            return mark.end()
    return len(text)
