"""Every operation of the ledger in any order, against a model of it."""

from collections import Counter
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    precondition,
    rule,
)

from lambda_pool import Pool
from tests.money import client
from tests.money.client import Call, Refused, Row
from tests.money.model import Goal, Hold, Ledger, Payout, Purchase
from tests.money.racing import ask
from tests.money.world import (
    GIFTS,
    PACKAGES,
    TICKET,
    Owner,
    balances,
    cast,
    goals,
    new_goal,
    violations,
)

PEOPLE = 3
FUNDS = 120
OVER = "1 microsecond"
GOALS = 5
"""What a stream has at most that are active."""

who = st.integers(0, PEOPLE - 1)
coins = st.integers(1, 300)
subjects = st.integers(0, 1)
percents = st.sampled_from([0, 10, 33, 50, 100, 100])
wallets = ("coin_sales", "promo", "payout_clearing", "show_escrow", "platform_fees")


class LedgerMachine(RuleBasedStateMachine):
    """Each rule asks the database and the model, which must agree on the answer or the refusal."""

    holds: Bundle[UUID] = Bundle("holds")
    deposits: Bundle[tuple[UUID, int]] = Bundle("deposits")
    transfers: Bundle[UUID] = Bundle("transfers")
    payouts: Bundle[str] = Bundle("payouts")
    purchases: Bundle[UUID] = Bundle("purchases")
    paid: Bundle[UUID] = Bundle("paid")

    def __init__(self, pool: Pool, owner: Owner) -> None:
        super().__init__()
        self._pool = pool
        self._owner = owner
        owner.execute("delete from ledger.fee_rates")
        self._cast = cast(owner, PEOPLE)
        self._names = [str(person) for person in self._cast.people]
        self._subjects = [uuid4(), uuid4()]
        self._model = Ledger(frozenset(self._names))
        self._before = {name: balances(owner)[name][0] for name in wallets}
        self._answered: list[tuple[Call, Row]] = []
        for name, person in zip(self._names, self._cast.people, strict=True):
            client.make(pool, client.adjust(self._cast.admin, person, FUNDS, _key()))
            self._model.adjust(name, FUNDS)

    @rule(basis_points=st.sampled_from([0, 2000, 333]))
    def set_the_fee(self, basis_points: int) -> None:
        self._model.basis_points = basis_points
        self._owner.execute("delete from ledger.fee_rates")
        self._owner.execute(
            "insert into ledger.fee_rates select unnest(%s::text[]), %s",
            (
                ["gift", "tip", "stream_ticket", "hold_capture", "escrow_release"],
                basis_points,
            ),
        )

    @rule(person=who, amount=st.integers(-200, 400).filter(bool))
    def adjust(self, person: int, amount: int) -> None:
        call = client.adjust(self._cast.admin, self._cast.people[person], amount, _key())
        answer, _ = self._ask(call, lambda: self._model.adjust(self._names[person], amount))
        if answer:
            self._shows_balance(answer, person)

    @rule(
        target=transfers,
        sender=who,
        host=who,
        price=st.sampled_from(list(GIFTS)),
        quantity=st.integers(1, 4),
    )
    def gift(self, sender: int, host: int, price: int, quantity: int) -> Any:
        call = client.gift(
            self._cast.people[sender], self._cast.streams[host], price, quantity, _key()
        )
        answer, legs = self._ask(
            call,
            lambda: self._model.give(self._names[sender], self._names[host], price * quantity),
        )
        return self._paid(answer, legs, sender, "stream_gift")

    @rule(target=transfers, sender=who, host=who, amount=coins)
    def tip(self, sender: int, host: int, amount: int) -> Any:
        call = client.tip(self._cast.people[sender], self._cast.streams[host], amount, _key())
        answer, legs = self._ask(
            call, lambda: self._model.give(self._names[sender], self._names[host], amount)
        )
        return self._paid(answer, legs, sender, "stream_tip")

    @rule(target=transfers, buyer=who, host=who)
    def buy_ticket(self, buyer: int, host: int) -> Any:
        call = client.buy_ticket(self._cast.people[buyer], self._cast.premieres[host], _key())
        answer, legs = self._ask(
            call, lambda: self._model.buy_ticket(self._names[buyer], self._names[host], TICKET)
        )
        return self._paid(answer, legs, buyer, "ticket")

    @rule(host=who, amount=st.integers(1, 600))
    def ask_for(self, host: int, amount: int) -> None:
        name = self._names[host]
        active = [one for one in self._model.goals.values() if one.host == name]
        if len([one for one in active if one.status == "active"]) < GOALS:
            goal = new_goal(self._owner, self._cast.streams[host], self._cast.people[host], amount)
            self._model.goals[goal] = Goal(name, amount)

    @rule(target=holds, person=who, amount=coins, subject=subjects, due=st.booleans())
    def authorise(self, person: int, amount: int, subject: int, due: bool) -> Any:
        about = self._subjects[subject]
        call = client.authorise(
            self._cast.people[person], amount, about, lifetime=OVER if due else "1 hour"
        )
        name = self._names[person]
        answer, _ = self._ask(call, lambda: self._model.authorise(name, amount, about))
        if not answer:
            return multiple()
        self._model.holds[answer["hold"]] = Hold(name, about, amount, due)
        return answer["hold"]

    @rule(hold=holds, amount=coins)
    def extend(self, hold: UUID, amount: int) -> None:
        self._ask(client.extend(hold, amount), lambda: self._model.extend(hold, amount))

    @rule(hold=holds)
    def void(self, hold: UUID) -> None:
        answer, expected = self._ask(client.void(hold), lambda: self._model.void(hold))
        assert answer == {"released": expected}

    @rule(
        target=transfers,
        hold=holds,
        amount=st.one_of(st.just(0), st.just(-1), coins),
        other=st.integers(1, PEOPLE - 1),
    )
    def capture(self, hold: UUID, amount: int, other: int) -> Any:
        found = self._model.holds[hold]
        amount = found.amount if amount < 0 else amount  # -1 stands for all of it
        payee = (self._names.index(found.owner) + other) % PEOPLE
        call = client.capture(hold, amount, self._cast.people[payee], self._cast.admin, _key())
        before = Counter(self._model.balances)
        answer, expected = self._ask(
            call, lambda: self._model.capture(hold, amount, self._names[payee])
        )
        if not answer:
            return multiple()
        assert (answer["captured"], answer["shortfall"]) == expected
        if answer["transfer_id"] is None:
            assert answer["captured"] == 0
            return multiple()
        moved = [(name, after - before[name]) for name, after in self._model.balances.items()]
        self._model.reversible[answer["transfer_id"]] = moved
        return answer["transfer_id"]

    @rule()
    def release_due(self) -> None:
        released = {row["released"] for row in client.make_all(self._pool, client.release_due())}
        assert released == self._model.release_due()

    @rule(target=deposits, buyer=who, amount=coins)
    def deposit(self, buyer: int, amount: int) -> Any:
        call = client.deposit(self._cast.people[buyer], amount, self._subjects[0], _key())
        answer, legs = self._ask(call, lambda: self._model.deposit(self._names[buyer], amount))
        if not answer:
            return multiple()
        self._model.reversible[answer["transfer"]] = legs
        return answer["transfer"], amount

    @rule(target=deposits, buyer=who)
    def spend_everything(self, buyer: int) -> Any:
        available = self._model.available(self._names[buyer])
        return self.deposit(buyer, available) if available else multiple()

    @rule(ticket=consumes(deposits), payee=who)
    def release_escrow(self, ticket: tuple[UUID, int], payee: int) -> None:
        call = client.release_escrow(self._cast.people[payee], ticket[1], self._subjects[0], _key())
        answer, _ = self._ask(
            call, lambda: self._model.release_escrow(self._names[payee], ticket[1])
        )
        assert answer

    @rule(ticket=consumes(deposits))
    def refund_escrow(self, ticket: tuple[UUID, int]) -> None:
        call = client.reverse(ticket[0], "escrow_refund", self._cast.admin, _key())
        answer, _ = self._ask(call, lambda: self._model.reverse(ticket[0]))
        assert answer

    @rule(transfer=transfers)
    def reverse(self, transfer: UUID) -> None:
        call = client.reverse(transfer, "wallet_adjustment", self._cast.admin, _key())
        self._ask(call, lambda: self._model.reverse(transfer))

    @rule(target=payouts, person=who, amount=st.integers(90, 400))
    def request_payout(self, person: int, amount: int) -> Any:
        name = self._names[person]
        call = client.request_payout(self._cast.people[person], amount, _key())
        answer, _ = self._ask(call, lambda: self._model.request_payout(name, amount))
        if not answer:
            return multiple()
        self._shows_balance(answer, person)
        payout: str = answer["response"]["payout"]["id"]
        self._model.payouts[payout] = Payout(name, amount)
        return payout

    @rule(payout=payouts, settle=st.booleans())
    def close_payout(self, payout: str, settle: bool) -> None:
        call = client.close_payout(self._cast.admin, payout, _key(), settle=settle)
        self._ask(call, lambda: self._model.close_payout(payout, settle=settle))

    @rule(target=purchases, person=who, package=st.sampled_from(list(PACKAGES)))
    def open_purchase(self, person: int, package: int) -> UUID:
        package_id, cents = PACKAGES[package]
        call = client.open_purchase(self._cast.people[person], package_id, _key())
        purchase: UUID = client.make(self._pool, call)["id"]
        self._model.purchases[purchase] = Purchase(self._names[person], package, cents)
        return purchase

    @rule(target=paid, purchase=purchases)
    def pay(self, purchase: UUID) -> UUID:
        call = client.pay(purchase, self._model.purchases[purchase].cents, _key())
        answer, expected = self._ask(call, lambda: self._model.pay(purchase))
        assert answer == {"outcome": expected}
        return purchase

    @rule(target=paid, person=who, package=st.sampled_from(list(PACKAGES)))
    def buy(self, person: int, package: int) -> Any:
        return self.pay(self.open_purchase(person, package))

    @rule(purchase=purchases)
    def pay_too_little(self, purchase: UUID) -> None:
        call = client.pay(purchase, self._model.purchases[purchase].cents - 1, _key())
        answer, expected = self._ask(call, lambda: self._model.pay_too_little(purchase))
        assert answer == {"outcome": expected}

    @rule(purchase=st.one_of(paid, purchases), percent=percents)
    def refund(self, purchase: UUID, percent: int) -> None:
        cents = self._model.purchases[purchase].cents * percent // 100
        call = client.refund(purchase, cents, _key())
        answer, expected = self._ask(call, lambda: self._model.refund(purchase, cents))
        assert answer is None or answer == {"outcome": expected}

    @rule(
        purchase=st.one_of(paid, purchases),
        number=st.integers(0, 1),
        percent=percents,
        stage=st.sampled_from([1, 1, 2]),
    )
    def dispute(self, purchase: UUID, number: int, percent: int, stage: int) -> None:
        cents = self._model.purchases[purchase].cents * percent // 100
        call = client.dispute(purchase, number, cents, stage, _key())
        answer, expected = self._ask(
            call, lambda: self._model.dispute(purchase, number, cents, stage)
        )
        assert answer is None or answer == {"outcome": expected}

    @rule(batch=st.integers(1, 8))
    def fold(self, batch: int) -> None:
        client.make(self._pool, client.fold(batch))

    @precondition(lambda self: self._answered)
    @rule(index=st.integers(0), altered=st.booleans())
    def ask_again(self, index: int, altered: bool) -> None:
        call, first = self._answered[index % len(self._answered)]
        if "event_id" in call.params:
            assert client.make(self._pool, call) == {"outcome": "duplicate"}
        elif "payload_hash" not in call.params:
            self._refuses(call, {"idempotency_key_reused", "insufficient_balance"})
        elif altered:
            self._refuses(call.altered(), {"idempotency_key_reused"})
        else:
            again = client.make(self._pool, call)
            assert again == {"replayed": True, "response": first["response"]}

    @invariant()
    def nothing_is_violated(self) -> None:
        assert violations(self._owner) == []

    @invariant()
    def balances_are_the_models(self) -> None:
        real = balances(self._owner)
        for name in self._names:
            assert real[name] == (self._model.balances[name], self._model.held(name)), name
        for name in wallets:
            assert real[name] == (self._before[name] + self._model.balances[name], 0), name

    @invariant()
    def goals_are_the_models(self) -> None:
        expected = {goal: (one.progress, one.status) for goal, one in self._model.goals.items()}
        assert goals(self._owner, self._cast.streams) == expected

    def teardown(self) -> None:
        """Nothing of this run may come due in the next."""
        for hold in self._model.holds:
            client.make(self._pool, client.void(hold))

    def _ask[Expected](
        self, call: Call, model: Callable[[], Expected]
    ) -> tuple[Row, Expected] | tuple[None, Any]:
        """The database's answer and the model's; nothing when both refuse, for the same reason."""
        try:
            expected = model()
        except Refused as refusal:
            self._refuses(call, {str(refusal)})
            return None, None
        answer = client.make(self._pool, call)
        once = {"key", "event_id"} & call.params.keys()
        if once and not {"hold", "transfer"} & call.params.keys():
            self._answered.append((call, answer))
        return answer, expected

    def _refuses(self, call: Call, codes: set[str]) -> None:
        answer = ask(self._pool, call)
        assert isinstance(answer, str), f"{call} is not refused but answered {answer}"
        assert answer in codes

    def _paid(self, answer: Row | None, legs: Any, payer: int, what: str) -> Any:
        """The transfer of what was paid, for the rules that undo one."""
        if not answer:
            return multiple()
        self._shows_balance(answer, payer)
        transfer = UUID(answer["response"][what]["transfer_id"])
        self._model.reversible[transfer] = legs
        return transfer

    def _shows_balance(self, answer: Row, person: int) -> None:
        assert answer["response"]["balance"] == self._model.balances[self._names[person]]


def _key() -> str:
    return str(uuid4())
