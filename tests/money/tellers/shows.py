"""Shows: tickets sold, shows begun, ended, cancelled, and those that nobody saw to."""

from uuid import UUID

from tests.money import client
from tests.money.tellers.window import Window


class Shows:
    def __init__(self, window: Window) -> None:
        self._window = window
        self.work = [
            *(self._buy, self._buy, self._buy, self._buy),
            *(self._start, self._cancel, self._end, self._settle, self._enforce),
        ]

    def _buy(self) -> None:
        show, _ = self._show()
        call = client.buy_seat(self._window.someone(), show, self._window.key())
        self._window.resolve("show_ticket", call)

    def _start(self) -> None:
        show, creator = self._show()
        self._window.resolve("show_start", client.start_show(creator, show))

    def _cancel(self) -> None:
        show, creator = self._show()
        self._window.resolve("show_cancel", client.cancel_show(creator, show, self._window.key()))

    def _end(self) -> None:
        """One that has begun, or begins now."""
        show, creator = self._show()
        self._window.resolve("show_start", client.start_show(creator, show))
        self._window.resolve("show_end", client.end_show(creator, show, self._window.key()))

    def _settle(self) -> None:
        show, _ = self._show()
        self._window.resolve("show_settle", client.settle_overdue_show(show))

    def _enforce(self) -> None:
        """Closes what a creator has open, once they are suspended."""
        creator = self._window.dice.choice(self._window.town.doomed)
        self._window.resolve("suspension", client.enforce_suspension(creator))

    def _show(self) -> tuple[UUID, UUID]:
        return self._window.dice.choice(self._window.town.shows)
