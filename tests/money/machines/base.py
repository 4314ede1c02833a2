"""What every machine does: people with coins, time, fees, blocks, keys, and books that agree."""

from collections.abc import Callable
from copy import deepcopy
from itertools import permutations
from typing import Any
from uuid import UUID, uuid4

from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    multiple,
    precondition,
    rule,
)
from hypothesis.strategies._internal.featureflags import FeatureFlags

from lambda_pool import Pool
from tests.money import client
from tests.money.calling import MINIMUM, RATE, Clock, take_calls
from tests.money.client import Call, Refused, Row
from tests.money.models.books import Ledger
from tests.money.models.calls import Terms
from tests.money.models.product import Product
from tests.money.racing import ask
from tests.money.world import Owner, balances, cast, debts, settle_the_past, violations

PEOPLE = 3
FUNDS = 200
FEES = (
    *("gift", "tip", "stream_ticket", "hold_capture", "escrow_release"),
    *("message_unlock", "dm_tip"),
)
SYSTEM = ("coin_sales", "promo", "payout_clearing", "show_escrow", "platform_fees")


def even[Option](*options: Option) -> st.SearchStrategy[Option]:
    """One of these, each as likely: Hypothesis by itself clings to a few, and gets less far."""
    return st.randoms(use_true_random=True).map(lambda dice: dice.choice(options))


who = even(*range(PEOPLE))
somebody_else = even(*range(1, PEOPLE))
"""So many places further in the circle of people."""
pairs = even((0, 0), *(pair for pair in permutations(range(PEOPLE), 2) for _ in range(2)))
"""Two people, who now and then are one."""
coins = even(1, 2, 3, 7, 10, 19, 33, 50, 77, 120, 300)
moments = even(1, 30, 59, 60, 61, 299, 300, 1800, 3600, 4 * 3600)
"""Seconds, on and beside the edges that matter."""


