"""POST /api/admin/wallets/{userId}/adjust."""

from uuid import UUID, uuid4

import pytest

from limelight.wallet.models import MAX_ADJUSTMENT
from tests.integration.api import Answer, Api, Post
from tests.integration.ledger import entries_of, nothing_moves, system_balance
from tests.integration.people import Fund, Owner, People, Person

NOT_AN_AMOUNT = [0, 1.0, 0.5, "100", "", None, True, [], {}, MAX_ADJUSTMENT + 1, -(2**63), 10**30]


def adjust(
    api: Api, admin: Person, person: Person, amount: object, key: str = "", reason: str = "promo"
) -> Answer:
    body = {"amount": amount, "reason": reason}
    return api.pay(f"/api/admin/wallets/{person.id}/adjust", admin.token, body, key or None)


def test_a_promo_gives_coins_out_of_the_promo_account(
    api: Api, owner: Owner, admin: Person, fan: Person
) -> None:
    promo = system_balance(owner, "promo")

    given = adjust(api, admin, fan, 500)

    assert given.status == 201
    assert given.headers["cache-control"] == "no-store"
    assert given.json.keys() == {"transferId", "userId", "amount", "balance"}
    assert UUID(given.json["transferId"])
    assert (given.json["userId"], given.json["amount"], given.json["balance"]) == (
        str(fan.id), 500, 500,
    )  # fmt: skip
    assert entries_of(owner, fan) == [("promo_credit", 500)]
    assert system_balance(owner, "promo") == promo - 500


def test_a_correction_takes_coins_back(
    api: Api, owner: Owner, admin: Person, fan: Person, fund: Fund
) -> None:
    fund(fan, 500)
    promo = system_balance(owner, "promo")

    taken = adjust(api, admin, fan, -200)

    assert (taken.status, taken.json["amount"], taken.json["balance"]) == (201, -200, 300)
    assert entries_of(owner, fan) == [("promo_credit", 500), ("adjustment", -200)]
    assert system_balance(owner, "promo") == promo + 200


def test_a_correction_cannot_take_what_is_not_there(
    api: Api, owner: Owner, admin: Person, fan: Person, fund: Fund
) -> None:
    fund(fan, 99)

    with nothing_moves(owner):
        refused = adjust(api, admin, fan, -100)

    assert (refused.status, refused.code) == (402, "insufficient_balance")
    assert (refused.json["required"], refused.json["available"]) == (100, 99)


def test_an_adjustment_writes_who_did_what_to_whom_and_why(
    api: Api, people: People, admin: Person, fan: Person, fund: Fund
) -> None:
    fund(fan, 100)

    taken = adjust(api, admin, fan, -30, reason="  a mistake  ")

    row = people.row(
        "select * from public.audit_log where subject_id = %(id)s order by id desc", {"id": fan.id}
    )
    assert (row["actor_id"], row["action"], row["subject_type"]) == (
        admin.id, "wallet.adjust", "user",
    )  # fmt: skip
    assert row["before"] == {"balance": 100}
    assert row["after"] == {
        "balance": 70, "amount": -30, "reason": "a mistake",
        "transferId": taken.json["transferId"],
    }  # fmt: skip
    assert row["request_id"] == taken.headers["x-request-id"]


@pytest.mark.parametrize("amount", NOT_AN_AMOUNT, ids=repr)
def test_an_amount_that_is_no_bounded_whole_number_is_refused_before_any_sql(
    api: Api, owner: Owner, admin: Person, fan: Person, queries: list[str], amount: object
) -> None:
    with nothing_moves(owner):
        refused = adjust(api, admin, fan, amount)

    assert (refused.status, refused.code) == (422, "validation_failed")
    assert [fault["pointer"] for fault in refused.json["errors"]] == ["/amount"]
    assert "ledger.adjust" not in queries


def test_the_largest_adjustment_is_accepted(api: Api, admin: Person, fan: Person) -> None:
    given = adjust(api, admin, fan, MAX_ADJUSTMENT)
    taken = adjust(api, admin, fan, -MAX_ADJUSTMENT)

    assert (given.json["balance"], taken.json["balance"]) == (MAX_ADJUSTMENT, 0)


