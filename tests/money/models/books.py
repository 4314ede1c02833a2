"""What the ledger should do, in a page of Python without a database."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from tests.money.client import Refused

type Name = str
"""A user's id or a system account."""
type Legs = list[tuple[Name, int]]

LEAST_PAYOUT = 100


@dataclass(slots=True)
class Hold:
    owner: Name
    subject: UUID
    amount: int
    expires: datetime
    active: bool = True


@dataclass(slots=True)
class Debt:
    owner: Name
    purchase: UUID
    amount: int
    """What is still owed."""


@dataclass(slots=True)
class Purchase:
    owner: Name
    coins: int
    cents: int
    paid: bool = False
    mismatched: bool = False
    refunded: int = 0
    disputes: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Cents and stage by number."""
    disputed: int = 0
    taken: int = 0


@dataclass(slots=True)
class Payout:
    owner: Name
    amount: int
    open: bool = True


@dataclass(slots=True)
class Goal:
    host: Name
    target: int
    progress: int = 0

    @property
    def status(self) -> str:
        return "active" if self.progress < self.target else "completed"


@dataclass(slots=True)
class Ledger:
    """Every wallet, and what is promised of it."""

    people: list[Name]
    """In the order of their wallets."""
    now: datetime
    fees: Counter[str] = field(default_factory=Counter)
    """Basis points by operation."""
    balances: Counter[Name] = field(default_factory=Counter)
    holds: dict[UUID, Hold] = field(default_factory=dict)
    debts: list[Debt] = field(default_factory=list)
    purchases: dict[UUID, Purchase] = field(default_factory=dict)
    payouts: dict[str, Payout] = field(default_factory=dict)
    reversible: dict[UUID, Legs] = field(default_factory=dict)
    tickets: set[tuple[Name, Name]] = field(default_factory=set)
    """Buyer and host."""
    goals: dict[UUID, Goal] = field(default_factory=dict)
    blocks: set[tuple[Name, Name]] = field(default_factory=set)
    """Who has blocked whom."""

    def held(self, owner: Name) -> int:
        return sum(one.amount for one in self.holds.values() if one.active and one.owner == owner)

    def available(self, owner: Name) -> int:
        return self.balances[owner] - self.held(owner)

    def post(self, legs: Legs) -> Legs:
        """Moves coins, or refuses and moves none."""
        change: Counter[Name] = Counter()
        for name, amount in legs:
            change[name] += amount
        assert sum(change.values()) == 0
        for name, amount in change.items():
            if name in self.people and amount < 0 and self.available(name) < -amount:
                raise Refused("insufficient_balance")
        self.balances.update(change)
        return legs

    def adjust(self, owner: Name, amount: int) -> None:
        self.post([("promo", -amount), (owner, amount)])

    def give(self, operation: str, sender: Name, host: Name, coins: int) -> Legs:
        """A gift or a tip, which moves the host's goals."""
        if sender == host:
            raise Refused("own_stream")
        self.require_no_block(sender, host)
        legs = self.pay(operation, sender, host, coins)
        for goal in self.goals.values():
            if goal.host == host and goal.status == "active":
                goal.progress += coins
        return legs

    def buy_ticket(self, buyer: Name, host: Name, price: int) -> Legs:
        if buyer == host:
            raise Refused("own_stream")
        self.require_no_block(buyer, host)
        if (buyer, host) in self.tickets:
            raise Refused("ticket_exists")
        legs = self.pay("stream_ticket", buyer, host, price)
        self.tickets.add((buyer, host))
        return legs

    def pay(self, operation: str, payer: Name, payee: Name, coins: int) -> Legs:
        """From one to the other, less the platform's share."""
        return self.post([(payer, -coins), *self._earned(operation, payee, coins)])

    def require_no_block(self, one: Name, other: Name) -> None:
        if {(one, other), (other, one)} & self.blocks:
            raise Refused("blocked")

    def authorise(self, owner: Name, amount: int, subject: UUID, lifetime: timedelta) -> Hold:
        """A hold, which is yet to be put among the others under its id."""
        if any(one.active and one.subject == subject for one in self.holds.values()):
            raise Refused("hold_exists")
        self._require(owner, amount)
        return Hold(owner, subject, amount, self.now + lifetime)

    def extend(self, hold: UUID, amount: int, lifetime: timedelta) -> None:
        found = self._active(hold)
        self._require(found.owner, amount)
        found.amount += amount
        found.expires = max(found.expires, self.now + lifetime)

    def void(self, hold: UUID) -> bool:
        released = self.holds[hold].active
        self.holds[hold].active = False
        return released

    def capture(self, hold: UUID, amount: int, payee: Name) -> tuple[int, int]:
        """What is captured, and the shortfall."""
        found = self._active(hold)
        found.active = False
        captured = min(amount, self.available(found.owner))
        self.pay("hold_capture", found.owner, payee, captured)
        return captured, amount - captured

    def release_due(self) -> set[UUID]:
        due = {key for key, one in self.holds.items() if one.active and one.expires <= self.now}
        for key in due:
            self.holds[key].active = False
        return due

    def deposit(self, buyer: Name, amount: int) -> Legs:
        return self.post([(buyer, -amount), ("show_escrow", amount)])

    def release_escrow(self, payee: Name, amount: int) -> int:
        """What the platform keeps of it."""
        legs = self._earned("escrow_release", payee, amount)
        self.post([("show_escrow", -amount), *legs])
        return dict(legs)["platform_fees"]

    def reverse(self, transfer: UUID) -> None:
        if transfer not in self.reversible:
            raise Refused("already_reversed")
        self.post([(name, -amount) for name, amount in self.reversible[transfer]])
        del self.reversible[transfer]

    def request_payout(self, owner: Name, amount: int) -> None:
        if amount < LEAST_PAYOUT:
            raise Refused("payout_too_small")
        if self.available(owner) < amount + self.owed(owner):
            raise Refused("insufficient_balance")
        self._collect(owner)
        self.post([(owner, -amount), ("payout_clearing", amount)])

    def close_payout(self, payout: str, *, settle: bool) -> None:
        found = self.payouts[payout]
        if not found.open:
            raise Refused("payout_closed")
        found.open = False
        receiver = "coin_sales" if settle else found.owner
        self.post([("payout_clearing", -found.amount), (receiver, found.amount)])

    def pay_purchase(self, purchase: UUID) -> str:
        bought = self.purchases[purchase]
        if bought.paid:
            return "ignored"
        bought.paid = True
        bought.mismatched = False
        self.post([("coin_sales", -bought.coins), (bought.owner, bought.coins)])
        self._collect(bought.owner)
        return "applied"

    def pay_too_little(self, purchase: UUID) -> str:
        bought = self.purchases[purchase]
        bought.mismatched = not bought.paid
        return "amount_mismatch" if bought.mismatched else "ignored"

    def refund(self, purchase: UUID, cents: int) -> str:
        bought = self._settled(purchase)
        if bought.paid:
            bought.refunded = max(bought.refunded, cents)
        return self._take_back(purchase)

    def dispute(self, purchase: UUID, number: int, cents: int, stage: int) -> str:
        bought = self._settled(purchase)
        if bought.disputes.get(number, (0, 0))[1] <= stage:
            bought.disputes[number] = (cents, stage)
        if bought.paid:
            bought.disputed = sum(cents for cents, _ in bought.disputes.values())
        return self._take_back(purchase)

    def owed(self, owner: Name) -> int:
        return sum(debt.amount for debt in self._debts_of(owner))

    def _settled(self, purchase: UUID) -> Purchase:
        bought = self.purchases[purchase]
        if not bought.paid and not bought.mismatched:
            raise Refused("payment_not_settled")
        return bought

    def _take_back(self, purchase: UUID) -> str:
        bought = self.purchases[purchase]
        if not bought.paid:
            return "ignored"
        gone = min(bought.refunded + bought.disputed, bought.cents)
        due = bought.coins * gone // bought.cents - bought.taken
        bought.taken += due
        if due > 0:
            self._claw_back(bought.owner, purchase, due)
        elif due < 0:
            self._give_back(bought.owner, purchase, -due)
        return "applied"

    def _claw_back(self, owner: Name, purchase: UUID, due: int) -> None:
        taken = min(due, self.available(owner))
        self.post([(owner, -taken), ("coin_sales", taken)])
        if due > taken:
            self.debts.append(Debt(owner, purchase, due - taken))

    def _give_back(self, owner: Name, purchase: UUID, coins: int) -> None:
        for debt in reversed([one for one in self._debts_of(owner) if one.purchase == purchase]):
            forgiven = min(debt.amount, coins)
            debt.amount -= forgiven
            coins -= forgiven
        self.post([("coin_sales", -coins), (owner, coins)])

    def _collect(self, owner: Name) -> None:
        for debt in self._debts_of(owner):
            due = min(debt.amount, self.available(owner))
            self.post([(owner, -due), ("coin_sales", due)])
            debt.amount -= due

    def _debts_of(self, owner: Name) -> Iterable[Debt]:
        return [debt for debt in self.debts if debt.owner == owner]

    def _earned(self, operation: str, payee: Name, amount: int) -> Legs:
        fee = amount * self.fees[operation] // 10_000
        return [(payee, amount - fee), ("platform_fees", fee)]

    def _active(self, hold: UUID) -> Hold:
        if not self.holds[hold].active:
            raise Refused("hold_closed")
        return self.holds[hold]

    def _require(self, owner: Name, amount: int) -> None:
        if self.available(owner) < amount:
            raise Refused("insufficient_balance")
