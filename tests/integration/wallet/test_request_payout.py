"""POST /api/wallet/payouts/request."""

from uuid import UUID

import pytest

from limelight.wallet.models import MAX_PAYOUT
from tests.integration.api import Api, Post
from tests.integration.ledger import GIFTS, entries_of, hold, nothing_moves, system_balance
from tests.integration.moments import just_now
from tests.integration.payouts import REQUEST, request
from tests.integration.people import Fund, Owner, People, Person

NOT_AN_AMOUNT = [99, 0, -100, 100.0, 100.5, "100", "", None, True, [], MAX_PAYOUT + 1, 10**30]


def test_a_payout_moves_coins_to_clearing_at_ten_a_dollar(
    api: Api, owner: Owner, creator: Person, fund: Fund
) -> None:
    fund(creator, 250)
    clearing = system_balance(owner, "payout_clearing")

    answer = request(api, creator, 150)

    assert answer.status == 201
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json.keys() == {"payout", "balance"}
    payout = answer.json["payout"]
    assert payout.keys() == {
        "id", "userId", "amount", "usdCents", "status", "requestedAt", "closedAt",
    }  # fmt: skip
    assert UUID(payout["id"])
    assert (payout["userId"], payout["amount"], payout["usdCents"]) == (str(creator.id), 150, 1500)
    assert (payout["status"], payout["closedAt"]) == ("requested", None)
    assert just_now(payout["requestedAt"])
    assert answer.json["balance"] == 100
    assert entries_of(owner, creator) == [("promo_credit", 250), ("payout", -150)]
    assert system_balance(owner, "payout_clearing") == clearing + 150


@pytest.mark.parametrize("amount", NOT_AN_AMOUNT, ids=repr)
def test_less_than_a_hundred_or_no_whole_number_is_refused_before_any_sql(
    api: Api, owner: Owner, creator: Person, fund: Fund, queries: list[str], amount: object
) -> None:
    fund(creator, 1000)

    with nothing_moves(owner):
        refused = request(api, creator, amount)

    assert (refused.status, refused.code) == (422, "validation_failed")
    assert [fault["pointer"] for fault in refused.json["errors"]] == ["/amount"]
    assert "ledger.request_payout" not in queries


def test_a_hundred_is_enough(api: Api, creator: Person, fund: Fund) -> None:
    fund(creator, 100)

    assert (request(api, creator, 100).json["balance"]) == 0


def test_more_than_the_balance_is_refused(
    api: Api, owner: Owner, creator: Person, fund: Fund
) -> None:
    fund(creator, 149)

    with nothing_moves(owner):
        refused = request(api, creator, 150)

    assert (refused.status, refused.code) == (402, "insufficient_balance")
    assert (refused.json["required"], refused.json["available"]) == (150, 149)


def test_coins_that_are_held_cannot_be_paid_out(
    api: Api, owner: Owner, creator: Person, fund: Fund
) -> None:
    fund(creator, 200)
    hold(owner, creator, 101)

    refused = request(api, creator, 100)

    assert (refused.status, refused.json["available"]) == (402, 99)


def test_gifts_of_a_moment_ago_can_be_paid_out(
    api: Api, owner: Owner, people: People, creator: Person, stream: str, fund: Fund
) -> None:
    for _ in range(2):
        fan = people.fan()
        fund(fan, 50)
        rocket = {"giftId": GIFTS["Rocket"], "quantity": 1}
        assert api.pay(f"/api/streams/{stream}/gift", fan.token, rocket).status == 201
    pending = people.row(
        """
        select count(*) as pending
        from ledger.pending_credits c
        join public.wallets w on w.id = c.wallet_id
        where w.user_id = %(id)s
        """,
        {"id": creator.id},
    )
    assert pending["pending"] == 2

    assert request(api, creator, 100).json["balance"] == 0


def test_only_a_creator_is_paid_out(api: Api, owner: Owner, fan: Person, fund: Fund) -> None:
    fund(fan, 500)

    with nothing_moves(owner):
        refused = request(api, fan, 100)

    assert (refused.status, refused.code) == (403, "role_required")


def test_the_same_key_and_amount_is_paid_out_once(
    api: Api, owner: Owner, creator: Person, fund: Fund, new_key: str
) -> None:
    fund(creator, 500)
    first = request(api, creator, 100, new_key)

    with nothing_moves(owner):
        again = request(api, creator, 100, new_key)
        refused = request(api, creator, 101, new_key)

    assert (again.status, again.text) == (201, first.text)
    assert again.headers["idempotent-replayed"] == "true"
    assert (refused.status, refused.code) == (422, "idempotency_key_reused")


def test_a_refusal_is_no_answer_to_keep(
    api: Api, creator: Person, fund: Fund, new_key: str
) -> None:
    assert request(api, creator, 100, new_key).status == 402

    fund(creator, 100)

    assert request(api, creator, 100, new_key).status == 201


def test_a_payout_sent_many_times_at_once_is_one(
    api: Api, owner: Owner, creator: Person, fund: Fund, new_key: str, crowd: None
) -> None:
    fund(creator, 1000)

    answers = api.at_once([Post(REQUEST, creator.token, {"amount": 100}, new_key)] * 8)

    assert {(one.status, one.text) for one in answers} == {(201, answers[0].text)}
    assert entries_of(owner, creator) == [("promo_credit", 1000), ("payout", -100)]


def test_payouts_at_once_never_overdraw(
    api: Api, owner: Owner, creator: Person, fund: Fund, crowd: None
) -> None:
    fund(creator, 250)

    answers = api.at_once([Post(REQUEST, creator.token, {"amount": 120}) for _ in range(8)])

    assert sorted(one.status for one in answers) == [201] * 2 + [402] * 6
    assert api.get("/api/wallet/balance", creator.token).json["balance"] == 10
