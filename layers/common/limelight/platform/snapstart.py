"""SnapStart's hooks: what a snapshot must not hold, and what a restored sandbox must not believe.

The module that registers hooks comes with Lambda's runtime; elsewhere nothing is snapshot.
"""

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Final

RUNTIME_MODULE: Final = "snapshot_restore_py"

type Hook = Callable[[], object]


def around_snapshot(close: Hook) -> None:
    """Has `close` run before a snapshot is taken and after it is restored: sockets and secrets of
    the past belong to neither."""
    if find_spec(RUNTIME_MODULE) is None:
        return
    runtime = import_module(RUNTIME_MODULE)
    runtime.register_before_snapshot(close)
    runtime.register_after_restore(close)
