"""Paid messages: unlocked, and tips in conversations."""

from tests.money import client
from tests.money.tellers.window import Window


class Messages:
    def __init__(self, window: Window) -> None:
        self._window = window
        self.work = [self._unlock, self._unlock, self._tip]

    def _unlock(self) -> None:
        message, buyer = self._window.dice.choice(self._window.town.locked)
        self._window.resolve("message_unlock", client.unlock(buyer, message, self._window.key()))

    def _tip(self) -> None:
        conversation, *parties = self._window.dice.choice(self._window.town.conversations)
        sender = self._window.dice.choice(parties)
        self._window.resolve(
            "dm_tip", client.tip_party(sender, conversation, 5, self._window.key())
        )
