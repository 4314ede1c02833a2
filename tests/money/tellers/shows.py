"""Shows: tickets sold, shows begun, ended, cancelled, and those that nobody saw to."""

from collections.abc import Callable
from uuid import UUID

from tests.money import client
from tests.money.client import Call
from tests.money.tellers.window import Window


class Shows:
    def __init__(self, window: Window) -> None:
        self._window = window
        self.work = [
            *(self._buy, self._buy, self._buy, self._buy),
            *(self._start, self._cancel, self._end, self._settle),
        ]

    def _buy(self) -> None:
        show, _ = self._show()
        call = client.buy_seat(self._window.someone(), show, self._window.key())
        self._window.resolve("show_ticket", call)

    def _start(self) -> None:
        show, creator = self._show()
        self._window.resolve("show_start", client.start_show(creator, show))

    def _cancel(self) -> None:
        self._close("show_cancel", client.cancel_show)

    def _end(self) -> None:
        self._close("show_end", client.end_show)

    def _settle(self) -> None:
        show, _ = self._show()
        self._window.resolve("show_settle", client.settle_overdue_show(show))

    def _close(self, operation: str, ask: Callable[[UUID, UUID, str], Call]) -> None:
        show, creator = self._show()
        self._window.resolve(operation, ask(creator, show, self._window.key()))

    def _show(self) -> tuple[UUID, UUID]:
        return self._window.dice.choice(self._window.town.shows)