@pytest.mark.parametrize(
    ("reason", "status"),
    [("", 422), ("   ", 422), ("r" * 501, 422), ("r" * 500, 201), ("\n é \n", 201)],
    ids=["empty", "blank", "501", "500", "trimmed"],
)
def test_a_reason_is_one_to_five_hundred_characters(
    api: Api, admin: Person, fan: Person, reason: str, status: int
) -> None:
    assert adjust(api, admin, fan, 1, reason=reason).status == status


def test_nobody_gets_coins_who_has_no_account(api: Api, owner: Owner, admin: Person) -> None:
    body = {"amount": 1, "reason": "promo"}

    with nothing_moves(owner):
        refused = api.pay(f"/api/admin/wallets/{uuid4()}/adjust", admin.token, body)

    assert (refused.status, refused.code) == (404, "not_found")


@pytest.mark.parametrize("role", ["fan", "creator"])
def test_only_an_admin_adjusts(
    api: Api, owner: Owner, people: People, fan: Person, role: str
) -> None:
    people.set(fan, role=role)

    with nothing_moves(owner):
        refused = adjust(api, fan, fan, 100)

    assert (refused.status, refused.code) == (403, "role_required")


def test_the_same_key_and_payload_moves_coins_once(
    api: Api, owner: Owner, admin: Person, fan: Person, new_key: str
) -> None:
    first = adjust(api, admin, fan, 100, new_key)

    with nothing_moves(owner):
        again = adjust(api, admin, fan, 100, new_key)

    assert (again.status, again.text) == (201, first.text)
    assert again.headers["idempotent-replayed"] == "true"


def test_the_same_key_for_somebody_else_or_another_amount_is_refused(
    api: Api, owner: Owner, people: People, admin: Person, fan: Person, new_key: str
) -> None:
    adjust(api, admin, fan, 100, new_key)
    other = people.fan()

    with nothing_moves(owner):
        refusals = [adjust(api, admin, fan, 101, new_key), adjust(api, admin, other, 100, new_key)]

    assert [(one.status, one.code) for one in refusals] == [(422, "idempotency_key_reused")] * 2


def test_a_key_is_its_admins_own(
    api: Api, people: People, admin: Person, fan: Person, new_key: str
) -> None:
    second = people.admin()

    given = [adjust(api, one, fan, 100, new_key) for one in (admin, second)]

    assert [one.json["balance"] for one in given] == [100, 200]


def test_a_key_is_its_operations_own(
    api: Api, admin: Person, stream: str, fund: Fund, new_key: str
) -> None:
    fund(admin, 1)
    given = adjust(api, admin, admin, 10, new_key)
    rose = {"giftId": "00000000-0000-4000-8000-000000000001", "quantity": 1}

    sent = api.pay(f"/api/streams/{stream}/gift", admin.token, rose, new_key)

    assert (given.status, sent.status) == (201, 201)


def test_an_adjustment_sent_many_times_at_once_is_one(
    api: Api, owner: Owner, admin: Person, fan: Person, new_key: str, crowd: None
) -> None:
    body = {"amount": 100, "reason": "promo"}

    answers = api.at_once(
        [Post(f"/api/admin/wallets/{fan.id}/adjust", admin.token, body, new_key)] * 10
    )

    assert {(one.status, one.text) for one in answers} == {(201, answers[0].text)}
    assert entries_of(owner, fan) == [("promo_credit", 100)]


def test_corrections_at_once_never_overdraw(
    api: Api, owner: Owner, admin: Person, fan: Person, fund: Fund, crowd: None
) -> None:
    fund(fan, 100)
    body = {"amount": -30, "reason": "correction"}

    answers = api.at_once(
        [Post(f"/api/admin/wallets/{fan.id}/adjust", admin.token, body) for _ in range(10)]
    )

    assert sorted(one.status for one in answers) == [201] * 3 + [402] * 7
    assert api.get("/api/wallet/balance", fan.token).json["balance"] == 10
