"""POST /api/admin/payouts/{payoutId}/return."""

from uuid import uuid4

import pytest

from tests.integration.api import Api
from tests.integration.ledger import entries_of, nothing_moves, system_balance
from tests.integration.payouts import close, request
from tests.integration.people import Fund, Owner, People, Person


@pytest.fixture
def payout(api: Api, creator: Person, fund: Fund) -> str:
    """The id of a payout of 150 coins; the creator keeps 50."""
    fund(creator, 200)
    return str(request(api, creator, 150).json["payout"]["id"])


def test_a_returned_payout_gives_the_creator_the_coins_back(
    api: Api, owner: Owner, admin: Person, creator: Person, payout: str
) -> None:
    clearing = system_balance(owner, "payout_clearing")

    answer = close(api, admin, payout, "return")

    assert (answer.status, answer.json["payout"]["status"]) == (200, "returned")
    assert api.get("/api/wallet/balance", creator.token).json["balance"] == 200
    assert entries_of(owner, creator) == [
        ("promo_credit", 200), ("payout", -150), ("payout_return", 150),
    ]  # fmt: skip
    assert system_balance(owner, "payout_clearing") == clearing - 150


def test_returned_coins_can_be_asked_for_again(
    api: Api, admin: Person, creator: Person, payout: str
) -> None:
    close(api, admin, payout, "return")

    assert request(api, creator, 200).json["balance"] == 0


def test_returning_writes_who_did_it(api: Api, people: People, admin: Person, payout: str) -> None:
    answer = close(api, admin, payout, "return")

    row = people.row("select * from public.audit_log where subject_id = %(id)s", {"id": payout})
    assert (row["actor_id"], row["action"]) == (admin.id, "payout.returned")
    assert row["after"] == {"status": "returned", "amount": 150}
    assert row["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize("action", ["settle", "return"])
def test_a_returned_payout_is_not_closed_again(
    api: Api, owner: Owner, admin: Person, payout: str, action: str
) -> None:
    close(api, admin, payout, "return")

    with nothing_moves(owner):
        refused = close(api, admin, payout, action)

    assert (refused.status, refused.code) == (409, "payout_closed")


def test_the_same_key_answers_the_same(
    api: Api, owner: Owner, admin: Person, payout: str, new_key: str
) -> None:
    first = close(api, admin, payout, "return", new_key)

    with nothing_moves(owner):
        again = close(api, admin, payout, "return", new_key)

    assert (again.status, again.text) == (200, first.text)
    assert again.headers["idempotent-replayed"] == "true"


def test_an_unknown_payout_is_not_found(api: Api, owner: Owner, admin: Person) -> None:
    with nothing_moves(owner):
        refused = close(api, admin, uuid4(), "return")

    assert (refused.status, refused.code) == (404, "not_found")


def test_a_creator_does_not_return_their_own_payout(
    api: Api, owner: Owner, creator: Person, payout: str
) -> None:
    with nothing_moves(owner):
        refused = close(api, creator, payout, "return")

    assert (refused.status, refused.code) == (403, "role_required")
