"""Every minute: give back the coins of holds that have expired."""

from uuid import UUID

import pytest

from functions.jobs import release_expired_holds as job
from limelight.wallet import service
from tests.integration import payouts
from tests.integration.api import Api
from tests.integration.jobs.conftest import Run
from tests.integration.ledger import hold
from tests.integration.people import Fund, Owner, People, Person


def expire(owner: Owner, held: UUID, seconds: int = 1) -> None:
    owner.execute(
        """
        update public.holds
        set created_at = now() - interval '1 day',
            expires_at = now() - make_interval(secs => %s)
        where id = %s
        """,
        (seconds, held),
    )


def status_of(owner: Owner, held: UUID) -> tuple[str, bool]:
    """A hold's status, and whether it is closed."""
    row = owner.execute(
        "select status, closed_at is not null from public.holds where id = %s", (held,)
    ).fetchone()
    assert row is not None
    return str(row[0]), bool(row[1])


def held_balance(api: Api, person: Person) -> int:
    return int(api.get("/api/wallet/balance", person.token).json["heldBalance"])


def test_an_expired_hold_gives_its_coins_back(
    api: Api, owner: Owner, fan: Person, fund: Fund, run: Run
) -> None:
    fund(fan, 100)
    kept, expired = hold(owner, fan, 30), hold(owner, fan, 50)
    expire(owner, expired)

    assert run(job) == 1

    assert status_of(owner, expired) == ("released", True)
    assert status_of(owner, kept) == ("active", False)
    assert api.get("/api/wallet/balance", fan.token).json == {
        "balance": 100, "heldBalance": 30, "availableBalance": 70,
    }  # fmt: skip


def test_a_second_run_finds_nothing(
    api: Api, owner: Owner, fan: Person, fund: Fund, run: Run
) -> None:
    fund(fan, 100)
    expire(owner, hold(owner, fan, 50))

    assert [run(job), run(job)] == [1, 0]
    assert held_balance(api, fan) == 0


def test_a_hold_that_was_settled_is_not_released_when_its_time_comes(
    api: Api, owner: Owner, fan: Person, creator: Person, fund: Fund, run: Run
) -> None:
    fund(fan, 100)
    captured = hold(owner, fan, 50)
    owner.execute(
        """
        select ledger.capture(
          %s, 20, %s, 'call_charge', 'call_earnings', %s, gen_random_uuid()::text, 'a test'
        )
        """,
        (captured, creator.id, fan.id),
    )
    expire(owner, captured)

    assert run(job) == 0

    assert status_of(owner, captured) == ("settled", True)
    assert (held_balance(api, fan), held_balance(api, creator)) == (0, 0)
    assert api.get("/api/wallet/balance", creator.token).json["balance"] == 20


def test_what_waits_to_be_paid_out_is_no_hold_that_a_run_could_give_back(
    api: Api, owner: Owner, creator: Person, fund: Fund, run: Run
) -> None:
    fund(creator, 150)
    payout = payouts.request(api, creator, 150).json["payout"]

    held = owner.execute(
        """
        select h.id
        from public.holds h
        join public.wallets w on w.id = h.wallet_id
        where w.user_id = %s
        """,
        (creator.id,),
    ).fetchall()
    assert held == []
    assert run(job) == 0
    assert api.get("/api/wallet/balance", creator.token).json == {
        "balance": 0, "heldBalance": 0, "availableBalance": 0,
    }  # fmt: skip
    assert api.get("/api/wallet/payouts", creator.token).json["payouts"] == [payout]


def test_one_run_releases_no_more_than_its_batch_oldest_first(
    owner: Owner, people: People, fund: Fund, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "RELEASE_BATCH", 2)
    held = []
    for seconds in (10, 30, 20):
        person = people.fan()
        fund(person, 10)
        held.append(hold(owner, person, 10))
        expire(owner, held[-1], seconds)

    assert run(job) == 2
    assert [status_of(owner, one)[0] for one in held] == ["active", "released", "released"]
    assert [run(job), run(job)] == [1, 0]
