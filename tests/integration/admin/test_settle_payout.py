"""POST /api/admin/payouts/{payoutId}/settle."""

from uuid import uuid4

import pytest

from tests.integration.api import Api, Post
from tests.integration.ledger import entries_of, nothing_moves, system_balance
from tests.integration.moments import just_now
from tests.integration.payouts import close, request
from tests.integration.people import Fund, Owner, People, Person


@pytest.fixture
def payout(api: Api, creator: Person, fund: Fund) -> str:
    """The id of a payout of 150 coins; the creator keeps 50."""
    fund(creator, 200)
    return str(request(api, creator, 150).json["payout"]["id"])


def test_a_settled_payout_takes_its_coins_out_of_circulation(
    api: Api, owner: Owner, admin: Person, creator: Person, payout: str
) -> None:
    clearing = system_balance(owner, "payout_clearing")
    sold = system_balance(owner, "coin_sales")

    answer = close(api, admin, payout, "settle")

    assert answer.status == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json.keys() == {"payout"}
    shown = answer.json["payout"]
    assert (shown["id"], shown["userId"]) == (payout, str(creator.id))
    assert (shown["status"], shown["amount"], shown["usdCents"]) == ("settled", 150, 1500)
    assert just_now(shown["closedAt"])
    assert system_balance(owner, "payout_clearing") == clearing - 150
    assert system_balance(owner, "coin_sales") == sold + 150
    assert entries_of(owner, creator) == [("promo_credit", 200), ("payout", -150)]


def test_settling_writes_who_did_it(api: Api, people: People, admin: Person, payout: str) -> None:
    answer = close(api, admin, payout, "settle")

    row = people.row("select * from public.audit_log where subject_id = %(id)s", {"id": payout})
    assert (row["actor_id"], row["action"], row["subject_type"]) == (
        admin.id, "payout.settled", "payout",
    )  # fmt: skip
    assert row["before"] == {"status": "requested"}
    assert row["after"] == {"status": "settled", "amount": 150}
    assert row["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize("action", ["settle", "return"])
def test_a_settled_payout_is_not_closed_again(
    api: Api, owner: Owner, admin: Person, payout: str, action: str
) -> None:
    close(api, admin, payout, "settle")

    with nothing_moves(owner):
        refused = close(api, admin, payout, action)

    assert (refused.status, refused.code) == (409, "payout_closed")


def test_the_same_key_answers_the_same(
    api: Api, owner: Owner, admin: Person, payout: str, new_key: str
) -> None:
    first = close(api, admin, payout, "settle", new_key)

    with nothing_moves(owner):
        again = close(api, admin, payout, "settle", new_key)

    assert (again.status, again.text) == (200, first.text)
    assert again.headers["idempotent-replayed"] == "true"


def test_the_same_key_for_another_payout_is_refused(
    api: Api, owner: Owner, people: People, admin: Person, payout: str, fund: Fund, new_key: str
) -> None:
    other = people.creator()
    fund(other, 100)
    second = request(api, other, 100).json["payout"]["id"]
    close(api, admin, payout, "settle", new_key)

    with nothing_moves(owner):
        refused = close(api, admin, second, "settle", new_key)

    assert (refused.status, refused.code) == (422, "idempotency_key_reused")


def test_an_unknown_payout_is_not_found(api: Api, owner: Owner, admin: Person) -> None:
    with nothing_moves(owner):
        refused = close(api, admin, uuid4(), "settle")

    assert (refused.status, refused.code) == (404, "not_found")


def test_a_creator_does_not_settle_their_own_payout(
    api: Api, owner: Owner, creator: Person, payout: str
) -> None:
    with nothing_moves(owner):
        refused = close(api, creator, payout, "settle")

    assert (refused.status, refused.code) == (403, "role_required")


def test_a_payout_settled_and_returned_at_once_is_closed_once(
    api: Api, owner: Owner, admin: Person, creator: Person, payout: str, crowd: None
) -> None:
    clearing = system_balance(owner, "payout_clearing")

    answers = api.at_once(
        [
            Post(f"/api/admin/payouts/{payout}/{action}", admin.token)
            for action in ("settle", "return") * 4
        ]
    )

    assert sorted(one.status for one in answers) == [200] + [409] * 7
    assert system_balance(owner, "payout_clearing") == clearing - 150