class Machine(RuleBasedStateMachine):
    """Each rule asks the database and the model, which must agree on the answer or the refusal."""

    transfers: Bundle[UUID] = Bundle("transfers")

    def __init__(self, pool: Pool, owner: Owner) -> None:
        super().__init__()
        # Hypothesis leaves rules out of every run, half of them on average. Here that is too many:
        # a show has to be announced, sold and begun before it can end.
        self._rules_strategy.enabled_rules_strategy = st.just(FeatureFlags())
        self._pool = pool
        self._owner = owner
        owner.execute("delete from ledger.fee_rates")
        settle_the_past(owner)
        self._cast = cast(owner, PEOPLE)
        self._names = [str(person) for person in self._cast.people]
        self._clock = Clock(owner)
        for person in self._cast.people:
            take_calls(owner, person)
        self._model = Product.opens(self._names, Terms(RATE, MINIMUM), self._clock.moment)
        self._before = {name: balances(owner)[name][0] for name in SYSTEM}
        self._answered: list[tuple[Call, Row]] = []
        for name, person in zip(self._names, self._cast.people, strict=True):
            client.make(pool, client.adjust(self._cast.admin, person, FUNDS, key()))
            self._books.adjust(name, FUNDS)

    @rule(operation=even(*FEES), basis_points=even(0, 2000, 333))
    def set_the_fee(self, operation: str, basis_points: int) -> None:
        self._books.fees[operation] = basis_points
        self._owner.execute(
            """
            insert into ledger.fee_rates
            values (%s, %s)
            on conflict (operation) do update
            set basis_points = excluded.basis_points
            """,
            (operation, basis_points),
        )

    @rule(seconds=moments)
    def wait(self, seconds: int) -> None:
        self._clock.advance(seconds=seconds)
        self._books.now = self._clock.moment

    @rule(blocker=who, other=somebody_else)
    def block(self, blocker: int, other: int) -> None:
        """Somebody blocks somebody, or all make peace."""
        if self._books.blocks:
            self._owner.execute(
                "delete from public.blocked_users where blocker_id = any (%s)", (self._cast.people,)
            )
            self._books.blocks.clear()
            return
        one, two = self._names[blocker], self._names[(blocker + other) % PEOPLE]
        self._owner.execute(
            "insert into public.blocked_users (blocker_id, blocked_id) values (%s, %s)", (one, two)
        )
        self._books.blocks.add((one, two))

    @rule(person=who, amount=even(-200, -77, -1, 1, 50, 120, 400))
    def adjust(self, person: int, amount: int) -> None:
        call = client.adjust(self._cast.admin, self._cast.people[person], amount, key())
        answer, _ = self._ask(call, lambda: self._books.adjust(self._names[person], amount))
        if answer:
            self._shows_balance(answer, person)

    @rule(target=transfers, pair=pairs, amount=coins)
    def tip(self, pair: tuple[int, int], amount: int) -> Any:
        sender, host = pair
        call = client.tip(self._cast.people[sender], self._cast.streams[host], amount, key())
        answer, legs = self._ask(
            call, lambda: self._books.give("tip", self._names[sender], self._names[host], amount)
        )
        return self._paid(answer, legs, sender, lambda told: told["stream_tip"]["transfer_id"])

    @rule(transfer=transfers)
    def reverse(self, transfer: UUID) -> None:
        call = client.reverse(transfer, "wallet_adjustment", self._cast.admin, key())
        self._ask(call, lambda: self._books.reverse(transfer))

    @rule(batch=even(1, 8))
    def fold(self, batch: int) -> None:
        client.make(self._pool, client.fold(batch))

    @precondition(lambda self: self._answered)
    @rule(index=even(*range(1000)), altered=even(True, False))
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

    @rule()
    def forget(self) -> None:
        """Two days go by for the keys, and the job forgets their answers."""
        aged = self._owner.execute(
            """
            update ledger.idempotency_keys
            set created_at = created_at - interval '49 hours'
            where user_id = any (%s)
            """,
            ([*self._cast.people, self._cast.admin],),
        ).rowcount
        assert client.make(self._pool, client.purge_keys(10_000)) == {"done": aged}
        self._answered = [
            (call, answer) for call, answer in self._answered if "payload_hash" not in call.params
        ]

    @invariant()
    def the_database_is_the_model(self) -> None:
        assert violations(self._owner) == []
        self._agree()

    def _agree(self) -> None:
        """Balances, held coins and debts are the model's; the parts add what else is seen."""
        real = balances(self._owner)
        for name in self._names:
            assert real[name] == (self._books.balances[name], self._books.held(name)), name
        for name in SYSTEM:
            assert real[name] == (self._before[name] + self._books.balances[name], 0), name
        owed = {name: self._books.owed(name) for name in self._names}
        assert debts(self._owner, self._cast.people) == owed

    def teardown(self) -> None:
        """Nothing of this run is left open for the next, and the clock goes on."""
        self._clock.release()
        settle_the_past(self._owner)

    @property
    def _books(self) -> Ledger:
        return self._model.ledger

    def _ask[Expected](
        self, call: Call, model: Callable[[], Expected]
    ) -> tuple[Row, Expected] | tuple[None, Any]:
        """The database's answer and the model's; nothing when both refuse, for the same reason."""
        before = deepcopy(self._model)
        try:
            expected = model()
        except Refused as refusal:
            self._model = before  # what is refused has changed nothing
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

    def _paid(
        self, answer: Row | None, legs: Any, payer: int, transfer_of: Callable[[Row], str]
    ) -> Any:
        """The transfer of what was paid, for the rules that undo one."""
        if not answer:
            return multiple()
        self._shows_balance(answer, payer)
        transfer = UUID(transfer_of(answer["response"]))
        self._books.reversible[transfer] = legs
        return transfer

    def _shows_balance(self, answer: Row, person: int) -> None:
        assert answer["response"]["balance"] == self._books.balances[self._names[person]]


def key() -> str:
    return str(uuid4())
