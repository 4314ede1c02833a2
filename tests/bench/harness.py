"""Rows of figures, each beside what it is compared with in the same run.

Absolute times say more about the machine than about the code, so every contender of a comparison
takes its turn in every round, and medians are compared.
"""

import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from local.host.progress import Progress

type Measured = Callable[[], float]
"""Does the thing once and answers what it took, in the unit of its row."""


@dataclass(frozen=True, slots=True)
class Target:
    """The most that a value may be, in its unit, and how the target reads."""

    limit: float
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: ours, beside a reference where there is one."""

    name: str
    value: float
    unit: str
    reference: str = ""
    reference_value: float | None = None
    target: Target | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """How many times the value the reference is: above 1, ours is better."""
        if self.reference_value is None or not self.value:
            return None
        return self.reference_value / self.value

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None without one."""
        return None if self.target is None else self.value <= self.target.limit


@dataclass(slots=True)
class Report:
    """The rows of one run and the machine that they were measured on."""

    rows: list[Row] = field(default_factory=list)
    machine: dict[str, str] = field(default_factory=dict)
    _progress: Progress = field(default_factory=Progress)

    def __post_init__(self) -> None:
        self.machine |= {
            "python": platform.python_version(),
            "system": f"{platform.system()} {platform.machine()}",
            "cores": str(os.cpu_count()),
        }

    def add(self, row: Row) -> None:
        self.rows.append(row)

    @property
    def missed(self) -> list[Row]:
        """The rows whose target is not met."""
        return [row for row in self.rows if row.met is False]

    def show(self, console: Console) -> None:
        """Prints the rows as a table."""
        table = Table(title="Benchmark", caption=_caption(self.machine))
        for heading in ("", "ours", "reference", "", "ratio", "target", ""):
            numeric = heading in {"ours", "ratio"}
            table.add_column(heading, justify="right" if numeric else "left")
        told = ("", "")
        for row in self.rows:
            name, value, *rest = _cells(row)
            again = (name, value) == told
            table.add_row(*(("", "") if again else (name, value)), *rest)
            told = (name, value)
        console.print(table)

    def measuring(self, what: str) -> AbstractContextManager[object]:
        """Within, `what` is being measured; says so."""
        return self._progress.step(what)

    def write(self, path: Path) -> None:
        """Writes the rows as JSON."""
        rows = [asdict(row) | {"ratio": row.ratio, "met": row.met} for row in self.rows]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"machine": self.machine, "rows": rows}, indent=2) + "\n")


def medians(contenders: Mapping[str, Measured], rounds: int) -> dict[str, float]:
    """The median of each contender over `rounds` in which each takes a turn.

    The order turns with the rounds, so that nobody always comes after the same neighbour. A first
    round is not counted.
    """
    names = list(contenders)
    taken: dict[str, list[float]] = {name: [] for name in names}
    for number in range(rounds + 1):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            value = contenders[name]()
            if number:
                taken[name].append(value)
    return {name: statistics.median(values) for name, values in taken.items()}


def milliseconds(action: Callable[[], object]) -> float:
    """How long the action takes."""
    began = time.perf_counter()
    action()
    return (time.perf_counter() - began) * 1000


def microseconds_each(action: Callable[[], object], times: int) -> float:
    """How long the action takes on average when it is done over and over."""
    began = time.perf_counter()
    for _ in range(times):
        action()
    return (time.perf_counter() - began) * 1_000_000 / times


def _cells(row: Row) -> tuple[str, ...]:
    reference = "" if row.reference_value is None else _figure(row.reference_value, row.unit)
    return (
        row.name,
        _figure(row.value, row.unit),
        row.reference,
        reference or row.note,
        "" if row.ratio is None else f"{row.ratio:.2f}×",
        row.target.text if row.target else "",
        {True: "[green]met[/]", False: "[red]missed[/]", None: ""}[row.met],
    )


def _figure(value: float, unit: str) -> str:
    return f"{value:,.1f} {unit}" if abs(value) < 1000 else f"{value:,.0f} {unit}"


def _caption(machine: Mapping[str, str]) -> str:
    facts = ", ".join(f"{name} {value}" for name, value in machine.items())
    return f"Medians of interleaved runs; ratio: reference / ours. {facts}"
