"""The bill of a call, whatever its terms, its length and the fan's wallet."""

from math import ceil
from uuid import UUID

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st

from lambda_pool import Pool
from tests.money import calling, client
from tests.money.calling import Clock
from tests.money.racing import Fund, balance
from tests.money.world import Owner, cast


def test_the_bill_is_what_the_formula_says(
    pool: Pool, owner: Owner, fund: Fund, creator: UUID, clock: Clock, seed: int
) -> None:
    """Billed minutes = max(ceil(seconds / 60), minimum), four hours at most; the wallet pays what
    it can, and the rest is the shortfall."""

    @seeded(seed)
    @settings(
        max_examples=120,
        deadline=None,
        database=None,
        print_blob=False,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate,),
    )
    @given(
        rate=st.integers(1, 1_000),
        minimum=st.integers(1, 240),
        estimate=st.none() | st.integers(1, 240),
        seconds=st.one_of(
            st.integers(0, 16_000),
            st.integers(0, 266).map(lambda minute: minute * 60),
            st.integers(0, 266).map(lambda minute: minute * 60 + 1),
        ),
        spare=st.integers(0, 100_000),
        sweeps=st.lists(st.floats(0, 1), max_size=4).map(sorted),
    )
    def holds(
        rate: int, minimum: int, estimate: int | None, seconds: int, spare: int,
        sweeps: list[float],
    ) -> None:  # fmt: skip
        fan = cast(owner, 1).people[0]
        calling.take_calls(owner, creator, rate, minimum)
        held = rate * max(minimum, estimate or 0)
        fund(fan, held + spare)
        earned, _ = balance(owner, creator)
        call = calling.active(pool, fan, creator, estimate)
        assert balance(owner, fan) == (held + spare, held)

        passed = 0
        for share in sweeps:
            moment = int(seconds * share)
            clock.advance(seconds=moment - passed)
            passed = moment
            client.make(pool, calling.extend(call))
        clock.advance(seconds=seconds - passed)
        answer = client.make(pool, calling.end(call, fan))["response"]

        row = calling.row(owner, call)
        lasted = int((row["ended_at"] - row["started_at"]).total_seconds())
        if row["end_reason"] == "end":
            assert lasted == min(seconds, 240 * 60)
        minutes = max(ceil(lasted / 60), minimum)
        charged = min(rate * minutes, held + spare)
        assert answer["billed_minutes"] == minutes
        assert (answer["charged"], answer["shortfall"]) == (charged, rate * minutes - charged)
        assert balance(owner, fan) == (held + spare - charged, 0)
        assert balance(owner, creator) == (earned + charged, 0)

    holds()
