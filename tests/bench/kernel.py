"""What the kernel costs a warm request: the Lambda handler of an endpoint that does nothing.

From the event to the response, with a signed token, a body that is validated, the log line and the
metrics; beside the same route on FastAPI and Mangum alone.
"""

from contextlib import ExitStack
from typing import Final

from tests.bench.harness import Measured, Report, Row, Target, medians
from tests.faults.sandbox import Process, environment

ROUNDS, TIMES = 25, 200
TARGET: Final = Target(400.0, "< 400 µs")


def run(report: Report) -> None:
    """Rows for a caller who was here before, for one who is new, and for nobody."""
    with report.measuring("the kernel"), ExitStack() as stack:
        process = stack.enter_context(Process("tests.bench.idler", environment()))

        def asking(action: str) -> Measured:
            return lambda: float(process.ask(action, TIMES)["microseconds"])

        took = medians({name: asking(name) for name in ("again", "anew", "bare")}, ROUNDS)
    bare = ("FastAPI and Mangum alone", took["bare"])
    report.add(Row("a request through the kernel", took["again"], "µs", *bare, TARGET))
    report.add(Row("with a token not seen before", took["anew"], "µs", *bare))
