"""What shows should do: tickets in order, coins in escrow until it is known whose they are."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from tests.money.client import Refused
from tests.money.models.books import Ledger, Name

LASTS = timedelta(minutes=60)
NOT_STARTED = timedelta(minutes=30)
"""After this time from its planned start, a show that did not start is cancelled."""
NOT_ENDED = timedelta(hours=12)
"""After this time from its planned end, a show that nobody ended is ended."""


@dataclass(slots=True)
class Ticket:
    holder: Name
    price: int
    valid: bool = True
    checked_in: bool = False


@dataclass(slots=True)
class Show:
    creator: Name
    price: int
    seats: int | None
    starts: datetime
    status: str = "scheduled"
    started: datetime | None = None
    tickets: list[Ticket] = field(default_factory=list)
    """Number 1 first."""
    fee: int = 0

    @property
    def valid(self) -> list[Ticket]:
        return [one for one in self.tickets if one.valid]

    @property
    def sold_out(self) -> bool:
        return self.seats is not None and len(self.valid) >= self.seats

    @property
    def due(self) -> datetime | None:
        """When the platform sees to it, if nobody else does."""
        if self.status == "scheduled":
            return self.starts + NOT_STARTED
        if self.status == "live" and self.started:
            return self.started + LASTS + NOT_ENDED
        return None

    @property
    def standing(self) -> tuple[str, int, int]:
        """What is seen of it: status, tickets ever issued, tickets that are valid."""
        return self.status, len(self.tickets), len(self.valid)


@dataclass(slots=True)
class Refunds:
    tickets_refunded: int
    coins_refunded: int


@dataclass(slots=True)
class Takings:
    tickets_sold: int
    tickets_refunded: int
    revenue: int
    platform_fee: int


@dataclass(slots=True)
class Shows:
    ledger: Ledger
    shows: dict[UUID, Show] = field(default_factory=dict)

    def buy(self, buyer: Name, key: UUID) -> int:
        """The number of the ticket."""
        show = self.shows[key]
        if show.creator == buyer:
            raise Refused("own_show")
        self._require_access(show, buyer)
        if show.status not in ("scheduled", "live"):
            raise Refused("show_not_on_sale")
        if any(one.holder == buyer for one in show.valid):
            raise Refused("ticket_exists")
        if show.sold_out:
            raise Refused("sold_out")
        self.ledger.deposit(buyer, show.price)
        show.tickets.append(Ticket(buyer, show.price))
        return len(show.tickets)

    def start(self, key: UUID) -> None:
        show = self.shows[key]
        if show.status == "live":
            return
        if show.status != "scheduled":
            raise Refused("show_not_scheduled")
        show.status = "live"
        show.started = self.ledger.now

    def enter(self, visitor: Name, key: UUID) -> None:
        """Who comes in has used the ticket."""
        show = self.shows[key]
        theirs = [one for one in show.valid if one.holder == visitor]
        if show.creator != visitor:
            self._require_access(show, visitor)
            if not theirs:
                raise Refused("ticket_required")
        if show.status != "live":
            raise Refused("show_not_live")
        for ticket in theirs:
            ticket.checked_in = True

    def cancel(self, caller: Name, key: UUID) -> Refunds:
        """All that was ever refunded of it: once it is cancelled, all that was paid."""
        show = self._own(caller, key)
        if show.status not in ("scheduled", "cancelled"):
            raise Refused("show_not_scheduled")
        self._call_off(show)
        return Refunds(len(show.tickets), sum(one.price for one in show.tickets))

    def end(self, caller: Name, key: UUID) -> Takings:
        show = self._own(caller, key)
        if show.status not in ("live", "ended"):
            raise Refused("show_not_live")
        return self._wind_up(show)

    def settle_overdue(self, key: UUID) -> bool:
        show = self.shows[key]
        if show.due is None or show.due > self.ledger.now:
            return False
        if show.status == "scheduled":
            self._call_off(show)
        else:
            self._wind_up(show)
        return True

    def suspend(self, creator: Name) -> int:
        """Cancels whatever somebody still has on, and answers how many shows that were."""
        theirs = [
            one
            for one in self.shows.values()
            if one.creator == creator and one.status in ("scheduled", "live")
        ]
        for show in theirs:
            self._call_off(show)
        return len(theirs)

    def _call_off(self, show: Show) -> None:
        self._refund(show.valid)
        show.status = "cancelled"

    def _wind_up(self, show: Show) -> Takings:
        """Whom the creator blocked before they came gets their coins back; the rest is earned."""
        if show.status == "live":
            shut_out = {blocked for who, blocked in self.ledger.blocks if who == show.creator}
            self._refund(
                [one for one in show.valid if one.holder in shut_out and not one.checked_in]
            )
            show.fee = self.ledger.release_escrow(show.creator, self._paid(show))
            show.status = "ended"
        sold = len(show.valid)
        return Takings(sold, len(show.tickets) - sold, self._paid(show), show.fee)

    def _refund(self, tickets: list[Ticket]) -> None:
        for ticket in tickets:
            self.ledger.post([("show_escrow", -ticket.price), (ticket.holder, ticket.price)])
            ticket.valid = False

    def _paid(self, show: Show) -> int:
        return sum(one.price for one in show.valid)

    def _own(self, caller: Name, key: UUID) -> Show:
        show = self.shows[key]
        if show.creator != caller:
            self._require_existence(show, caller)
            raise Refused("not_owner")
        return show

    def _require_access(self, show: Show, visitor: Name) -> None:
        self._require_existence(show, visitor)
        self.ledger.require_no_block(show.creator, visitor)

    def _require_existence(self, show: Show, visitor: Name) -> None:
        """A show that is cancelled is there for whoever had a ticket alone."""
        if show.status == "cancelled" and not any(one.holder == visitor for one in show.tickets):
            raise Refused("not_found")
