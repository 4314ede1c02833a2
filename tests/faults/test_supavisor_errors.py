"""Supavisor's troubles, as it words them, are told for what they are: unavailable, or unknown."""

import pytest

from lambda_pool import Pool, errors
from tests.faults import supavisor
from tests.faults.queries import INSERT, ONE
from tests.faults.supavisor import Supavisor, Trouble

NEVER_BEGUN = [
    supavisor.EMAXCONN,
    supavisor.EMAXCONNSESSION,
    supavisor.EMAXCLIENTCONN,
    supavisor.ECHECKOUTTIMEOUT,
    supavisor.ECHECKOUTTIMEOUT_REWORDED,
    supavisor.ECIRCUITBREAKER,
    supavisor.EAUTHQUERY,
]
EXITED = [supavisor.EDBHANDLEREXITED, supavisor.EDBHANDLEREXITED_CLOSED]
ENTRY = {"key": "supavisor", "amount": 1}


def named(trouble: Trouble) -> str:
    return trouble.text.split(" ", 2)[0]


@pytest.mark.parametrize("trouble", [*NEVER_BEGUN, *EXITED], ids=named)
def test_a_trouble_at_login_is_unavailable_with_a_time_to_come_back(trouble: Trouble) -> None:
    with Supavisor(at_login=[trouble]) as pooler:
        pool = Pool(lambda _: pooler.conninfo)

        with pytest.raises(errors.Unavailable) as unavailable:
            pool.fetch_one(ONE)

        assert unavailable.value.retry_after > 0
        assert pool.stats().open == 0


@pytest.mark.parametrize("trouble", NEVER_BEGUN, ids=named)
def test_a_statement_that_never_began_is_unavailable(trouble: Trouble) -> None:
    with Supavisor(at_statement=[trouble], for_good=True) as pooler:
        pool = Pool(lambda _: pooler.conninfo)

        with pytest.raises(errors.Unavailable) as unavailable:
            pool.execute(INSERT, ENTRY)

        assert unavailable.value.retry_after > 0
        assert pooler.statements == 1


@pytest.mark.parametrize("trouble", NEVER_BEGUN, ids=named)
def test_a_transaction_that_never_began_is_unavailable(trouble: Trouble) -> None:
    with Supavisor(at_statement=[trouble], for_good=True) as pooler:
        pool = Pool(lambda _: pooler.conninfo)

        with pytest.raises(errors.Unavailable), pool.transaction() as tx:
            tx.execute(INSERT, ENTRY)

        assert pool.stats().open == 0


@pytest.mark.parametrize("trouble", EXITED, ids=named)
def test_a_write_whose_backend_exited_has_an_unknown_outcome(trouble: Trouble) -> None:
    with Supavisor(at_statement=[trouble]) as pooler:
        pool = Pool(lambda _: pooler.conninfo)

        with pytest.raises(errors.OutcomeUnknown):
            pool.execute(INSERT, ENTRY)

        assert pooler.statements == 1


@pytest.mark.parametrize("trouble", EXITED, ids=named)
def test_a_read_whose_backend_exited_is_asked_again(trouble: Trouble) -> None:
    with Supavisor(at_statement=[trouble]) as pooler:
        pool = Pool(lambda _: pooler.conninfo)

        assert pool.fetch_one(ONE) == {"one": 1}

        assert pooler.connections == 2
        pool.close()


@pytest.mark.parametrize("trouble", EXITED, ids=named)
def test_a_read_is_asked_again_once_and_no_more(trouble: Trouble) -> None:
    with Supavisor(at_statement=[trouble], for_good=True) as pooler:
        pool = Pool(lambda _: pooler.conninfo)

        with pytest.raises(errors.PoolError):
            pool.fetch_one(ONE)

        assert pooler.statements == 2


def test_an_open_circuit_is_left_alone_for_a_while() -> None:
    with Supavisor(at_login=[supavisor.ECIRCUITBREAKER], for_good=True) as pooler:
        pool = Pool(lambda _: pooler.conninfo)

        for _ in range(5):
            with pytest.raises(errors.Unavailable) as unavailable:
                pool.fetch_one(ONE)
            assert unavailable.value.retry_after >= 10

        assert pooler.connections == 1


def test_a_wrong_password_is_tried_again_once_with_the_secret_read_anew() -> None:
    with Supavisor(at_login=[supavisor.WRONG_PASSWORD]) as pooler:
        asked: list[bool] = []

        def conninfo(anew: bool) -> str:
            asked.append(anew)
            return f"{pooler.conninfo} password={'new' if anew else 'old'}"

        pool = Pool(conninfo)

        assert pool.fetch_one(ONE) == {"one": 1}
        assert asked == [False, True]
        assert pooler.connections == 2
        pool.close()
