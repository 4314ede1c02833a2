"""Approximate string matching for the "Perhaps you meant ..." hints.

The measure is that of the fuzzyset family: candidates that share letter groups with the query are
ranked by edit distance. Same measure as PostgREST's, so that the same hints appear.
"""

from __future__ import annotations

from collections import Counter
from math import sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

DEFAULT_SCORE = 0.33
_GRAM_SIZES = (3, 2)


def best_match(
    candidates: Iterable[str], wanted: str, minimum: float = DEFAULT_SCORE
) -> str | None:
    """The candidate closest to `wanted` with at least the given score."""
    found = matches(candidates, wanted, minimum)
    return found[0][1] if found else None


def matches(
    candidates: Iterable[str], wanted: str, minimum: float = DEFAULT_SCORE
) -> list[tuple[float, str]]:
    """Scores and candidates, best first."""
    known = {candidate.lower(): candidate for candidate in candidates}
    query = wanted.lower()
    if query in known:
        return [(1.0, known[query])]
    for size in _GRAM_SIZES:
        ranked = _ranked(known, query, size, minimum)
        if ranked:
            return ranked
    return []


def _ranked(
    known: dict[str, str], query: str, size: int, minimum: float
) -> list[tuple[float, str]]:
    grams = _grams(query, size)
    norm = _norm(grams)
    by_cosine: list[tuple[float, str]] = []
    for candidate in known:
        other = _grams(candidate, size)
        product = sum(count * other[gram] for gram, count in grams.items())
        if product:
            by_cosine.append((product / (norm * _norm(other)), candidate))
    by_cosine.sort(key=lambda item: -item[0])
    by_distance = [(_similarity(candidate, query), candidate) for _, candidate in by_cosine[:50]]
    by_distance.sort(key=lambda item: -item[0])
    return [(score, known[name]) for score, name in by_distance if score >= minimum]


def _grams(text: str, size: int) -> Counter[str]:
    kept = "".join(letter for letter in text if letter.isalnum() or letter in " ,")
    padded = f"-{kept}-".ljust(size, "-")
    return Counter(padded[at : at + size] for at in range(len(padded) - size + 1))


def _norm(grams: Counter[str]) -> float:
    return sqrt(sum(count * count for count in grams.values()))


def _similarity(left: str, right: str) -> float:
    longest = max(len(left), len(right))
    return 1 - _edit_distance(left, right) / longest if longest else 1.0


def _edit_distance(left: str, right: str) -> int:
    row = list(range(len(right) + 1))
    for at, letter in enumerate(left, start=1):
        previous, row[0] = row[0], at
        for column, other in enumerate(right, start=1):
            cost = previous + (letter != other)
            previous = row[column]
            row[column] = min(cost, row[column] + 1, row[column - 1] + 1)
    return row[-1]
