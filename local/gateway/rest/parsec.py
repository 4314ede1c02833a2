"""Parser combinators that report errors the way Haskell's Parsec does.

PostgREST hands its parser's own sentence to the client ("unexpected "x" expecting ..."), so the
wording is part of the protocol. The rules behind it are few: every parser says whether it
consumed input; an alternative is tried only when the first failed without consuming; of two
errors the one further on wins, and errors at the same place are merged.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import reduce
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable


class Kind(IntEnum):
    """What a message tells, in the order it is shown."""

    SYSTEM = 0
    UNEXPECTED = 1
    EXPECTED = 2
    NOTE = 3


type Message = tuple[Kind, str]


@dataclass(frozen=True, slots=True)
class Failure:
    """An error, or the error a success would have become: where, and what is known of it."""

    position: int
    messages: tuple[Message, ...] = ()

    def merge(self, other: Failure) -> Failure:
        if not other.messages and self.messages:
            return self
        if not self.messages and other.messages:
            return other
        if self.position == other.position:
            return Failure(self.position, self.messages + other.messages)
        return max(self, other, key=lambda failure: failure.position)

    def expecting(self, label: str) -> Failure:
        kept = tuple(message for message in self.messages if message[0] != Kind.EXPECTED)
        return Failure(self.position, ((Kind.EXPECTED, label), *kept))


@dataclass(frozen=True, slots=True)
class Outcome[T]:
    """The result of running a parser at one place."""

    ok: bool
    consumed: bool
    value: T
    position: int
    failure: Failure


@dataclass(frozen=True)
class ParseError(Exception):
    """A text that does not parse: the place as Parsec prints it, and the sentence."""

    place: str
    sentence: str


class Parser[T]:
    """A function from a text and a place to an outcome."""

    __slots__ = ("run",)

    def __init__(self, run: Callable[[str, int], Outcome[T]]) -> None:
        self.run = run

    def __or__[U](self, other: Parser[U]) -> Parser[T | U]:
        """This parser, or the other when this one fails without consuming."""

        def run(text: str, at: int) -> Outcome[T | U]:
            first: Outcome[Any] = self.run(text, at)
            if first.ok or first.consumed:
                return first
            second: Outcome[Any] = other.run(text, at)
            return second if second.consumed else _with_earlier(second, first.failure)

        return Parser(run)

    def __rshift__[U](self, other: Parser[U]) -> Parser[U]:
        """Both in sequence; the second's value."""

        def steps() -> Generator[Parser[Any], Any, U]:
            yield self
            result: U = yield other
            return result

        return sequence(steps)

    def __lshift__(self, other: Parser[Any]) -> Parser[T]:
        """Both in sequence; the first's value."""

        def steps() -> Generator[Parser[Any], Any, T]:
            result: T = yield self
            yield other
            return result

        return sequence(steps)

    def map[U](self, change: Callable[[T], U]) -> Parser[U]:
        def run(text: str, at: int) -> Outcome[U]:
            out = self.run(text, at)
            new: Any = change(out.value) if out.ok else None
            return Outcome(out.ok, out.consumed, new, out.position, out.failure)

        return Parser(run)

    def label(self, name: str) -> Parser[T]:
        """Name what was expected, when nothing of it was consumed."""

        def run(text: str, at: int) -> Outcome[T]:
            out = self.run(text, at)
            if out.consumed or (out.ok and not out.failure.messages):
                return out
            return Outcome(out.ok, False, out.value, out.position, out.failure.expecting(name))

        return Parser(run)


def parse[T](parser: Parser[T], title: str, text: str) -> T:
    """Run `parser` from the start of `text`; the end need not be reached.

    Raises:
        ParseError: with `title` in the place, as in `"title" (line 1, column 4)`.
    """
    out = parser.run(text, 0)
    if out.ok:
        return out.value
    raise ParseError(_place(title, text, out.failure.position), _sentence(out.failure.messages))


# --- primitives -------------------------------------------------------------------------------


def _done[T](value: T, position: int, consumed: bool, failure: Failure | None = None) -> Outcome[T]:
    return Outcome(True, consumed, value, position, failure or Failure(position))


