"""Calls of the database's functions as SQL writes them, read for their arguments."""

import re
from collections.abc import Iterator


def calls_of(function: str, text: str) -> Iterator[list[str]]:
    """The arguments of every call of `function` in a piece of SQL, as they are written."""
    for call in re.finditer(rf"(?<![\w.]){re.escape(function)}\s*(?=\()", text):
        yield arguments_at(text, call.end())


def arguments_at(text: str, start: int) -> list[str]:
    """What lies between the parenthesis at `start` and its counterpart, split at its commas."""
    depth, quoted, begin = 0, False, start + 1
    found: list[str] = []
    for place in range(start, len(text)):
        sign = text[place]
        if sign == "'":
            quoted = not quoted
        if quoted:
            continue
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(sign, 0)
        if depth == 0 or (depth == 1 and sign == ","):
            found.append(" ".join(text[begin:place].split()))
            begin = place + 1
        if depth == 0:
            break
    return [one for one in found if one]


def literals(expression: str) -> set[str]:
    """The quoted words of an expression: of each branch, where it has several."""
    return set(re.findall(r"'(\w+)'", expression))
