"""Sliding windows in the sandbox's memory, for everything without a limit of its own."""

import math
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from typing import Final

from limelight.limits.models import Standing, Window
from limelight.platform.snapstart import around_snapshot

WINDOW_SECONDS: Final = 60
MAX_CALLERS: Final = 2_048


class Windows:
    """When each caller was let through in the last minute, the least recent caller dropped first.

    By the wall clock: it alone goes on while a sandbox is frozen.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._callers: OrderedDict[Hashable, deque[float]] = OrderedDict()

    def take(self, caller: Hashable, max_requests: int) -> Standing:
        """Counts a request of `caller`, unless it is one too many; that one is not counted."""
        with self._lock:
            now = self._clock()
            used = self._recent(caller, now)
            admitted = len(used) < max_requests
            if admitted:
                used.append(now)
            oldest = used[-min(len(used), max_requests)]
            window = Window(
                WINDOW_SECONDS,
                max_requests,
                max(max_requests - len(used), 0),
                math.ceil(oldest + WINDOW_SECONDS - now),
            )
            return Standing(admitted, (window,))

    def _recent(self, caller: Hashable, now: float) -> deque[float]:
        used = self._callers.setdefault(caller, deque())
        self._callers.move_to_end(caller)
        if len(self._callers) > MAX_CALLERS:
            self._callers.popitem(last=False)
        while used and used[0] <= now - WINDOW_SECONDS:
            used.popleft()
        return used

    def clear(self) -> None:
        with self._lock:
            self._callers.clear()


windows: Final = Windows()
around_snapshot(windows.clear)