def _failed(at: int, *messages: Message, consumed: bool = False) -> Outcome[Any]:
    return Outcome(False, consumed, None, at, Failure(at, messages))


def _broken(at: int, failure: Failure, *, consumed: bool = True) -> Outcome[Any]:
    return Outcome(False, consumed, None, at, failure)


def _with_earlier[T](out: Outcome[T], earlier: Failure) -> Outcome[T]:
    return Outcome(out.ok, out.consumed, out.value, out.position, earlier.merge(out.failure))


def succeed[T](value: T) -> Parser[T]:
    """Consume nothing."""
    return Parser(lambda _text, at: _done(value, at, consumed=False))


def fail(sentence: str = "") -> Parser[Any]:
    """Fail here, with a sentence of one's own."""
    return Parser(lambda _text, at: _failed(at, (Kind.NOTE, sentence)))


def satisfy(accepts: Callable[[str], bool]) -> Parser[str]:
    """One character of a class."""

    def run(text: str, at: int) -> Outcome[str]:
        if at >= len(text):
            return _failed(at, (Kind.SYSTEM, ""))
        if not accepts(text[at]):
            return _failed(at, (Kind.SYSTEM, show(text[at])))
        return _done(text[at], at + 1, consumed=True)

    return Parser(run)


def char(wanted: str) -> Parser[str]:
    return satisfy(lambda found: found == wanted).label(show(wanted))


def one_of(wanted: str) -> Parser[str]:
    return satisfy(lambda found: found in wanted)


def none_of(unwanted: str) -> Parser[str]:
    return satisfy(lambda found: found not in unwanted)


any_char = satisfy(lambda _found: True)
letter = satisfy(str.isalpha).label("letter")
digit = satisfy(lambda found: found in "0123456789").label("digit")


def string(wanted: str) -> Parser[str]:
    """Exactly this text; a partial match counts as consumed."""

    def run(text: str, at: int) -> Outcome[str]:
        for offset, expected in enumerate(wanted):
            found = text[at + offset : at + offset + 1]
            if found == expected:
                continue
            seen = (Kind.SYSTEM, show(found) if found else "")
            return _failed(at, (Kind.EXPECTED, show(wanted)), seen, consumed=offset > 0)
        return _done(wanted, at + len(wanted), consumed=bool(wanted))

    return Parser(run)


def eof_run(text: str, at: int) -> Outcome[None]:
    if at >= len(text):
        return _done(None, at, consumed=False)
    shown = f"'{_escape(text[at], quote="'")}'"
    return _failed(at, (Kind.UNEXPECTED, shown))


eof: Parser[None] = Parser(eof_run).label("end of input")


# --- combinators ------------------------------------------------------------------------------


def sequence[T](steps: Callable[[], Generator[Parser[Any], Any, T]]) -> Parser[T]:
    """Parsers one after the other, written as a generator that yields each and gets its value."""

    def run(text: str, at: int) -> Outcome[T]:
        generator = steps()
        sent: Any = None
        consumed = False
        failure = Failure(at)
        while True:
            try:
                step = generator.send(sent)
            except StopIteration as stop:
                return Outcome(True, consumed, stop.value, at, failure)
            out = step.run(text, at)
            failure = out.failure if out.consumed else failure.merge(out.failure)
            consumed = consumed or out.consumed
            if not out.ok:
                return _broken(at, failure, consumed=consumed)
            at, sent = out.position, out.value

    return Parser(run)


def attempt[T](parser: Parser[T]) -> Parser[T]:
    """Parsec's `try`: a failure counts as not having consumed."""

    def run(text: str, at: int) -> Outcome[T]:
        out = parser.run(text, at)
        return out if out.ok else _broken(at, out.failure, consumed=False)

    return Parser(run)


def look_ahead[T](parser: Parser[T]) -> Parser[T]:
    """Succeed where `parser` would, and stay."""

    def run(text: str, at: int) -> Outcome[T]:
        out = parser.run(text, at)
        return _done(out.value, at, consumed=False) if out.ok else out

    return Parser(run)


