"""Stripe, through its own package: checkout sessions out, signed events in."""

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

import stripe

from limelight.data.errors import DataUnavailable
from limelight.errors import Problem
from limelight.platform.secrets import SecretUnavailable, read_secret
from limelight.platform.settings import StripeSettings

EXPIRES_AFTER_SECONDS: Final = 1_800
"""How long a checkout page stays open: the least that Stripe allows."""


@dataclass(frozen=True, slots=True)
class CheckoutPage:
    """A checkout session as made: where the buyer pays."""

    session_id: str
    url: str


def create_checkout(
    purchase_id: UUID, *, coins: int, price_cents: int, currency: str, email_hint: str | None = None
) -> CheckoutPage:
    """A checkout page for one purchase; asked again for the same purchase, the same page.

    Raises DataUnavailable when Stripe does not answer.
    """
    settings = _settings()
    params: dict[str, Any] = {
        "mode": "payment",
        "client_reference_id": str(purchase_id),
        "metadata": {"purchase_id": str(purchase_id)},
        "payment_intent_data": {"metadata": {"purchase_id": str(purchase_id)}},
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": currency,
                    "unit_amount": price_cents,
                    "product_data": {"name": f"{coins} coins"},
                },
            }
        ],
        "success_url": str(settings.checkout_success_url),
        "cancel_url": str(settings.checkout_cancel_url),
    }
    if email_hint:
        params["customer_email"] = email_hint
    try:
        session = _client().v1.checkout.sessions.create(
            params,  # type: ignore[arg-type]  # built above from Stripe's own names
            {"idempotency_key": f"checkout-{purchase_id}"},
        )
    except stripe.StripeError as error:
        raise DataUnavailable(f"stripe: {type(error).__name__}") from error
    return CheckoutPage(session.id, session.url or "")


def read_event(body: bytes, signature: str) -> stripe.Event:
    """The event in a webhook's raw body. Raises Problem `signature_invalid`.

    No age is too great: Stripe retries for days, and the event's id keeps a replay from counting.
    """
    try:
        stripe.WebhookSignature.verify_header(
            body.decode(), signature, _secret()["webhookSecret"], tolerance=None
        )
        return stripe.Event.construct_from(json.loads(body), None)
    except (stripe.SignatureVerificationError, UnicodeDecodeError, ValueError):
        raise Problem("signature_invalid") from None


@lru_cache(maxsize=1)
def _client() -> stripe.StripeClient:
    settings = _settings()
    return stripe.StripeClient(
        _secret()["secretKey"],
        base_addresses={"api": str(settings.stripe_api_base).rstrip("/")},
        max_network_retries=1,
        http_client=stripe.RequestsClient(timeout=settings.stripe_timeout_seconds),
    )


@lru_cache(maxsize=1)
def _secret() -> Any:
    try:
        return read_secret(_settings().stripe_secret_id)
    except SecretUnavailable as error:
        raise DataUnavailable("the Stripe secret cannot be read") from error


@lru_cache(maxsize=1)
def _settings() -> StripeSettings:
    return StripeSettings()
