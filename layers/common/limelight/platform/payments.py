"""Stripe, through its own package: checkout sessions out, signed events in."""

import json
import time
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

import stripe

from limelight.errors import Problem
from limelight.platform.secrets import SecretUnavailable, read_secret
from limelight.platform.settings import StripeSettings
from limelight.platform.snapstart import around_snapshot

RETRIES: Final = 1
"""After a lost connection, a 409 or a 5xx: with the time-out, what fits into one invocation."""
RETRY_AFTER_SECONDS: Final = 2
SECRET_LIFETIME_SECONDS: Final = 300
"""How long a rotated secret may still be used."""

_CONFLICT: Final = 409


class PaymentsUnavailable(Exception):
    """Stripe did not do what it was asked. The message may be logged: it holds no values."""


@dataclass(frozen=True, slots=True)
class CheckoutPage:
    """A checkout session as made: where the buyer pays."""

    session_id: str
    url: str


@dataclass(frozen=True, slots=True)
class SignedEvent:
    """An event that Stripe signed; `subject` is the object it tells of, as Stripe writes it."""

    id: str
    type: str
    subject: dict[str, Any]


def create_checkout(
    purchase_id: UUID, *, coins: int, price_cents: int, currency: str
) -> CheckoutPage:
    """A checkout page for one purchase; asked again for the same purchase, the same page.

    Raises PaymentsUnavailable when Stripe does not answer, Problem `conflict` while it still works
    at the same request.
    """
    settings = _settings()
    client = _client(_secret()["secretKey"])
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
    try:
        session = client.v1.checkout.sessions.create(
            params,  # type: ignore[arg-type]  # built above from Stripe's own names
            {"idempotency_key": f"checkout-{purchase_id}"},
        )
    except stripe.StripeError as error:
        if error.http_status == _CONFLICT:
            raise Problem("conflict", retry_after=RETRY_AFTER_SECONDS) from error
        raise PaymentsUnavailable(f"stripe: {type(error).__name__}") from error
    return CheckoutPage(session.id, session.url or "")


def read_event(body: bytes, signature: str) -> SignedEvent:
    """The event in a webhook's raw body. Raises Problem `signature_invalid`.

    No age is too great: Stripe retries for days, and the event's id keeps a replay from counting.
    """
    secret = _secret()["webhookSecret"]
    try:
        text = body.decode()
        stripe.WebhookSignature.verify_header(text, signature, secret, tolerance=None)
        event = json.loads(text)
        return SignedEvent(event["id"], event["type"], event["data"]["object"])
    except (stripe.SignatureVerificationError, ValueError, LookupError, TypeError):
        raise Problem("signature_invalid") from None


def forget() -> None:
    """Drops the client and its secret (tests, SnapStart)."""
    _client.cache_clear()
    _read_secret.cache_clear()
    _settings.cache_clear()


@lru_cache(maxsize=1)
def _client(secret_key: str) -> stripe.StripeClient:
    settings = _settings()
    return stripe.StripeClient(
        secret_key,
        base_addresses={"api": str(settings.stripe_api_base).rstrip("/")},
        max_network_retries=RETRIES,
        http_client=stripe.RequestsClient(timeout=settings.stripe_timeout_seconds),
    )


def _secret() -> dict[str, str]:
    period = int(time.monotonic() // SECRET_LIFETIME_SECONDS)
    return _read_secret(_settings().stripe_secret_id, period)


@lru_cache(maxsize=1)
def _read_secret(secret_id: str, _period: int) -> dict[str, str]:
    try:
        secret = read_secret(secret_id)
        return {name: secret[name] for name in ("secretKey", "webhookSecret")}
    except (SecretUnavailable, KeyError) as error:
        raise PaymentsUnavailable("the Stripe secret cannot be read") from error


@lru_cache(maxsize=1)
def _settings() -> StripeSettings:
    return StripeSettings()


around_snapshot(forget)
