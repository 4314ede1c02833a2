"""What one JSON schema lets through that another does not.

Covers what this project's schemas are made of: types, null, enumerations, formats, bounds,
patterns, objects, lists, references and alternatives. Of anything else it says that it differs.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

type Document = Mapping[str, Any]
type Schema = Mapping[str, Any]

_WORDS: Final = {"title", "description", "example", "examples", "default", "deprecated", "$comment"}
"""They tell people something, and let nothing through or out."""
_UPPER: Final = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_LOWER: Final = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UNDERSTOOD: Final = {
    *("$ref", "type", "enum", "const", "format", "pattern", "anyOf", "oneOf"),
    *("properties", "required", "additionalProperties", "items", *_UPPER, *_LOWER),
}


def excess(given: Schema, given_in: Document, taken: Schema, taken_in: Document) -> Iterator[str]:
    """Why a value of `given` may be none of `taken`, each by its place: `/tags/0: …`."""
    yield from _Comparison(given_in, taken_in).excess(given, taken, "")


def followed(schema: Schema, document: Document) -> Schema:
    """What a reference leads to, or the schema itself."""
    while "$ref" in schema:
        found: Any = document
        for step in schema["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        schema = found
    return schema


class _Comparison:
    def __init__(self, given_in: Document, taken_in: Document) -> None:
        self._given_in, self._taken_in = given_in, taken_in
        self._open: set[tuple[str, str]] = set()

    def excess(self, given: Schema, taken: Schema, place: str) -> Iterator[str]:
        pair = (str(given.get("$ref")), str(taken.get("$ref")))
        if pair in self._open:
            return
        if "$ref" in given and "$ref" in taken:
            self._open.add(pair)
        yield from self._compare(
            followed(given, self._given_in), followed(taken, self._taken_in), place
        )
        self._open.discard(pair)

    def _compare(self, given: Schema, taken: Schema, place: str) -> Iterator[str]:
        ours, theirs = _alternatives(given), _alternatives(taken)
        if len(ours) > 1 or len(theirs) > 1:
            yield from self._one_of(ours, theirs, place)
            return
        given, taken = ours[0], theirs[0]
        yield from (f"{place}: {one}" for one in _scalar(given, taken))
        yield from self._object(given, taken, place)
        if "items" in taken:
            yield from self.excess(given.get("items", {}), taken["items"], f"{place}/0")

    def _one_of(self, given: list[Schema], taken: list[Schema], place: str) -> Iterator[str]:
        """Each alternative must be let through by one of the other's; the nearest is told of."""
        for one in given:
            tries = [list(self.excess(one, other, place)) for other in taken]
            yield from min(tries, key=len)

    def _object(self, given: Schema, taken: Schema, place: str) -> Iterator[str]:
        ours, theirs = given.get("properties", {}), taken.get("properties", {})
        for name in taken.get("required", []):
            if name not in given.get("required", []):
                yield f"{place}/{name}: may be missing, and is required"
        for name in sorted(ours.keys() - theirs.keys()):
            if taken.get("additionalProperties") is False:
                yield f"{place}/{name}: is not taken"
        for name in sorted(ours.keys() & theirs.keys()):
            yield from self.excess(ours[name], theirs[name], f"{place}/{name}")
        yield from self._others(given, taken, place)

    def _others(self, given: Schema, taken: Schema, place: str) -> Iterator[str]:
        """Members without a name of their own."""
        ours, theirs = (
            given.get("additionalProperties", True),
            taken.get("additionalProperties", True),
        )
        if "properties" not in taken and "additionalProperties" not in taken:
            return
        if theirs is False and ours is not False:
            yield f"{place}: other members are not taken"
        elif isinstance(theirs, Mapping) and ours is not False:
            yield from self.excess(ours if isinstance(ours, Mapping) else {}, theirs, f"{place}/*")


def _alternatives(schema: Schema) -> list[Schema]:
    """A schema as a choice: `anyOf`, `oneOf`, or a list of types, each alone."""
    for word in ("anyOf", "oneOf"):
        if word in schema:
            return list(schema[word])
    if isinstance(schema.get("type"), list):
        return [{**schema, "type": one} for one in schema["type"]]
    return [schema]


def _scalar(given: Schema, taken: Schema) -> Iterator[str]:
    if "type" in taken and given.get("type") != taken["type"] and not _is_whole(given, taken):
        yield f"{given.get('type', 'anything')} is not {taken['type']}"
        return
    yield from _words(given, taken)
    yield from _bounds(given, taken)
    for word in sorted((given.keys() | taken.keys()) - _UNDERSTOOD - _WORDS):
        if given.get(word) != taken.get(word):
            yield f"{word} differs, and what that means is not known"


def _words(given: Schema, taken: Schema) -> Iterator[str]:
    values = _values(taken)
    if values is not None:
        ours = _values(given)
        more = ["anything"] if ours is None else [one for one in ours if one not in values]
        yield from (f"{one} is not one of {', '.join(map(str, values))}" for one in more)
    for word in ("format", "pattern"):
        if word in taken and given.get(word) != taken[word]:
            yield f"{word} {given.get(word, 'none')} is not {taken[word]}"


def _bounds(given: Schema, taken: Schema) -> Iterator[str]:
    for word in _UPPER:
        if word in taken and given.get(word, float("inf")) > taken[word]:
            yield f"{word} {given.get(word, 'none')} is more than {taken[word]}"
    for word in _LOWER:
        if word in taken and given.get(word, float("-inf")) < taken[word]:
            yield f"{word} {given.get(word, 'none')} is less than {taken[word]}"


def _is_whole(given: Schema, taken: Schema) -> bool:
    return given.get("type") == "integer" and taken["type"] == "number"


def _values(schema: Schema) -> list[Any] | None:
    if "const" in schema:
        return [schema["const"]]
    return schema.get("enum")
