"""POST /api/stripe/webhook: who is listened to, and what a payment does."""

import itertools
import json

import pytest

from limelight.platform import payments
from local.services.backing import Backing
from local.services.stripe import Delivery, StandIn
from tests.integration.api import Api
from tests.integration.checkout.conftest import (
    HUNDRED,
    PRICE,
    WEBHOOK,
    Deliver,
    Open,
    outcome_of,
    post,
    purchase_of,
)
from tests.integration.ledger import entries_of, nothing_moves, system_balance
from tests.integration.people import Owner, Person

DAYS = 86_400


def balance(api: Api, person: Person) -> int:
    return int(api.get("/api/wallet/balance", person.token).json["balance"])


# Who is listened to


@pytest.mark.parametrize(
    "signature",
    [None, "", "nova", "t=1,v1=", "t=x,v1=abc", "v1=abc", "t=1", "t=1,v0=abc", "t=,v1=,", "é"],
    ids=ascii,
)
def test_an_event_that_is_not_signed_is_refused(
    api: Api, owner: Owner, stripe: StandIn, session: str, signature: str | None
) -> None:
    delivery = stripe.complete(session)
    headers = {} if signature is None else {"Stripe-Signature": signature}

    with nothing_moves(owner):
        refused = api.call("POST", WEBHOOK, raw=delivery.body, headers=headers)

    assert (refused.status, refused.code) == (400, "signature_invalid")


def test_an_event_signed_with_another_secret_is_refused(
    owner: Owner, stripe: StandIn, session: str, deliver: Deliver
) -> None:
    forger = StandIn(stripe.secret_key, "whsec_forged")

    with nothing_moves(owner):
        refused = deliver(forger.signed(stripe.complete(session).body.decode()))

    assert (refused.status, refused.code) == (400, "signature_invalid")


def test_a_signature_is_over_the_bytes_that_were_sent(
    owner: Owner, stripe: StandIn, session: str, deliver: Deliver
) -> None:
    delivery = stripe.complete(session)
    changed = [
        delivery.body.replace(b'"amount_total": 1699', b'"amount_total": 1698'),
        json.dumps(delivery.event).encode(),
        delivery.body + b" ",
        b"\xff" + delivery.body,
        b"",
    ]

    with nothing_moves(owner):
        answers = [deliver(Delivery(body, delivery.signature)) for body in changed]

    assert [(one.status, one.code) for one in answers] == [(400, "signature_invalid")] * 5


def test_a_retry_of_any_age_is_accepted(
    api: Api, owner: Owner, stripe: StandIn, fan: Person, session: str, deliver: Deliver
) -> None:
    paid = stripe.complete(session)
    late = stripe.signed(paid.body.decode(), at=paid.event["created"] - 30 * DAYS)

    assert deliver(late).json == {"outcome": "applied"}
    assert balance(api, fan) == 100


