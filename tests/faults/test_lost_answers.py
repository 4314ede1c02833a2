"""A lost answer is told as an unknown outcome, and an idempotency key resolves it exactly once."""

from collections.abc import Callable
from uuid import uuid4

import pytest

from lambda_pool import Pool, deadline, errors
from tests.faults.database import Database
from tests.faults.proxy import Matcher, Proxy, says
from tests.faults.queries import ENTER, INSERT, ONE

type Loss = Callable[[Proxy, Matcher], None]

REQUEST_LOST = pytest.param(Proxy.cut_request, [], id="the request was lost")
ANSWER_LOST = pytest.param(Proxy.cut_answer_to, [7], id="the answer was lost")
ANSWER_SWALLOWED = pytest.param(Proxy.swallow_answer_to, [7], id="the answer never came")

losses = pytest.mark.parametrize(("lose", "left"), [REQUEST_LOST, ANSWER_LOST, ANSWER_SWALLOWED])
cuts = pytest.mark.parametrize(("lose", "left"), [REQUEST_LOST, ANSWER_LOST])


@pytest.fixture
def key() -> str:
    return str(uuid4())


@losses
def test_a_commit_that_is_not_answered_has_an_unknown_outcome(
    watched_pool: Pool, proxy: Proxy, database: Database, key: str, lose: Loss, left: list[int]
) -> None:
    lose(proxy, says("commit"))

    with pytest.raises(errors.OutcomeUnknown), deadline(1), watched_pool.transaction() as tx:
        tx.execute(INSERT, {"key": key, "amount": 7})

    assert proxy.sprung
    assert database.entry(key) == left


@losses
def test_an_unknown_commit_is_resolved_by_its_key_exactly_once(
    watched_pool: Pool, proxy: Proxy, database: Database, key: str, lose: Loss, left: list[int]
) -> None:
    lose(proxy, says("commit"))
    with pytest.raises(errors.OutcomeUnknown), deadline(1), watched_pool.transaction() as tx:
        tx.fetch_one(ENTER, {"key": key, "amount": 7})

    assert watched_pool.fetch_one(ENTER, {"key": key, "amount": 99}) == {
        "amount": left[0] if left else 99
    }

    assert len(database.entry(key)) == 1


@cuts
def test_a_repeatable_call_is_asked_again_and_takes_effect_once(
    watched_pool: Pool, proxy: Proxy, database: Database, key: str, lose: Loss, left: list[int]
) -> None:
    lose(proxy, says("faults.enter"))

    assert watched_pool.fetch_one(ENTER, {"key": key, "amount": 7}) == {"amount": 7}

    assert proxy.sprung
    assert proxy.connections == 2
    assert database.entry(key) == [7]


@cuts
def test_a_write_that_is_not_repeatable_is_never_asked_again(
    watched_pool: Pool, proxy: Proxy, database: Database, key: str, lose: Loss, left: list[int]
) -> None:
    lose(proxy, says("faults.insert"))

    with pytest.raises(errors.OutcomeUnknown):
        watched_pool.execute(INSERT, {"key": key, "amount": 7})

    assert proxy.connections == 1
    assert database.entry(key) == left


def test_a_call_whose_answer_never_comes_ends_by_the_deadline_and_is_resolved_by_its_key(
    watched_pool: Pool, proxy: Proxy, database: Database, key: str
) -> None:
    proxy.swallow_answer_to(says("faults.enter"))

    with pytest.raises((errors.OutcomeUnknown, errors.DeadlineExceeded)), deadline(0.5):
        watched_pool.fetch_one(ENTER, {"key": key, "amount": 7})

    assert watched_pool.fetch_one(ENTER, {"key": key, "amount": 99}) == {"amount": 7}
    assert database.entry(key) == [7]


def test_a_repeatable_call_that_is_lost_twice_is_unknown(
    watched_pool: Pool, proxy: Proxy, database: Database, key: str
) -> None:
    proxy.cut_answer_to(says("faults.enter"))
    proxy.cut_answer_to(says("faults.enter"))

    with pytest.raises(errors.OutcomeUnknown):
        watched_pool.fetch_one(ENTER, {"key": key, "amount": 7})

    assert database.entry(key) == [7]


@cuts
def test_a_begin_that_is_lost_is_sent_again(
    watched_pool: Pool, proxy: Proxy, database: Database, key: str, lose: Loss, left: list[int]
) -> None:
    lose(proxy, says("begin"))

    with watched_pool.transaction() as tx:
        tx.execute(INSERT, {"key": key, "amount": 7})

    assert proxy.sprung
    assert proxy.connections == 2
    assert database.entry(key) == [7]


def test_a_statement_lost_inside_a_transaction_undoes_the_transaction(
    watched_pool: Pool, proxy: Proxy, database: Database, key: str
) -> None:
    proxy.cut_answer_to(says("faults.one"))

    def lose() -> None:
        with watched_pool.transaction() as tx:
            tx.execute(INSERT, {"key": key, "amount": 7})
            tx.fetch_one(ONE)

    with pytest.raises(errors.Unavailable):
        lose()

    assert database.entry(key) == []


def test_what_took_one_connection_is_not_met_again_on_the_others(
    watched_pool: Pool, proxy: Proxy
) -> None:
    watched_pool.fetch_one(ONE)
    proxy.cut_answer_to(says("faults.one"))

    assert watched_pool.fetch_one(ONE) == {"one": 1}
    assert watched_pool.fetch_one(ONE) == {"one": 1}
    assert watched_pool.stats().open == 1
