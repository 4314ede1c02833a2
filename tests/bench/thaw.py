"""The first request after a freeze in which every connection died, with real processes."""

import time
from contextlib import ExitStack
from typing import Final

from tests.bench.harness import Measured, Report, Row, Target, medians
from tests.bench.worker import IDLE_SECONDS
from tests.faults.pooler import Pooler
from tests.faults.sandbox import Process, environment

ROUNDS: Final = 5
FREEZE_SECONDS: Final = IDLE_SECONDS * 1.5
ALLOWED_MILLISECONDS: Final = 25.0
CHECKED, UNCHECKED = "psycopg_pool, check", "psycopg_pool"


class Frozen:
    """One kind of pool in a process of its own, thawed into a world without its connections."""

    def __init__(self, process: Process, pooler: Pooler) -> None:
        self._process = process
        self._pooler = pooler
        self.failed = 0

    def first_request(self, connections: int) -> float:
        """Milliseconds of the first request after the thaw, whether it succeeds or fails."""
        warmed = self._process.ask("warm", connections)
        assert "error" not in warmed, warmed
        with self._process.frozen():
            self._pooler.kill_sockets()
            time.sleep(FREEZE_SECONDS)
        began = time.perf_counter()
        answer = self._process.ask("request")
        took: float = answer.get("milliseconds", (time.perf_counter() - began) * 1000)
        if "error" in answer:
            self.failed += 1
        return took


def run(report: Report, pooler: Pooler) -> None:
    """Rows for 1, 2 and 3 dead connections."""
    with ExitStack() as processes:

        def frozen(kind: str) -> Frozen:
            variables = {"BENCH_KIND": kind, "BENCH_CONNINFO": pooler.conninfo()}
            process = Process("tests.bench.worker", environment() | variables)
            return Frozen(processes.enter_context(process), pooler)

        kinds = {
            "ours": frozen("Ours"),
            "ours, short freeze": frozen("OursWithinLimit"),
            "cold": frozen("Cold"),
            CHECKED: frozen("Stock"),
            UNCHECKED: frozen("StockUnchecked"),
        }
        for dead in (1, 2, 3):
            with report.measuring(f"first request after a thaw, {dead} dead"):
                _compare(report, kinds, dead)


def _compare(report: Report, kinds: dict[str, Frozen], dead: int) -> None:
    for kind in kinds.values():
        kind.failed = 0
    turns: dict[str, Measured] = {name: _turn(kind, dead) for name, kind in kinds.items()}
    took = medians(turns, ROUNDS)
    target = Target(
        took["cold"] + ALLOWED_MILLISECONDS, f"≤ cold connect + {ALLOWED_MILLISECONDS:.0f} ms"
    )
    name = f"first request after a thaw, {dead} dead"
    report.add(Row(name, took["ours"], "ms", "cold connect", took["cold"], target))
    report.add(Row(name, took["ours"], "ms", CHECKED, took[CHECKED]))
    failed = kinds[UNCHECKED].failed
    note = f"{failed} of {ROUNDS + 1} requests failed"
    report.add(Row(name, took["ours"], "ms", UNCHECKED, note=note))
    short = f"{name}, within the idle limit"
    report.add(Row(short, took["ours, short freeze"], "ms", "cold connect", took["cold"], target))


def _turn(kind: Frozen, dead: int) -> Measured:
    return lambda: kind.first_request(dead)
