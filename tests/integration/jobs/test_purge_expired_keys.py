"""Every night: forget the answers to old idempotency keys."""

import pytest

from functions.jobs import purge_expired_keys as job
from limelight.wallet import service
from tests.integration.api import Answer, Api
from tests.integration.jobs.conftest import Run
from tests.integration.ledger import GIFTS, nothing_moves
from tests.integration.payouts import request
from tests.integration.people import Fund, Owner, Person


@pytest.fixture(autouse=True)
def no_other_key_is_old(owner: Owner) -> None:
    owner.execute("update ledger.idempotency_keys set created_at = now()")


def age(owner: Owner, person: Person, hours: int) -> None:
    """Makes a person's keys so many hours old."""
    owner.execute(
        "update ledger.idempotency_keys set created_at = now() - make_interval(hours => %s) "
        "where user_id = %s",
        (hours, person.id),
    )


def keys_of(owner: Owner, person: Person) -> int:
    row = owner.execute(
        "select count(*) from ledger.idempotency_keys where user_id = %s", (person.id,)
    ).fetchone()
    assert row is not None
    return int(row[0])


def give(api: Api, stream: str, person: Person, key: str) -> Answer:
    star = {"giftId": GIFTS["Star"], "quantity": 1}
    return api.pay(f"/api/streams/{stream}/gift", person.token, star, key)


@pytest.mark.parametrize(("hours", "kept"), [(0, 1), (24, 1), (47, 1), (49, 0), (1000, 0)])
def test_an_answer_is_kept_for_two_days(
    api: Api, owner: Owner, fan: Person, stream: str, fund: Fund, run: Run, new_key: str,
    hours: int, kept: int,
) -> None:  # fmt: skip
    fund(fan, 100)
    give(api, stream, fan, new_key)
    age(owner, fan, hours)

    assert run(job) == 1 - kept
    assert keys_of(owner, fan) == kept


def test_a_key_that_was_kept_still_answers(
    api: Api, owner: Owner, fan: Person, stream: str, fund: Fund, run: Run, new_key: str
) -> None:
    fund(fan, 100)
    first = give(api, stream, fan, new_key)
    age(owner, fan, 25)
    run(job)

    with nothing_moves(owner):
        again = give(api, stream, fan, new_key)

    assert again.text == first.text


def test_a_key_that_comes_back_after_the_purge_moves_no_coins_again(
    api: Api, owner: Owner, creator: Person, stream: str, fan: Person, fund: Fund, run: Run,
    new_key: str,
) -> None:  # fmt: skip
    fund(fan, 100)
    fund(creator, 300)
    assert give(api, stream, fan, new_key).status == 201
    assert request(api, creator, 100, new_key).status == 201
    age(owner, fan, 49)
    age(owner, creator, 49)
    assert run(job) == 2

    with nothing_moves(owner):
        refused = [give(api, stream, fan, new_key), request(api, creator, 100, new_key)]

    assert [(one.status, one.code) for one in refused] == [(422, "idempotency_key_reused")] * 2


def test_a_run_goes_on_until_nothing_old_is_left(
    api: Api, owner: Owner, fan: Person, stream: str, fund: Fund, run: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(service, "PURGE_BATCH", 2)
    fund(fan, 100)
    for number in range(5):
        give(api, stream, fan, f"key-{number}")
    age(owner, fan, 72)

    assert [run(job), run(job)] == [5, 0]