def not_followed_by(parser: Parser[str]) -> Parser[None]:
    """Succeed only where `parser` would not."""

    def run(text: str, at: int) -> Outcome[None]:
        out = parser.run(text, at)
        if not out.ok:
            return _done(None, at, consumed=False)
        return _failed(at, (Kind.UNEXPECTED, f"'{_escape(out.value, quote="'")}'"))

    return Parser(run)


def many[T](parser: Parser[T]) -> Parser[list[T]]:
    """As many as there are, none included."""

    def run(text: str, at: int) -> Outcome[list[T]]:
        found: list[T] = []
        start = at
        while True:
            out = parser.run(text, at)
            if out.ok:
                found.append(out.value)
                at = out.position
                continue
            if out.consumed:
                return _broken(at, out.failure)
            return _done(found, at, consumed=at > start, failure=out.failure)

    return Parser(run)


def many1[T](parser: Parser[T]) -> Parser[list[T]]:
    def steps() -> Generator[Parser[Any], Any, list[T]]:
        first: T = yield parser
        rest: list[T] = yield many(parser)
        return [first, *rest]

    return sequence(steps)


def sep_by1[T](parser: Parser[T], separator: Parser[Any]) -> Parser[list[T]]:
    def steps() -> Generator[Parser[Any], Any, list[T]]:
        first: T = yield parser
        rest: list[T] = yield many(separator >> parser)
        return [first, *rest]

    return sequence(steps)


def sep_by[T](parser: Parser[T], separator: Parser[Any]) -> Parser[list[T]]:
    nothing: list[T] = []
    return sep_by1(parser, separator) | succeed(nothing)


def between[T](opening: Parser[Any], closing: Parser[Any], parser: Parser[T]) -> Parser[T]:
    return opening >> parser << closing


def optional[T](parser: Parser[T]) -> Parser[T | None]:
    return parser | succeed(None)


def choice[T](*parsers: Parser[T]) -> Parser[T]:
    return reduce(lambda left, right: left | right, parsers)


def lazy[T](make: Callable[[], Parser[T]]) -> Parser[T]:
    """A parser that refers to itself."""
    return Parser(lambda text, at: make().run(text, at))


# --- wording ----------------------------------------------------------------------------------


def show(text: str) -> str:
    """Haskell's `show` of a string."""
    return '"' + "".join(_escape(character, quote='"') for character in text) + '"'


def _escape(character: str, quote: str) -> str:
    if character in ("\\", quote):
        return "\\" + character
    named = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}
    if character in named:
        return named[character]
    return character if " " <= character <= "~" else f"\\{ord(character)}"


def _place(title: str, text: str, position: int) -> str:
    line, column = 1, 1
    for character in text[:position]:
        if character == "\n":
            line, column = line + 1, 1
        elif character == "\t":
            column += 8 - (column - 1) % 8
        else:
            column += 1
    where = f"(line {line}, column {column})"
    return f"{show(title)} {where}" if title else where


def _sentence(messages: Iterable[Message]) -> str:
    found: dict[Kind, list[str]] = {kind: [] for kind in Kind}
    for kind, text in messages:
        found[kind].append(text)
    parts = [
        _unexpected_by_system(found),
        _listed("unexpected ", found[Kind.UNEXPECTED]),
        _listed("expecting ", found[Kind.EXPECTED]),
        _listed("", found[Kind.NOTE]),
    ]
    shown = [part for part in dict.fromkeys(parts) if part]
    return " ".join(shown) if any(found.values()) else "unknown parse error"


def _unexpected_by_system(found: dict[Kind, list[str]]) -> str:
    if found[Kind.UNEXPECTED] or not found[Kind.SYSTEM]:
        return ""
    return f"unexpected {found[Kind.SYSTEM][0] or 'end of input'}"


def _listed(prefix: str, texts: list[str]) -> str:
    distinct = [text for text in dict.fromkeys(texts) if text]
    if not distinct:
        return ""
    *leading, last = distinct
    return prefix + (f"{', '.join(leading)} or {last}" if leading else last)
