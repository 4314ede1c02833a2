"""The stand-in of Stripe, asked by Stripe's own client."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import stripe

from local.host.ports import Ports
from local.services.stripe import StandIn, serve_stripe, unflatten

PARAMS: dict[str, Any] = {
    "mode": "payment",
    "client_reference_id": "order-1",
    "metadata": {"purchase_id": "order-1"},
    "line_items": [
        {
            "quantity": 2,
            "price_data": {
                "currency": "usd",
                "unit_amount": 399,
                "product_data": {"name": "20 coins"},
            },
        }
    ],
    "success_url": "https://example.com/thanks?a=1&b=2",
    "cancel_url": "https://example.com/coins",
}


@pytest.fixture(scope="module")
def stand_in() -> Iterator[StandIn]:
    with serve_stripe(StandIn("sk_test_right", "whsec_x"), Ports.free().stripe) as served:
        yield served


def client(stand_in: StandIn, key: str = "sk_test_right") -> stripe.StripeClient:
    return stripe.StripeClient(key, base_addresses={"api": stand_in.url}, max_network_retries=0)


def create(stand_in: StandIn, key: str = "", **changed: Any) -> stripe.checkout.Session:
    params: Any = PARAMS | changed
    options: Any = {"idempotency_key": key} if key else {}
    return client(stand_in).v1.checkout.sessions.create(params, options)


def test_a_session_is_what_was_asked_for(stand_in: StandIn) -> None:
    session = create(stand_in)

    assert session.id.startswith("cs_test_")
    assert (session.amount_total, session.currency) == (798, "usd")
    assert (session.status, session.payment_status) == ("open", "unpaid")
    assert session.client_reference_id == "order-1"
    assert session.success_url == PARAMS["success_url"]
    assert session.url is not None
    assert session.url.startswith(stand_in.url)


def test_the_same_key_and_request_is_the_same_session(stand_in: StandIn) -> None:
    first, again, other = (create(stand_in, key) for key in ("key-1", "key-1", "key-2"))

    assert first.id == again.id
    assert first.id != other.id


def test_a_key_of_another_request_is_refused(stand_in: StandIn) -> None:
    create(stand_in, "key-3")

    with pytest.raises(stripe.IdempotencyError):
        create(stand_in, "key-3", client_reference_id="order-2")


def test_a_wrong_key_is_not_let_in(stand_in: StandIn) -> None:
    params: Any = PARAMS
    with pytest.raises(stripe.AuthenticationError):
        client(stand_in, "sk_test_wrong").v1.checkout.sessions.create(params)


@pytest.mark.parametrize("name", ["mode", "line_items", "success_url"])
def test_a_missing_parameter_is_named(stand_in: StandIn, name: str) -> None:
    params: Any = {key: value for key, value in PARAMS.items() if key != name}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client(stand_in).v1.checkout.sessions.create(params)

    assert (refused.value.code, refused.value.param) == ("parameter_missing", name)


def test_an_event_passes_the_check_of_stripes_own_package(stand_in: StandIn) -> None:
    delivery = stand_in.complete(create(stand_in).id)

    event = stripe.Webhook.construct_event(delivery.body, delivery.signature, "whsec_x")

    assert event.type == "checkout.session.completed"
    assert event.data.object.payment_status == "paid"


@pytest.mark.parametrize(
    ("action", "event_type"),
    [
        ("complete", "checkout.session.completed"),
        ("complete_later", "checkout.session.completed"),
        ("succeed", "checkout.session.async_payment_succeeded"),
        ("fail", "checkout.session.async_payment_failed"),
        ("expire", "checkout.session.expired"),
        ("refund", "charge.refunded"),
        ("dispute", "charge.dispute.created"),
    ],
)
def test_what_a_buyer_does_can_be_posted(stand_in: StandIn, action: str, event_type: str) -> None:
    session = create(stand_in).id
    stand_in.complete(session)

    answer = httpx.post(
        f"{stand_in.url}/_local/sessions/{session}/{action}", data={"cents": "1"}, trust_env=False
    ).raise_for_status()

    stripe.WebhookSignature.verify_header(
        answer.json()["body"], answer.json()["signature"], "whsec_x"
    )
    assert f'"type": "{event_type}"' in answer.json()["body"]


@pytest.mark.parametrize("path", ["cs_test_nobody/complete", "cs_test_nobody/steal"])
def test_what_nobody_can_do_is_refused(stand_in: StandIn, path: str) -> None:
    answer = httpx.post(f"{stand_in.url}/_local/sessions/{path}", trust_env=False)

    assert answer.status_code == 404


def test_forms_are_nested_as_stripe_nests_them() -> None:
    form = "mode=payment&metadata[a]=1&line_items[0][price_data][currency]=usd&empty="

    assert unflatten(form) == {
        "mode": "payment",
        "metadata": {"a": "1"},
        "line_items": {"0": {"price_data": {"currency": "usd"}}},
        "empty": "",
    }
