"""Every minute: fold pending credits into their wallets."""

import psycopg
import pytest

from functions.jobs import settle_credits as job
from limelight.wallet import service
from local.services.backing import Backing
from tests.integration.api import Api
from tests.integration.jobs.conftest import Run
from tests.integration.ledger import GIFTS
from tests.integration.people import Fund, Owner, People, Person


def pending(owner: Owner, person: Person) -> int:
    """How many of a person's credits are not yet folded."""
    row = owner.execute(
        """
        select count(*)
        from ledger.pending_credits c
        join public.wallets w on w.id = c.wallet_id
        where w.user_id = %s
        """,
        (person.id,),
    ).fetchone()
    assert row is not None
    return int(row[0])


def balances(owner: Owner) -> list[tuple[object, ...]]:
    """What everybody has, as the owner of each wallet would see it."""
    return owner.execute("select * from public.balances order by user_id").fetchall()


@pytest.fixture
def gifted(api: Api, people: People, creator: Person, stream: str, fund: Fund) -> Person:
    """A creator with three gifts that are pending."""
    for _ in range(3):
        fan = people.fan()
        fund(fan, 5)
        star = {"giftId": GIFTS["Star"], "quantity": 1}
        assert api.pay(f"/api/streams/{stream}/gift", fan.token, star).status == 201
    return creator


def test_folding_changes_no_balance(owner: Owner, gifted: Person, run: Run) -> None:
    before = balances(owner)
    assert pending(owner, gifted) == 3

    assert run(job) >= 1

    assert balances(owner) == before
    assert pending(owner, gifted) == 0
    row = owner.execute("select balance from public.wallets where user_id = %s", (gifted.id,))
    assert row.fetchone() == (15,)


def test_every_wallet_is_folded_the_system_accounts_too(
    owner: Owner, gifted: Person, run: Run
) -> None:
    while run(job):
        pass

    assert owner.execute("select count(*) from ledger.pending_credits").fetchone() == (0,)


def test_the_wallets_with_most_pending_come_first(
    owner: Owner, gifted: Person, fan: Person, fund: Fund, run: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    while run(job):
        pass
    monkeypatch.setattr(service, "FOLD_BATCH", 1)
    for _ in range(2):
        fund(gifted, 1)
    fund(fan, 1)

    # The promo account has three, the creator two, the fan one.
    assert [run(job), pending(owner, gifted), pending(owner, fan)] == [1, 2, 1]
    assert [run(job), pending(owner, gifted), pending(owner, fan)] == [1, 0, 1]
    assert [run(job), pending(owner, fan), run(job)] == [1, 0, 0]


def test_a_wallet_that_somebody_is_spending_from_is_left_for_the_next_run(
    owner: Owner, backing: Backing, gifted: Person, run: Run
) -> None:
    with psycopg.connect(backing.direct_url) as spender:
        spender.execute("select from public.wallets where user_id = %s for update", (gifted.id,))

        run(job)

        assert pending(owner, gifted) == 3
    run(job)
    assert pending(owner, gifted) == 0
