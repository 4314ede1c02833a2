"""The state machines of the product, as the migrations write them: `docs/state-machines.md`.

A machine is a table `private.<thing>_transitions`, whose rows a migration inserts literally:

    insert into private.call_transitions (from_status, to_status, action, actor, after)
    values
      (null, 'pending', 'request', 'fan', null),
      ('pending', 'missed', 'expire', 'platform', '5 minutes');

The functions of the thing ask that table, a trigger holds every write to it, and the picture is
drawn from it. So a new machine is drawn as soon as there is a table of it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from local.host.state import PROJECT
from local.services.migrate import read_migrations

DOCUMENT = PROJECT / "docs" / "state-machines.md"

_COMMENT = re.compile(r"--[^\n]*")
_INSERT = re.compile(r"insert into private\.(\w+)_transitions\s*\(([^)]*)\)\s*values\s*([^;]*);")
_ROW = re.compile(r"\(([^()]*)\)")
_VALUE = re.compile(r"(null)|'([^']*)'")

_HEAD = """# State machines

What may become of a thing is one table in the database, `private.<thing>_transitions`. The
functions that change the thing ask it, and a trigger refuses whatever it does not lead to. This
page is drawn by `make docs` from the rows that the migrations write into it, and a test fails when
it is out of date.
"""


@dataclass(frozen=True, slots=True)
class Transition:
    """One row. `source` is None for what begins a thing; `after` is how long its source lasts."""

    source: str | None
    target: str
    action: str
    actor: str
    after: str | None


@dataclass(frozen=True, slots=True)
class Machine:
    """All transitions of one kind of thing, in the order they are written down."""

    name: str
    transitions: tuple[Transition, ...]

    @property
    def states(self) -> tuple[str, ...]:
        """Every state, in the order they come up."""
        return tuple(dict.fromkeys(one.target for one in self.transitions))

    @property
    def final(self) -> tuple[str, ...]:
        """The states that nothing leads out of."""
        left = {one.source for one in self.transitions}
        return tuple(state for state in self.states if state not in left)


@lru_cache(maxsize=1)
def machines() -> tuple[Machine, ...]:
    """Every machine, by name."""
    written: dict[str, list[Transition]] = {}
    for migration in read_migrations():
        text = _COMMENT.sub("", migration.path.read_text())
        for name, columns, rows in _INSERT.findall(text):
            names = [column.strip() for column in columns.split(",")]
            written.setdefault(name, []).extend(_transitions(names, rows))
    return tuple(Machine(name, tuple(rows)) for name, rows in sorted(written.items()))


def document_text() -> str:
    """The page as it is committed."""
    return "\n".join([_HEAD, *map(_chapter, machines())])


def _transitions(names: list[str], rows: str) -> Iterator[Transition]:
    for row in _ROW.findall(rows):
        values = [text or None for _, text in _VALUE.findall(row)]
        found = dict(zip(names, values, strict=True))
        yield Transition(
            found["from_status"],
            found["to_status"] or "",
            found["action"] or "",
            found["actor"] or "",
            found.get("after"),
        )


def _chapter(machine: Machine) -> str:
    edges = "".join(
        f"  {one.source or '[*]'} --> {one.target}: {_label(one)}\n" for one in machine.transitions
    )
    ends = "".join(f"  {state} --> [*]\n" for state in machine.final)
    rows = "".join(
        f"| {one.source or ''} | {one.action} | {one.actor} | {one.target} | {one.after or ''} |\n"
        for one in machine.transitions
    )
    return (
        f"## A {machine.name}\n\n```mermaid\nstateDiagram-v2\n{edges}{ends}```\n\n"
        f"| from | action | by | to | after |\n| --- | --- | --- | --- | --- |\n{rows}"
    )


def _label(one: Transition) -> str:
    return f"{one.action} ({one.actor}{f', after {one.after}' if one.after else ''})"
