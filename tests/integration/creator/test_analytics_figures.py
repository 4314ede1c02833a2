"""Whatever happened, and whenever the job ran: the figures are what the ledger adds up to."""

from typing import Any, Final
from uuid import UUID, uuid4

import psycopg
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from limelight.analytics import service
from limelight.schema import UserId
from local.services.backing import Backing
from tests.integration.clock import Clock
from tests.integration.creator.books import Books, shown, utc_day
from tests.integration.ledger import GIFTS
from tests.integration.people import Owner, People, Person

FANS: Final = 7
FUNDS: Final = 1_000_000
PERIODS: Final = ("7", "30", "90", "all")
BOUNDS: Final = settings(
    max_examples=15,
    deadline=None,
    database=None,
    print_blob=False,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate),
)

PAY: Final = """
    select ledger.post(
      'wallet_adjustment', %(payer)s, %(key)s, 'user', %(payee)s, 'q',
      array[
        row(ledger.wallet_of(%(payer)s), %(type)s, -%(coins)s::bigint, null),
        row(ledger.wallet_of(%(payee)s), %(type)s, %(coins)s::bigint, null)
      ]::ledger.leg[]
    )
"""

FAN = st.integers(0, FANS - 1)
STEP = st.one_of(
    st.tuples(st.just("gift"), FAN, st.sampled_from(sorted(GIFTS)), st.integers(1, 5)),
    st.tuples(st.just("gift"), FAN, st.sampled_from(sorted(GIFTS)), st.integers(1, 5)),
    st.tuples(
        st.just("pay"),
        FAN,
        st.sampled_from(
            [
                *("stream_tip", "stream_ticket", "call_earnings", "show_earnings"),
                *("message_unlock", "dm_tip", "promo_credit"),
            ]
        ),
        st.integers(1, 50),
    ),
    st.tuples(st.just("reverse"), st.integers(0, 1000)),
    st.tuples(st.just("spend"), st.sampled_from(["Rose", "Star"])),
    st.tuples(st.just("follow"), FAN),
    st.tuples(st.just("watch"), FAN),
    st.tuples(st.just("end")),
    st.tuples(st.just("begin_slowly"), st.integers(1, 50)),
    st.tuples(st.just("finish_slowly")),
    st.tuples(st.just("pass"), st.sampled_from([3, 24, 24, 70, 24 * 8, 24 * 31, 24 * 80])),
    st.tuples(st.just("refresh")),
    st.tuples(st.just("refresh")),
    st.tuples(st.just("step"), st.sampled_from(["mark", "earnings", "activity", "windows"])),
)