def test_a_secret_that_was_rotated_is_read_again(
    backing: Backing, stripe: StandIn, session: str, deliver: Deliver,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    rotated = StandIn(stripe.secret_key, "whsec_rotated")
    paid = rotated.signed(stripe.complete(session).body.decode())
    assert deliver(paid).code == "signature_invalid"

    values = {"secretKey": stripe.secret_key, "webhookSecret": "whsec_rotated"}
    monkeypatch.setitem(backing.secret_values, f"limelight/{backing.stage}/stripe", values)
    monkeypatch.setattr(payments, "SECRET_LIFETIME_SECONDS", 1e-6)

    assert deliver(paid).json == {"outcome": "applied"}


def test_without_its_secret_no_event_is_judged(
    owner: Owner, backing: Backing, stripe: StandIn, session: str, deliver: Deliver,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.delitem(backing.secret_values, f"limelight/{backing.stage}/stripe")
    payments.forget()

    with nothing_moves(owner):
        refused = deliver(stripe.complete(session))

    assert (refused.status, refused.code) == (503, "upstream_unavailable")


@pytest.mark.parametrize("text", ["[]", '"nova"', "1", "null", "{}", '{"id": "evt_1"}'])
def test_a_signed_body_that_is_no_event_is_refused(
    owner: Owner, stripe: StandIn, deliver: Deliver, text: str
) -> None:
    with nothing_moves(owner):
        refused = deliver(stripe.signed(text))

    assert (refused.status, refused.code) == (400, "signature_invalid")


# Paid


def test_a_paid_session_credits_its_coins(
    api: Api, owner: Owner, stripe: StandIn, fan: Person, session: str, deliver: Deliver
) -> None:
    sold = system_balance(owner, "coin_sales")
    paid = stripe.complete(session)

    answer = deliver(paid)

    assert (answer.status, answer.json) == (200, {"outcome": "applied"})
    assert balance(api, fan) == 100
    assert entries_of(owner, fan) == [("purchase", 100)]
    assert system_balance(owner, "coin_sales") == sold - 100
    purchase = purchase_of(owner, session)
    assert purchase["status"] == "paid"
    assert purchase["payment_intent_id"] == paid.event["data"]["object"]["payment_intent"]
    (row,) = api.get("/api/wallet/transactions", fan.token).json["transactions"]
    assert (row["type"], row["subjectType"], row["subjectId"]) == (
        "purchase", "purchase", str(purchase["id"]),
    )  # fmt: skip


def test_an_event_that_comes_again_counts_once(
    api: Api, owner: Owner, stripe: StandIn, fan: Person, session: str, deliver: Deliver
) -> None:
    paid = stripe.complete(session)
    deliver(paid)

    with nothing_moves(owner):
        again = [deliver(paid), deliver(stripe.signed(paid.body.decode(), at=1))]

    assert [(one.status, one.json) for one in again] == [(200, {"outcome": "duplicate"})] * 2
    assert balance(api, fan) == 100


def test_two_events_for_one_payment_credit_it_once(
    api: Api, stripe: StandIn, fan: Person, session: str, deliver: Deliver
) -> None:
    answers = [deliver(stripe.complete(session)), deliver(stripe.succeed(session))]

    assert [one.json["outcome"] for one in answers] == ["applied", "ignored"]
    assert balance(api, fan) == 100


def test_events_delivered_at_once_credit_a_payment_once(
    api: Api, owner: Owner, stripe: StandIn, fan: Person, session: str, crowd: None
) -> None:
    paid = stripe.complete(session)

    answers = api.at_once([post(paid)] * 6 + [post(stripe.succeed(session)) for _ in range(4)])

    assert {one.status for one in answers} == {200}
    outcomes = sorted(one.json["outcome"] for one in answers)
    assert outcomes.count("applied") == 1
    assert outcomes.count("duplicate") == 5
    assert entries_of(owner, fan) == [("purchase", 100)]


def test_an_event_may_come_before_the_buyer_has_the_page(
    api: Api, owner: Owner, stripe: StandIn, fan: Person, session: str, deliver: Deliver
) -> None:
    owner.execute(
        """
        update public.purchases
        set checkout_session_id = null,
            response = null
        where user_id = %s
        """,
        (fan.id,),
    )

    assert deliver(stripe.complete(session)).json == {"outcome": "applied"}
    assert purchase_of(owner, session)["status"] == "paid"


def test_a_purchase_paid_in_two_sessions_is_credited_once_and_said_to_be_paid_twice(
    api: Api, owner: Owner, stripe: StandIn, fan: Person, session: str, deliver: Deliver
) -> None:
    deliver(stripe.complete(session))
    second = stripe.complete(session, id="cs_test_second", payment_intent="pi_second")

    assert deliver(second).json == {"outcome": "paid_twice"}
    assert outcome_of(owner, second) == "paid_twice"
    assert balance(api, fan) == 100


# Not as agreed


@pytest.mark.parametrize(
    "changed",
    [
        {"amount_total": PRICE - 1},
        {"amount_total": PRICE + 1},
        {"amount_total": 0, "payment_status": "no_payment_required", "payment_intent": None},
        {"amount_total": None},
        {"currency": "eur"},
        {"currency": None},
    ],
    ids=repr,
)
def test_another_amount_or_currency_credits_nothing_and_says_so(
    api: Api, owner: Owner, stripe: StandIn, fan: Person, session: str, deliver: Deliver,
    changed: dict[str, object],
) -> None:  # fmt: skip
    paid = stripe.complete(session, **changed)

    answer = deliver(paid)

    assert (answer.status, answer.json) == (200, {"outcome": "amount_mismatch"})
    assert outcome_of(owner, paid) == "amount_mismatch"
    assert purchase_of(owner, session)["status"] == "mismatched"
    assert (balance(api, fan), entries_of(owner, fan)) == (0, [])


def test_a_payment_that_did_not_match_can_be_refunded_without_touching_coins(
    api: Api, owner: Owner, stripe: StandIn, fan: Person, session: str, deliver: Deliver
) -> None:
    deliver(stripe.complete(session, currency="eur"))

    assert deliver(stripe.refund(session, PRICE)).json == {"outcome": "ignored"}
    assert entries_of(owner, fan) == []


def test_a_currency_is_the_same_in_capitals(
    stripe: StandIn, session: str, deliver: Deliver
) -> None:
    assert deliver(stripe.complete(session, currency="USD")).json == {"outcome": "applied"}


@pytest.mark.parametrize(
    "reference", [None, "", "order-17", "00000000-0000-4000-8000-000000000000"]
)
def test_a_session_that_is_nobodys_purchase_is_noted_and_credits_nothing(
    owner: Owner, stripe: StandIn, fan: Person, session: str, deliver: Deliver,
    reference: str | None,
) -> None:  # fmt: skip
    paid = stripe.complete(session, client_reference_id=reference)

    answer = deliver(paid)

    assert (answer.status, answer.json) == (200, {"outcome": "unknown_purchase"})
    assert outcome_of(owner, paid) == "unknown_purchase"
    assert entries_of(owner, fan) == []


@pytest.mark.parametrize(
    "event_type",
    ["payment_intent.succeeded", "charge.succeeded", "customer.created", "charge.disputed", "nova"],
)
def test_an_event_of_another_type_is_ignored(
    owner: Owner, stripe: StandIn, session: str, deliver: Deliver, event_type: str
) -> None:
    event = stripe.delivery(event_type, stripe.complete(session).event["data"]["object"])

    answers = [deliver(event), deliver(event)]

    assert [(one.status, one.json["outcome"]) for one in answers] == [
        (200, "ignored"), (200, "duplicate"),
    ]  # fmt: skip


def test_an_object_of_an_unknown_form_is_refused_in_good_order(
    owner: Owner, stripe: StandIn, session: str, deliver: Deliver
) -> None:
    with nothing_moves(owner):
        refused = deliver(stripe.complete(session, payment_status="maybe"))

    assert (refused.status, refused.code) == (422, "validation_failed")


# Paid later, or not at all


def test_a_debit_is_pending_until_it_has_gone_through(
    api: Api, owner: Owner, stripe: StandIn, fan: Person, session: str, deliver: Deliver
) -> None:
    assert deliver(stripe.complete_later(session)).json == {"outcome": "applied"}
    assert (purchase_of(owner, session)["status"], balance(api, fan)) == ("pending", 0)

    assert deliver(stripe.succeed(session)).json == {"outcome": "applied"}
    assert (purchase_of(owner, session)["status"], balance(api, fan)) == ("paid", 100)


def test_a_debit_that_bounces_credits_nothing(
    api: Api, owner: Owner, stripe: StandIn, fan: Person, session: str, deliver: Deliver
) -> None:
    deliver(stripe.complete_later(session))

    assert deliver(stripe.fail(session)).json == {"outcome": "applied"}
    assert (purchase_of(owner, session)["status"], balance(api, fan)) == ("failed", 0)


def test_a_session_that_nobody_paid_expires(
    api: Api, owner: Owner, stripe: StandIn, fan: Person, session: str, deliver: Deliver
) -> None:
    assert deliver(stripe.expire(session)).json == {"outcome": "applied"}
    assert (purchase_of(owner, session)["status"], balance(api, fan)) == ("expired", 0)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))), ids=str)
def test_whatever_order_a_payment_is_told_in_it_is_credited_once(
    api: Api, owner: Owner, stripe: StandIn, fan: Person, session: str, deliver: Deliver,
    order: tuple[int, ...],
) -> None:  # fmt: skip
    events = [stripe.complete_later(session), stripe.fail(session), stripe.succeed(session)]

    for index in order:
        assert deliver(events[index]).status == 200

    assert (purchase_of(owner, session)["status"], balance(api, fan)) == ("paid", 100)


def test_a_debit_that_bounced_is_not_pending_again(
    owner: Owner, stripe: StandIn, session: str, deliver: Deliver
) -> None:
    pending, bounced = stripe.complete_later(session), stripe.fail(session)

    outcomes = [deliver(one).json["outcome"] for one in (bounced, pending)]

    assert outcomes == ["applied", "ignored"]
    assert purchase_of(owner, session)["status"] == "failed"


def test_two_purchases_are_two(
    api: Api, stripe: StandIn, fan: Person, open_checkout: Open, deliver: Deliver
) -> None:
    for _ in range(2):
        deliver(stripe.complete(open_checkout(fan, HUNDRED)["sessionId"]))

    assert balance(api, fan) == 200
