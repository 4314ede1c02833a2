"""GET /api/wallet/payouts."""

import pytest

from tests.integration.api import Api
from tests.integration.moments import is_moment
from tests.integration.payouts import close, request
from tests.integration.people import Fund, Owner, People, Person


@pytest.fixture
def three(api: Api, creator: Person, fund: Fund) -> list[str]:
    """The ids of three payouts of the creator's, newest first."""
    fund(creator, 1000)
    made = [request(api, creator, amount).json["payout"]["id"] for amount in (100, 110, 120)]
    return [str(payout) for payout in reversed(made)]


def test_who_asked_for_none_has_none(api: Api, fan: Person) -> None:
    answer = api.get("/api/wallet/payouts", fan.token)

    assert (answer.status, answer.json) == (200, {"payouts": [], "nextCursor": None})
    assert answer.headers["cache-control"] == "no-store"


def test_payouts_are_the_callers_own_newest_first(
    api: Api, people: People, creator: Person, three: list[str], fund: Fund
) -> None:
    other = people.creator()
    fund(other, 100)
    request(api, other, 100)

    shown = api.get("/api/wallet/payouts", creator.token).json["payouts"]

    assert [payout["id"] for payout in shown] == three
    assert [payout["amount"] for payout in shown] == [120, 110, 100]
    assert {payout["status"] for payout in shown} == {"requested"}
    assert {payout["userId"] for payout in shown} == {str(creator.id)}


def test_a_closed_payout_says_how_and_when(
    api: Api, admin: Person, creator: Person, three: list[str]
) -> None:
    close(api, admin, three[0], "settle")
    close(api, admin, three[1], "return")

    shown = api.get("/api/wallet/payouts", creator.token).json["payouts"]

    assert [payout["status"] for payout in shown] == ["settled", "returned", "requested"]
    assert [is_moment(payout["closedAt"]) for payout in shown] == [True, True, False]


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_pages_hold_every_payout_once(
    api: Api, owner: Owner, creator: Person, three: list[str], limit: int
) -> None:
    owner.execute(
        "update public.payouts set requested_at = '2026-01-01' where user_id = %s", (creator.id,)
    )

    pages = list(api.pages("/api/wallet/payouts", "payouts", creator.token, limit=limit))

    assert sorted(one["id"] for page in pages for one in page) == sorted(three)
    assert [len(page) for page in pages][:-1] == [limit] * (len(pages) - 1)