class Life:
    """A creator, some fans, and what they do: straight at the database's doors."""

    def __init__(self, owner: Owner, backing: Backing, people: People, clock: Clock) -> None:
        self._owner, self._backing, self._people, self._clock = owner, backing, people, clock
        self.creator, self.other = people.creator(), people.creator()
        self.fans = [people.fan() for _ in range(FANS + 1)]
        for one in (self.creator, *self.fans):
            self._call(
                "select ledger.adjust(%(id)s, %(id)s, %(coins)s, 'to test', %(key)s, 'h', 'q')",
                id=one.id,
                coins=FUNDS,
            )
        self.stream = self._open(self.creator)
        self.elsewhere = self._open(self.other)
        self.paid: list[UUID] = []
        self.slow: psycopg.Connection[Any] | None = None

    def gift(self, fan: int, name: str, quantity: int) -> None:
        self._give(self.fans[fan], self.stream, name, quantity)

    def spend(self, name: str) -> None:
        self._give(self.creator, self.elsewhere, name, 1)

    def pay(self, fan: int, kind: str, coins: int) -> None:
        parties = {"payer": self.fans[fan].id, "payee": self.creator.id}
        self.paid.append(self._call(PAY, **parties, type=kind, coins=coins))

    def reverse(self, number: int) -> None:
        """Takes a payment back, or a reversal, which then counts again."""
        if not self.paid:
            return
        transfer = self.paid.pop(number % len(self.paid))
        self.paid.append(
            self._call(
                "select ledger.reverse(%(id)s, 'wallet_adjustment', 'refund', %(a)s, %(key)s, 'q')",
                id=transfer,
                a=self.creator.id,
            )
        )

    def follow(self, fan: int) -> None:
        """Follows, or follows no more."""
        pair = (self.fans[fan].id, self.creator.id)
        gone = self._owner.execute(
            "delete from public.follows where follower_id = %s and followee_id = %s", pair
        )
        if not gone.rowcount:
            self._people.follow(self.fans[fan], self.creator)

    def watch(self, fan: int) -> None:
        self._call("select private.join_stream(%(s)s, %(f)s)", s=self.stream, f=self.fans[fan].id)

    def end(self) -> None:
        """Ends the stream and begins another."""
        self._call("select private.end_stream(%(s)s, %(c)s)", s=self.stream, c=self.creator.id)
        self.stream = self._open(self.creator)

    def begin_slowly(self, coins: int) -> None:
        """A payment that takes its entry's id now and commits later."""
        if self.slow is None:
            self.slow = psycopg.connect(self._backing.direct_url)
            parties = {"payer": self.fans[FANS].id, "payee": self.creator.id}
            params = parties | {"type": "stream_tip", "coins": coins, "key": str(uuid4())}
            self.slow.execute(PAY.encode(), params)

    def finish_slowly(self) -> None:
        if self.slow is not None:
            self.slow.commit()
            self.slow.close()
            self.slow = None

    def pass_(self, hours: int) -> None:
        self._clock.advance(hours=hours)

    def refresh(self) -> None:
        service.refresh()

    def step(self, what: str) -> None:
        """A run that is cut off after one of its steps."""
        text = {
            "mark": "select private.mark_earnings()",
            "earnings": "select private.fold_earnings(3)",
            "activity": "select private.fold_activity(1)",
            "windows": "select private.roll_windows(1)",
        }[what]
        self._owner.execute(text.encode())

    def is_right(self) -> None:
        books = Books(self._owner, self.creator.id, utc_day(self._clock.now))
        for period in PERIODS:
            answer = service.report(UserId(self.creator.id), period)
            told = shown(answer.model_dump(mode="json", by_alias=True))
            assert told == books.report(None if period == "all" else int(period)), period

    def _open(self, host: Person) -> UUID:
        row = self._owner.execute(
            """
            select private.create_stream(
              %s, 'Piano', null, 'music', '{}', 'public', null, null, null
            )
            """,
            (host.id,),
        ).fetchone()
        assert row is not None
        stream: UUID = row[0]
        return stream

    def _give(self, giver: Person, stream: UUID, name: str, quantity: int) -> None:
        answer = self._call(
            "select (ledger.gift(%(g)s, %(s)s, %(gift)s, %(n)s, %(key)s, 'h', 'q')).response",
            g=giver.id,
            s=stream,
            gift=UUID(GIFTS[name]),
            n=quantity,
        )
        if giver is not self.creator:
            self.paid.append(UUID(answer["stream_gift"]["transfer_id"]))

    def _call(self, statement: str, **params: object) -> Any:
        row = self._owner.execute(statement.encode(), params | {"key": str(uuid4())}).fetchone()
        assert row is not None
        return row[0]


def test_the_figures_are_what_the_ledger_adds_up_to(
    owner: Owner, backing: Backing, people: People, clock: Clock
) -> None:
    @seed(20260214)
    @BOUNDS
    @given(st.lists(STEP, min_size=15, max_size=40))
    def lives(steps: list[tuple[Any, ...]]) -> None:
        life = Life(owner, backing, people, clock)
        try:
            for name, *given_to in steps:
                getattr(life, "pass_" if name == "pass" else name)(*given_to)
                life.is_right()
            life.finish_slowly()
            for _ in range(2):
                life.refresh()
                life.is_right()
        finally:
            life.finish_slowly()

    lives()
