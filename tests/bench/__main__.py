"""`python -m tests.bench [suite …]`: measures, prints a table, writes build/bench.json.

Ends with status 1 when a target is missed.
"""

import sys
from collections.abc import Callable
from typing import Final

from rich.console import Console

from local.host.state import PROJECT
from tests.bench import analytics, cold, joins, kernel, limits, memory, money, pool
from tests.bench.harness import Report

RESULTS: Final = PROJECT / "build" / "bench.json"
SUITES: Final[dict[str, Callable[[Report], None]]] = {
    "pool": pool.run,
    "money": money.run,
    "joins": joins.run,
    "limits": limits.run,
    "analytics": analytics.run,
    "cold": cold.run,
    "kernel": kernel.run,
    "memory": memory.run,
}


def main(chosen: list[str]) -> int:
    """Runs the suites that were named, or all."""
    report = Report()
    for name in chosen or SUITES:
        SUITES[name](report)
    console = Console()
    report.show(console)
    report.write(RESULTS)
    console.print(f"Written to {RESULTS.relative_to(PROJECT)}")
    return 1 if report.missed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
