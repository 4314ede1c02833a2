"""What a sandbox was told a short while ago, and need not ask again."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable


class Recent[Key: Hashable, Value]:
    """At most `most` values by key, the least recently used dropped first.

    By the wall clock: it alone goes on while a sandbox is frozen.
    """

    def __init__(self, most: int, clock: Callable[[], float] = time.time) -> None:
        self._most = most
        self._clock = clock
        self._lock = threading.Lock()
        self._entries: OrderedDict[Key, tuple[float, Value]] = OrderedDict()

    def get(self, key: Key, lifetime_seconds: float) -> Value | None:
        """What was kept under `key`, unless that was longer ago than its lifetime."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None or not 0 <= self._clock() - entry[0] < lifetime_seconds:
                self._entries.pop(key, None)
                return None
            self._entries.move_to_end(key)
            return entry[1]

    def keep(self, key: Key, value: Value) -> None:
        """Keeps `value` from now on."""
        with self._lock:
            self._entries[key] = (self._clock(), value)
            self._entries.move_to_end(key)
            if len(self._entries) > self._most:
                self._entries.popitem(last=False)

    def clear(self) -> None:
        """Forgets everything."""
        with self._lock:
            self._entries.clear()
