"""What calls should do: held when asked for, billed by the minute when they end."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from uuid import UUID

from tests.money.client import Refused
from tests.money.models.books import Ledger, Name

PATIENCE = {
    "pending": timedelta(minutes=5),
    "accepted": timedelta(minutes=30),
    "active": timedelta(minutes=240),
}
"""How long an open call stays as it is before the platform acts."""

AFTER = {
    ("pending", "reject"): "rejected",
    ("pending", "cancel"): "cancelled",
    ("pending", "expire"): "missed",
    ("pending", "suspend"): "cancelled",
    ("accepted", "cancel"): "cancelled",
    ("accepted", "end"): "cancelled",
    ("accepted", "expire"): "cancelled",
    ("accepted", "suspend"): "cancelled",
    ("active", "end"): "completed",
    ("active", "expire"): "completed",
    ("active", "run_out"): "completed",
    ("active", "suspend"): "completed",
}
"""How a call closes: its status by the last one and what was done."""

SWEEP = timedelta(seconds=60)
"""How far ahead of the next sweep an active call is covered."""

HOLD = timedelta(hours=24)
MINUTE = timedelta(minutes=1)


@dataclass(slots=True)
class Terms:
    """Coins and minutes."""

    rate: int
    minimum: int


@dataclass(slots=True)
class Call:
    fan: Name
    creator: Name
    terms: Terms
    expires: datetime
    status: str = "pending"
    joined: set[Name] = field(default_factory=set)
    started: datetime | None = None
    covered: datetime | None = None
    billed: int = 0
    charged: int = 0
    shortfall: int = 0

    @property
    def open(self) -> bool:
        return self.status in PATIENCE

    @property
    def standing(self) -> tuple[str, int, int, int]:
        """What is seen of it: status, billed minutes, charge and shortfall."""
        return self.status, self.billed, self.charged, self.shortfall


@dataclass(slots=True)
class Calls:
    """Every call, its hold among the ledger's under the call's own id."""

    ledger: Ledger
    terms: dict[Name, Terms]
    calls: dict[UUID, Call] = field(default_factory=dict)

    def request(self, fan: Name, creator: Name, estimate: int | None) -> Call:
        """A call that is yet to be put among the others under its id."""
        if fan == creator:
            raise Refused("own_call")
        self.ledger.require_no_block(fan, creator)
        self._close_overdue_of(fan)
        terms = Terms(**{name: getattr(self.terms[creator], name) for name in Terms.__slots__})
        held = terms.rate * max(terms.minimum, estimate or 0)
        if self.ledger.available(fan) < held:
            raise Refused("insufficient_balance")
        return Call(fan, creator, terms, self.ledger.now + PATIENCE["pending"])

    def accept(self, key: UUID, party: Name) -> None:
        call = self._of(key, party)
        if party != call.creator:
            raise Refused("forbidden")
        if call.status == "accepted":
            return
        self._require_status(call, "pending")
        self.ledger.require_no_block(call.fan, call.creator)
        self._advance(call, "accepted")

    def start(self, key: UUID, party: Name) -> None:
        """Billing starts when both have."""
        call = self._of(key, party)
        if call.status == "active":
            return
        self._require_status(call, "accepted")
        self.ledger.require_no_block(call.fan, call.creator)
        call.joined.add(party)
        if len(call.joined) == 2:
            self._advance(call, "active")
            call.started = self.ledger.now
            minutes = self.ledger.holds[key].amount // call.terms.rate
            call.covered = call.started + MINUTE * minutes

    def leave(self, key: UUID, party: Name, action: str) -> None:
        """A party rejects, cancels or ends it; what is done already stays done."""
        call = self._of(key, party)
        if action == "reject" and party != call.creator:
            raise Refused("forbidden")
        if (call.status, action) in AFTER:
            self._close(key, action)
        elif call.status not in {end for (_, done), end in AFTER.items() if done == action}:
            raise Refused("call_state")

    def expire(self, key: UUID) -> bool:
        call = self.calls[key]
        due = call.open and call.expires <= self.ledger.now
        if due:
            self._close(key, "expire")
        return due

    def extend(self, key: UUID) -> bool:
        """Covers a call up to the next sweep as far as the fan can pay; ends one that is not."""
        call, now = self.calls[key], self.ledger.now
        wanted = min(now + SWEEP, call.expires)
        if (
            call.covered is None
            or not call.open
            or not call.covered < wanted
            or call.expires <= now
        ):
            return False
        minutes = min(
            ceil((wanted - call.covered) / MINUTE),
            self.ledger.available(call.fan) // call.terms.rate,
        )
        if minutes > 0:
            self.ledger.extend(key, call.terms.rate * minutes, HOLD)
            call.covered += MINUTE * minutes
        if call.covered <= now:
            self._close(key, "run_out")
            return True
        return minutes > 0

    def suspend(self, party: Name) -> int:
        """Closes whatever somebody still has open, and answers how many calls that were."""
        theirs = [
            key for key, one in self.calls.items() if one.open and party in (one.fan, one.creator)
        ]
        for key in sorted(theirs, key=lambda key: self.ledger.people.index(self.calls[key].fan)):
            self._close(key, "suspend")
        return len(theirs)

    def overdue(self) -> list[UUID]:
        now = self.ledger.now
        return [key for key, one in self.calls.items() if one.open and one.expires <= now]

    def _close_overdue_of(self, fan: Name) -> None:
        for key, call in self.calls.items():
            if call.fan == fan and call.open:
                if call.expires > self.ledger.now:
                    raise Refused("call_open")
                self._close(key, "expire")

    def _close(self, key: UUID, action: str) -> None:
        call = self.calls[key]
        ended = min(self.ledger.now, call.expires)
        call.status = AFTER[call.status, action]
        if call.started is None:
            self.ledger.void(key)
            return
        lasted = (ended - call.started) // timedelta(seconds=1)
        call.billed = max(ceil(lasted / 60), call.terms.minimum)
        call.charged, call.shortfall = self.ledger.capture(
            key, call.terms.rate * call.billed, call.creator
        )

    def _advance(self, call: Call, status: str) -> None:
        call.status = status
        call.expires = self.ledger.now + PATIENCE[status]

    def _of(self, key: UUID, party: Name) -> Call:
        call = self.calls[key]
        if party not in (call.fan, call.creator):
            raise Refused("not_found")
        return call

    def _require_status(self, call: Call, status: str) -> None:
        if call.status != status:
            raise Refused("call_state")
        if call.expires <= self.ledger.now:
            raise Refused("call_expired")
