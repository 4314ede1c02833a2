"""Gifts, tips, tickets, holds, payouts, purchases, and the jobs over the books."""

from typing import Final
from uuid import UUID

from tests.money import client
from tests.money.tellers.window import Window
from tests.money.world import PACKAGES

CENTS: Final = PACKAGES[100][1]


class Books:
    def __init__(self, window: Window) -> None:
        self._window = window
        self._cast = window.town.cast
        self._holds: list[UUID] = []
        self._payouts: list[str] = []
        self._purchases: list[UUID] = []
        self.work = [
            *(self._gift, self._gift, self._tip, self._ticket),
            *(self._hold, self._hold_briefly, self._capture, self._void),
            *(self._request_payout, self._close_payout, self._adjust),
            *(self._buy, self._buy, self._refund, self._dispute, self._ignore),
            *(self._release_due, self._fold, self._purge, self._reconcile),
        ]

    def _gift(self) -> None:
        one, other = self._window.two()
        call = client.gift(
            self._cast.people[one], self._cast.streams[other], 5, 1, self._window.key()
        )
        self._window.resolve("gift", call)

    def _tip(self) -> None:
        one, other = self._window.two()
        call = client.tip(self._cast.people[one], self._cast.streams[other], 5, self._window.key())
        self._window.resolve("tip", call)

    def _ticket(self) -> None:
        one, other = self._window.two()
        call = client.buy_ticket(
            self._cast.people[one], self._cast.premieres[other], self._window.key()
        )
        self._window.resolve("stream_ticket", call)

    def _adjust(self) -> None:
        call = client.adjust(self._cast.admin, self._window.someone(), 20, self._window.key())
        self._window.resolve("wallet_adjustment", call)

    def _hold(self) -> None:
        call = client.authorise(self._window.someone(), 30, self._subject())
        # Asked again, a hold that was made says so: it is the one about this subject.
        answer = self._window.resolve("authorise", call, done={"hold_exists"})
        if "hold" in answer:
            self._holds.append(UUID(answer["hold"]))

    def _hold_briefly(self) -> None:
        """Nobody closes it, so it comes due."""
        call = client.authorise(self._window.someone(), 5, self._subject(), lifetime="1 second")
        self._window.resolve("authorise", call, done={"hold_exists"})

    def _capture(self) -> None:
        if self._holds:
            call = client.capture(
                self._holds.pop(), 45, self._window.someone(), self._cast.admin, self._window.key()
            )
            self._window.resolve("hold_capture", call, done={"hold_closed"})

    def _void(self) -> None:
        if self._holds:
            self._window.resolve("void", client.void(self._holds.pop()))

    def _request_payout(self) -> None:
        call = client.request_payout(self._window.someone(), 100, self._window.key())
        answer = self._window.resolve("payout_request", call)
        if "response" in answer:
            self._payouts.append(answer["response"]["payout"]["id"])

    def _close_payout(self) -> None:
        if self._payouts:
            settle = self._window.dice.random() < 0.5
            call = client.close_payout(
                self._cast.admin, self._payouts.pop(), self._window.key(), settle=settle
            )
            self._window.resolve("payout_settlement" if settle else "payout_return", call)

    def _buy(self) -> None:
        call = client.open_purchase(self._window.someone(), PACKAGES[100][0], self._window.key())
        purchase = UUID(self._window.resolve("open_purchase", call)["id"])
        self._window.resolve(
            "attach_checkout", client.attach_checkout(purchase, "https://stripe.test")
        )
        self._window.resolve("purchase", client.pay(purchase, CENTS, self._window.key()))
        self._purchases.append(purchase)

    def _refund(self) -> None:
        if self._purchases:
            call = client.refund(self._purchases.pop(), CENTS, self._window.key())
            self._window.resolve("purchase_refund", call)

    def _dispute(self) -> None:
        if self._purchases:
            call = client.dispute(self._purchases.pop(), 0, CENTS, 1, self._window.key())
            self._window.resolve("purchase_dispute", call)

    def _ignore(self) -> None:
        self._window.resolve("ignore_event", client.ignore_event(self._window.key()))

    def _release_due(self) -> None:
        self._window.resolve("release_due", client.release_due())

    def _fold(self) -> None:
        self._window.resolve("fold", client.fold())

    def _purge(self) -> None:
        """Every key is too young to be forgotten."""
        assert self._window.resolve("purge_keys", client.purge_keys()) == {"done": 0}

    def _reconcile(self) -> None:
        """While everybody pays, the books are sound."""
        assert self._window.resolve("reconcile", client.reconcile()) == {"done": 0}

    def _subject(self) -> UUID:
        return UUID(int=self._window.dice.getrandbits(128), version=4)
