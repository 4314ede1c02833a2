"""Every operation of the ledger's own, in any order, against a model of it."""

from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, consumes, multiple, rule

from lambda_pool import Pool
from tests.money import calling, client
from tests.money.machines.base import (
    PEOPLE,
    Machine,
    coins,
    even,
    key,
    pairs,
    somebody_else,
    who,
)
from tests.money.models.books import Goal, Payout, Purchase
from tests.money.world import GIFTS, PACKAGES, TICKET, Owner, goals, new_goal

GOALS = 5
"""What a stream has at most that are active."""

HOUR = timedelta(hours=1)

subjects = even(0, 1)
percents = even(0, 10, 33, 50, 100, 100)
lifetimes = even(timedelta(minutes=1), HOUR)
packages = even(*PACKAGES)


class BooksMachine(Machine):
    """Gifts and tickets, holds, escrow, payouts, purchases and what is taken back of them."""

    holds: Bundle[UUID] = Bundle("holds")
    deposits: Bundle[tuple[UUID, int]] = Bundle("deposits")
    transfers = Machine.transfers
    payouts: Bundle[str] = Bundle("payouts")
    purchases: Bundle[UUID] = Bundle("purchases")
    paid: Bundle[UUID] = Bundle("paid")

    def __init__(self, pool: Pool, owner: Owner) -> None:
        super().__init__(pool, owner)
        self._subjects = [uuid4(), uuid4()]
        self._checkouts: dict[UUID, client.Row] = {}
        self._ignored: set[str] = set()

    @rule(
        target=transfers,
        pair=pairs,
        price=even(*GIFTS),
        quantity=even(1, 2, 4),
    )
    def gift(self, pair: tuple[int, int], price: int, quantity: int) -> Any:
        sender, host = pair
        call = client.gift(
            self._cast.people[sender], self._cast.streams[host], price, quantity, key()
        )
        answer, legs = self._ask(
            call,
            lambda: self._books.give(
                "gift", self._names[sender], self._names[host], price * quantity
            ),
        )
        return self._paid(answer, legs, sender, lambda told: told["stream_gift"]["transfer_id"])

    @rule(target=transfers, pair=pairs)
    def buy_ticket(self, pair: tuple[int, int]) -> Any:
        buyer, host = pair
        call = client.buy_ticket(self._cast.people[buyer], self._cast.premieres[host], key())
        answer, legs = self._ask(
            call, lambda: self._books.buy_ticket(self._names[buyer], self._names[host], TICKET)
        )
        return self._paid(answer, legs, buyer, lambda told: told["ticket"]["transfer_id"])

    @rule(host=who, amount=even(1, 50, 120, 600))
    def ask_for(self, host: int, amount: int) -> None:
        name = self._names[host]
        active = [one for one in self._books.goals.values() if one.host == name]
        if len([one for one in active if one.status == "active"]) < GOALS:
            goal = new_goal(self._owner, self._cast.streams[host], self._cast.people[host], amount)
            self._books.goals[goal] = Goal(name, amount)

    @rule(target=holds, person=who, amount=coins, subject=subjects, lifetime=lifetimes)
    def authorise(self, person: int, amount: int, subject: int, lifetime: timedelta) -> Any:
        name, about = self._names[person], self._subjects[subject]
        call = client.authorise(
            self._cast.people[person], amount, about, lifetime=f"{lifetime.total_seconds()} seconds"
        )
        answer, hold = self._ask(call, lambda: self._books.authorise(name, amount, about, lifetime))
        if not answer:
            return multiple()
        self._books.holds[answer["hold"]] = hold
        return answer["hold"]

    @rule(hold=holds, amount=coins)
    def extend(self, hold: UUID, amount: int) -> None:
        self._ask(client.extend(hold, amount), lambda: self._books.extend(hold, amount, HOUR))

    @rule(hold=holds)
    def void(self, hold: UUID) -> None:
        answer, expected = self._ask(client.void(hold), lambda: self._books.void(hold))
        assert answer == {"released": expected}

    @rule(
        target=transfers,
        hold=holds,
        amount=even(0, -1, -1, 1, 19, 50, 120, 300),
        other=somebody_else,
    )
    def capture(self, hold: UUID, amount: int, other: int) -> Any:
        found = self._books.holds[hold]
        amount = found.amount if amount < 0 else amount  # -1 stands for all of it
        payee = (self._names.index(found.owner) + other) % PEOPLE
        call = client.capture(hold, amount, self._cast.people[payee], self._cast.admin, key())
        before = Counter(self._books.balances)
        answer, expected = self._ask(
            call, lambda: self._books.capture(hold, amount, self._names[payee])
        )
        if not answer:
            return multiple()
        assert (answer["captured"], answer["shortfall"]) == expected
        if answer["transfer_id"] is None:
            assert answer["captured"] == 0
            return multiple()
        moved = [(name, after - before[name]) for name, after in self._books.balances.items()]
        self._books.reversible[answer["transfer_id"]] = moved
        return answer["transfer_id"]

    @rule()
    def release_due(self) -> None:
        """After the sweep of calls, which never lets the hold of one come due."""
        for overdue in self._model.calls.overdue():
            client.make(self._pool, calling.expire(str(overdue)))
            self._model.calls.expire(overdue)
        released = {row["released"] for row in client.make_all(self._pool, client.release_due())}
        assert released == self._books.release_due()

    @rule(target=deposits, buyer=who, amount=coins)
    def deposit(self, buyer: int, amount: int) -> Any:
        call = client.deposit(self._cast.people[buyer], amount, self._subjects[0], key())
        answer, legs = self._ask(call, lambda: self._books.deposit(self._names[buyer], amount))
        if not answer:
            return multiple()
        self._books.reversible[answer["transfer"]] = legs
        return answer["transfer"], amount

    @rule(target=deposits, buyer=who)
    def spend_everything(self, buyer: int) -> Any:
        available = self._books.available(self._names[buyer])
        return self.deposit(buyer, available) if available else multiple()

    @rule(ticket=consumes(deposits), payee=who)
    def release_escrow(self, ticket: tuple[UUID, int], payee: int) -> None:
        call = client.release_escrow(self._cast.people[payee], ticket[1], self._subjects[0], key())
        answer, _ = self._ask(
            call, lambda: self._books.release_escrow(self._names[payee], ticket[1])
        )
        assert answer

    @rule(ticket=consumes(deposits))
    def refund_escrow(self, ticket: tuple[UUID, int]) -> None:
        call = client.reverse(ticket[0], "escrow_refund", self._cast.admin, key())
        answer, _ = self._ask(call, lambda: self._books.reverse(ticket[0]))
        assert answer

    @rule(target=payouts, person=who, amount=even(99, 100, 101, 150, 400))
    def request_payout(self, person: int, amount: int) -> Any:
        name = self._names[person]
        call = client.request_payout(self._cast.people[person], amount, key())
        answer, _ = self._ask(call, lambda: self._books.request_payout(name, amount))
        if not answer:
            return multiple()
        self._shows_balance(answer, person)
        payout: str = answer["response"]["payout"]["id"]
        self._books.payouts[payout] = Payout(name, amount)
        return payout

    @rule(payout=payouts, settle=even(True, False))
    def close_payout(self, payout: str, settle: bool) -> None:
        call = client.close_payout(self._cast.admin, payout, key(), settle=settle)
        self._ask(call, lambda: self._books.close_payout(payout, settle=settle))

    @rule(target=purchases, person=who, package=packages)
    def open_purchase(self, person: int, package: int) -> UUID:
        package_id, cents = PACKAGES[package]
        call = client.open_purchase(self._cast.people[person], package_id, key())
        opened = client.make(self._pool, call)
        purchase: UUID = opened["id"]
        assert client.make(self._pool, call) == opened, "the same key is another purchase"
        self._refuses(call.altered(), {"idempotency_key_reused"})
        self._books.purchases[purchase] = Purchase(self._names[person], package, cents)
        return purchase

    @rule(purchase=purchases, number=even(0, 1))
    def check_out(self, purchase: UUID, number: int) -> None:
        """The first answer of a checkout stays."""
        first = self._checkouts.setdefault(purchase, {"url": f"https://stripe.test/{number}"})
        call = client.attach_checkout(purchase, f"https://stripe.test/{number}")
        assert client.make(self._pool, call) == {"response": first}

    @rule(number=even(0, 1, 2))
    def ignore(self, number: int) -> None:
        """An event of no concern is noted once."""
        event = f"evt_{self._cast.admin}_{number}"
        noted = client.make(self._pool, client.ignore_event(event))["outcome"]
        assert noted == ("duplicate" if event in self._ignored else "ignored")
        self._ignored.add(event)

    @rule(target=paid, purchase=purchases)
    def pay(self, purchase: UUID) -> UUID:
        call = client.pay(purchase, self._books.purchases[purchase].cents, key())
        answer, expected = self._ask(call, lambda: self._books.pay_purchase(purchase))
        assert answer == {"outcome": expected}
        return purchase

    @rule(target=paid, person=who, package=packages)
    def buy(self, person: int, package: int) -> Any:
        return self.pay(self.open_purchase(person, package))

    @rule(purchase=purchases)
    def pay_too_little(self, purchase: UUID) -> None:
        call = client.pay(purchase, self._books.purchases[purchase].cents - 1, key())
        answer, expected = self._ask(call, lambda: self._books.pay_too_little(purchase))
        assert answer == {"outcome": expected}

    @rule(purchase=st.one_of(paid, purchases), percent=percents)
    def refund(self, purchase: UUID, percent: int) -> None:
        cents = self._books.purchases[purchase].cents * percent // 100
        call = client.refund(purchase, cents, key())
        answer, expected = self._ask(call, lambda: self._books.refund(purchase, cents))
        assert answer is None or answer == {"outcome": expected}

    @rule(
        purchase=st.one_of(paid, purchases),
        number=even(0, 1),
        percent=percents,
        stage=even(1, 1, 2),
    )
    def dispute(self, purchase: UUID, number: int, percent: int, stage: int) -> None:
        cents = self._books.purchases[purchase].cents * percent // 100
        call = client.dispute(purchase, number, cents, stage, key())
        answer, expected = self._ask(
            call, lambda: self._books.dispute(purchase, number, cents, stage)
        )
        assert answer is None or answer == {"outcome": expected}

    def _agree(self) -> None:
        super()._agree()
        expected = {goal: (one.progress, one.status) for goal, one in self._books.goals.items()}
        assert goals(self._owner, self._cast.streams) == expected
