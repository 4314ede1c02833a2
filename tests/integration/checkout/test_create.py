"""POST /api/stripe/create-checkout."""

from typing import NoReturn
from uuid import UUID, uuid4

import pytest

from limelight.platform import payments
from local.services.backing import Backing
from local.services.stripe import Refusal, StandIn
from tests.integration.api import Answer, Api, Post
from tests.integration.checkout.conftest import HUNDRED, PRICE, Deliver, purchase_of
from tests.integration.ledger import nothing_moves
from tests.integration.people import Owner, People, Person
from tests.integration.sandbox import closed_port

PATH = "/api/stripe/create-checkout"


@pytest.fixture
def stripe_is_gone(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Stripe refuses every connection until the patch is undone."""
    monkeypatch.setattr(payments, "RETRIES", 0)
    with closed_port() as port:
        monkeypatch.setenv("STRIPE_API_BASE", f"http://127.0.0.1:{port}")
    payments.forget()
    return monkeypatch


def checkout(api: Api, person: Person, package: object = HUNDRED, key: str = "") -> Answer:
    return api.pay(PATH, person.token, {"packageId": package}, key or None)


def purchases(owner: Owner, person: Person) -> list[tuple[str, bool]]:
    """The status of a person's purchases, and whether each has its answer."""
    return [
        (str(status), bool(answered))
        for status, answered in owner.execute(
            """
            select status, response is not null
            from public.purchases
            where user_id = %s
            order by created_at
            """,
            (person.id,),
        )
    ]


def test_a_checkout_is_a_page_of_stripes_for_the_package(
    api: Api, stripe: StandIn, fan: Person
) -> None:
    answer = checkout(api, fan)

    assert answer.status == 201
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json.keys() == {
        "purchaseId", "sessionId", "url", "coins", "priceCents", "currency",
    }  # fmt: skip
    session = stripe.sessions[answer.json["sessionId"]]
    assert (session["amount_total"], session["currency"], session["mode"]) == (
        PRICE, "usd", "payment",
    )  # fmt: skip
    assert session["client_reference_id"] == str(UUID(answer.json["purchaseId"]))
    assert session["metadata"] == {"purchase_id": answer.json["purchaseId"]}
    assert answer.json["url"] == session["url"]
    assert (answer.json["coins"], answer.json["priceCents"]) == (100, PRICE)


def test_a_checkout_moves_no_coins(api: Api, owner: Owner, fan: Person) -> None:
    checkout(api, fan)

    assert purchases(owner, fan) == [("open", True)]
    assert api.get("/api/wallet/balance", fan.token).json["balance"] == 0
    assert api.get("/api/wallet/transactions", fan.token).json["transactions"] == []


@pytest.mark.parametrize(
    ("coins", "cents"),
    [(20, 399), (50, 999), (100, 1699), (250, 3999), (500, 7499), (1000, 14299), (3000, 42999)],
)
def test_the_packages_have_their_prices(
    api: Api, people: People, fan: Person, coins: int, cents: int
) -> None:
    package = people.row("select id from public.coin_packages where coins = %(c)s", {"c": coins})

    answer = checkout(api, fan, str(package["id"]))

    assert (answer.json["coins"], answer.json["priceCents"]) == (coins, cents)


@pytest.mark.parametrize(
    ("valid_from", "valid_until"),
    [("2099-01-01", None), ("2026-01-01", "2026-01-02")],
    ids=["not yet", "no longer"],
)
def test_a_package_is_sold_within_its_dates(
    api: Api, owner: Owner, fan: Person, valid_from: str, valid_until: str | None
) -> None:
    package = uuid4()
    owner.execute(
        """
        insert into public.coin_packages (id, coins, price_cents, valid_from, valid_until)
        values (%s, 10, 100, %s, %s)
        """,
        (package, valid_from, valid_until),
    )

    with nothing_moves(owner):
        refused = checkout(api, fan, str(package))

    assert (refused.status, refused.code) == (404, "package_not_found")


def test_an_unknown_package_is_not_found(api: Api, owner: Owner, fan: Person) -> None:
    with nothing_moves(owner):
        refused = checkout(api, fan, str(uuid4()))

    assert (refused.status, refused.code) == (404, "package_not_found")


def test_a_price_that_a_client_declares_is_refused(api: Api, owner: Owner, fan: Person) -> None:
    with nothing_moves(owner):
        refused = api.pay(PATH, fan.token, {"packageId": HUNDRED, "priceCents": 1})

    assert (refused.status, refused.code) == (422, "validation_failed")


def test_the_same_key_answers_the_same_page(
    api: Api, owner: Owner, stripe: StandIn, fan: Person, new_key: str
) -> None:
    first = checkout(api, fan, key=new_key)
    sessions = len(stripe.sessions)

    with nothing_moves(owner):
        again = checkout(api, fan, key=new_key)

    assert (again.status, again.text) == (201, first.text)
    assert again.headers["idempotent-replayed"] == "true"
    assert len(stripe.sessions) == sessions


def test_the_same_key_answers_the_same_page_after_its_package_went_off_sale(
    api: Api, owner: Owner, fan: Person, new_key: str
) -> None:
    package = uuid4()
    owner.execute(
        "insert into public.coin_packages (id, coins, price_cents) values (%s, 10, 100)", (package,)
    )
    first = checkout(api, fan, str(package), new_key)
    owner.execute("update public.coin_packages set valid_until = now() where id = %s", (package,))

    assert checkout(api, fan, str(package), new_key).text == first.text
    assert checkout(api, fan, str(package)).status == 404


def test_the_same_key_for_another_package_is_refused(
    api: Api, owner: Owner, fan: Person, new_key: str
) -> None:
    checkout(api, fan, key=new_key)

    with nothing_moves(owner):
        refused = checkout(api, fan, "00000000-0000-4000-9000-000000000001", new_key)

    assert (refused.status, refused.code) == (422, "idempotency_key_reused")


def test_a_key_is_its_buyers_own(api: Api, people: People, fan: Person, new_key: str) -> None:
    pages = {checkout(api, one, key=new_key).json["sessionId"] for one in (fan, people.fan())}

    assert len(pages) == 2


def test_a_checkout_sent_many_times_at_once_is_one(
    api: Api, owner: Owner, stripe: StandIn, fan: Person, new_key: str, crowd: None
) -> None:
    sessions = len(stripe.sessions)

    answers = api.at_once([Post(PATH, fan.token, {"packageId": HUNDRED}, new_key)] * 8)

    assert {(one.status, one.text) for one in answers} == {(201, answers[0].text)}
    assert purchases(owner, fan) == [("open", True)]
    assert len(stripe.sessions) == sessions + 1


def test_without_stripe_nothing_is_half_done_and_the_same_key_finishes_it(
    api: Api,
    owner: Owner,
    fan: Person,
    new_key: str,
    stripe_is_gone: pytest.MonkeyPatch,
    deliver: Deliver,
    stripe: StandIn,
) -> None:
    refused = checkout(api, fan, key=new_key)

    assert (refused.status, refused.code) == (503, "upstream_unavailable")
    assert int(refused.headers["retry-after"]) >= 1
    assert purchases(owner, fan) == [("open", False)]

    stripe_is_gone.undo()
    payments.forget()
    made = checkout(api, fan, key=new_key)

    assert made.status == 201
    assert purchases(owner, fan) == [("open", True)]
    assert deliver(stripe.complete(made.json["sessionId"])).json == {"outcome": "applied"}
    assert api.get("/api/wallet/balance", fan.token).json["balance"] == 100


def test_an_answer_of_stripes_that_was_lost_is_asked_for_again(
    api: Api, owner: Owner, stripe: StandIn, fan: Person, new_key: str
) -> None:
    first = checkout(api, fan, key=new_key)
    owner.execute(
        "update public.purchases set response = null, checkout_session_id = null where id = %s",
        (first.json["purchaseId"],),
    )
    sessions = len(stripe.sessions)

    again = checkout(api, fan, key=new_key)

    assert (again.status, again.text) == (201, first.text)
    assert len(stripe.sessions) == sessions
    assert str(purchase_of(owner, first.json["sessionId"])["id"]) == first.json["purchaseId"]


@pytest.mark.parametrize(
    ("status", "kind", "answered"),
    [
        (409, "idempotency_error", (409, "conflict")),
        (429, "invalid_request_error", (503, "upstream_unavailable")),
        (500, "api_error", (503, "upstream_unavailable")),
    ],
)
def test_what_stripe_cannot_do_at_the_moment_is_to_be_asked_again(
    api: Api, owner: Owner, fan: Person, new_key: str, monkeypatch: pytest.MonkeyPatch,
    status: int, kind: str, answered: tuple[int, str],
) -> None:  # fmt: skip
    def busy(*_: object) -> NoReturn:
        raise Refusal(status, kind, "Not at the moment.")

    monkeypatch.setattr(payments, "RETRIES", 0)
    with monkeypatch.context() as patch:
        patch.setattr(StandIn, "create_session", busy)
        refused = checkout(api, fan, key=new_key)

    assert (refused.status, refused.code) == answered
    assert int(refused.headers["retry-after"]) >= 1
    assert purchases(owner, fan) == [("open", False)]
    assert checkout(api, fan, key=new_key).status == 201


@pytest.mark.parametrize("secret", [{"secretKey": "sk_test_wrong"}, {}], ids=["wrong", "missing"])
def test_a_key_that_stripe_does_not_know_is_our_outage_and_not_the_buyers_fault(
    api: Api, backing: Backing, fan: Person, secret: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    name = f"limelight/{backing.stage}/stripe"
    values = {"webhookSecret": "whsec_x"} | secret
    monkeypatch.setitem(backing.secret_values, name, values)

    refused = checkout(api, fan)

    assert (refused.status, refused.code) == (503, "upstream_unavailable")
    assert "sk_test" not in refused.text
