"""A stand-in of Stripe on loopback: checkout sessions as its API makes them, and signed events.

It knows `POST /v1/checkout/sessions` with Stripe's form encoding, idempotency keys and errors.
What a buyer or their bank would do is a method of `StandIn`, or a form to post:
`POST /_local/sessions/ID/ACTION` answers the event as it would be delivered.
"""

import contextlib
import hashlib
import json
import re
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from stripe import WebhookSignature

from local.host.ports import LOOPBACK

SESSIONS: Final = "/v1/checkout/sessions"
API_VERSION: Final = "2026-01-28.clover"
SESSION_SECONDS: Final = 86_400
LEAST_CENTS: Final = 50

_PART: Final = re.compile(r"[^\[\]]+")
_ACTION: Final = re.compile(r"/_local/sessions/(\w+)/(\w+)")
_REQUIRED: Final = ("line_items", "mode", "success_url")

type Json = dict[str, Any]


class Refusal(Exception):
    """An error as Stripe answers it."""

    def __init__(self, status: int, kind: str, message: str, **more: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error": {"type": kind, "message": message} | more}


@dataclass(frozen=True, slots=True)
class Delivery:
    """A webhook request: the raw body, and the header that signs it."""

    body: bytes
    signature: str

    @property
    def event(self) -> Json:
        event: Json = json.loads(self.body)
        return event


@dataclass(slots=True)
class StandIn:
    """Stripe's half of a checkout. Amounts are in cents."""

    secret_key: str = field(repr=False)
    webhook_secret: str = field(repr=False)
    port: int = 0
    sessions: dict[str, Json] = field(default_factory=dict)
    charges: dict[str, Json] = field(default_factory=dict)
    _first: dict[str, tuple[str, Json]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    def create_session(self, form: str, key: str) -> tuple[Json, bool]:
        """The session, and whether it is the first answer to this key again."""
        with self._lock:
            digest = hashlib.sha256(form.encode()).hexdigest()
            if key and key in self._first:
                asked, session = self._first[key]
                if asked != digest:
                    raise Refusal(
                        400,
                        "idempotency_error",
                        "Keys for idempotent requests can only be used with the same parameters "
                        "they were first used with.",
                    )
                return session, True
            session = self._new_session(unflatten(form))
            self.sessions[session["id"]] = session
            if key:
                self._first[key] = (digest, dict(session))
            return dict(session), False

    def _new_session(self, asked: Json) -> Json:
        for name in _REQUIRED:
            if name not in asked:
                raise _missing(name)
        amount, currency = _total(asked["line_items"])
        session_id = f"cs_test_{secrets.token_hex(16)}"
        now = int(time.time())
        return {
            "id": session_id,
            "object": "checkout.session",
            "amount_subtotal": amount,
            "amount_total": amount,
            "cancel_url": asked.get("cancel_url"),
            "client_reference_id": asked.get("client_reference_id"),
            "created": now,
            "currency": currency,
            "expires_at": now + SESSION_SECONDS,
            "livemode": False,
            "metadata": asked.get("metadata", {}),
            "mode": asked["mode"],
            "payment_intent": None,
            "payment_status": "unpaid",
            "status": "open",
            "success_url": asked["success_url"],
            "url": f"{self.url}/pay/{session_id}",
        }

    def complete(self, session_id: str, **changed: object) -> Delivery:
        """The buyer pays by card; `changed` members are what Stripe then says instead."""
        session = self._pay(session_id, "paid")
        self._charge(session)
        return self.delivery("checkout.session.completed", session | changed)

    def complete_later(self, session_id: str) -> Delivery:
        """The buyer chooses a debit that takes days."""
        session = self._pay(session_id, "unpaid")
        return self.delivery("checkout.session.completed", session)

    def succeed(self, session_id: str) -> Delivery:
        """The debit went through."""
        session = self._pay(session_id, "paid")
        self._charge(session)
        return self.delivery("checkout.session.async_payment_succeeded", session)

    def fail(self, session_id: str) -> Delivery:
        """The debit bounced."""
        session = self._pay(session_id, "unpaid")
        return self.delivery("checkout.session.async_payment_failed", session)

    def expire(self, session_id: str) -> Delivery:
        """Nobody paid in time."""
        session = self._session(session_id)
        session |= {"status": "expired", "url": None}
        return self.delivery("checkout.session.expired", session)

    def refund(self, session_id: str, cents: int) -> Delivery:
        """Gives back so many cents more of what was paid."""
        charge = self.charges[session_id]
        charge["amount_refunded"] += cents
        charge["refunded"] = charge["amount_refunded"] == charge["amount"]
        return self.delivery("charge.refunded", charge)

    def dispute(
        self,
        session_id: str,
        status: str = "needs_response",
        *,
        event: str = "created",
        cents: int | None = None,
        number: int = 1,
    ) -> Delivery:
        """The buyer's bank takes the payment back, or decides on having done so."""
        charge = self.charges[session_id]
        dispute = {
            "id": f"dp_{charge['id']}_{number}",
            "object": "dispute",
            "amount": charge["amount"] if cents is None else cents,
            "charge": charge["id"],
            "currency": charge["currency"],
            "payment_intent": charge["payment_intent"],
            "reason": "fraudulent",
            "status": status,
        }
        return self.delivery(f"charge.dispute.{event}", dispute)

    def delivery(
        self, event_type: str, subject: Mapping[str, Any], *, at: int | None = None
    ) -> Delivery:
        """An event about `subject`, signed as Stripe signs it, now or at a moment of the past."""
        event = {
            "id": f"evt_{secrets.token_hex(12)}",
            "object": "event",
            "api_version": API_VERSION,
            "created": int(time.time()),
            "data": {"object": dict(subject)},
            "livemode": False,
            "pending_webhooks": 1,
            "request": {"id": None, "idempotency_key": None},
            "type": event_type,
        }
        return self.signed(json.dumps(event, indent=2), at)

    def signed(self, text: str, at: int | None = None) -> Delivery:
        """Any text with this account's signature."""
        header = WebhookSignature.generate_signature_header(text, self.webhook_secret, at)
        return Delivery(text.encode(), header)

    def _session(self, session_id: str) -> Json:
        if session_id not in self.sessions:
            raise Refusal(
                404,
                "invalid_request_error",
                f"No such checkout.session: {session_id}",
                code="resource_missing",
            )
        return self.sessions[session_id]

    def _pay(self, session_id: str, payment_status: str) -> Json:
        session = self._session(session_id)
        session |= {
            "status": "complete",
            "payment_status": payment_status,
            "payment_intent": session["payment_intent"] or f"pi_{secrets.token_hex(12)}",
            "url": None,
        }
        return session

    def _charge(self, session: Json) -> None:
        self.charges[session["id"]] = {
            "id": f"ch_{secrets.token_hex(12)}",
            "object": "charge",
            "amount": session["amount_total"],
            "amount_refunded": 0,
            "currency": session["currency"],
            "metadata": session["metadata"],
            "paid": True,
            "payment_intent": session["payment_intent"],
            "refunded": False,
        }


def unflatten(form: str) -> Json:
    """Stripe's form encoding: `line_items[0][price_data][currency]=usd` as nested objects."""
    nested: Json = {}
    for name, value in parse_qsl(form, keep_blank_values=True):
        *path, last = _PART.findall(name)
        place = nested
        for step in path:
            place = place.setdefault(step, {})
        place[last] = value
    return nested


def _total(line_items: Json) -> tuple[int, str]:
    """What the items cost, and in which currency."""
    prices = [item["price_data"] for item in line_items.values()]
    quantities = [int(item.get("quantity", 1)) for item in line_items.values()]
    total = sum(
        int(price["unit_amount"]) * quantity
        for price, quantity in zip(prices, quantities, strict=True)
    )
    if total < LEAST_CENTS:
        raise Refusal(
            400,
            "invalid_request_error",
            "The Checkout Session's total amount due must add up to at least $0.50 usd",
            code="amount_too_small",
        )
    return total, prices[0]["currency"]


def _missing(name: str) -> Refusal:
    return Refusal(
        400,
        "invalid_request_error",
        f"Missing required param: {name}.",
        code="parameter_missing",
        param=name,
    )


@contextlib.contextmanager
def serve_stripe(stand_in: StandIn, port: int) -> Iterator[StandIn]:
    """Serve the stand-in on loopback while the context lasts."""
    server = ThreadingHTTPServer((LOOPBACK, port), _handler(stand_in))
    server.daemon_threads = True
    stand_in.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield stand_in
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(stand_in: StandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            form = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            replayed = False
            try:
                body, replayed = self._answer(urlsplit(self.path).path, form)
                status: int = HTTPStatus.OK
            except Refusal as refusal:
                status, body = refusal.status, refusal.body
            payload = json.dumps(body, indent=2).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(payload)))
            self.send_header("Request-Id", f"req_{secrets.token_hex(7)}")
            if replayed:
                self.send_header("Idempotent-Replayed", "true")
            self.end_headers()
            self.wfile.write(payload)

        def _answer(self, path: str, form: str) -> tuple[Json, bool]:
            if action := _ACTION.fullmatch(path):
                return _act(stand_in, action[1], action[2], dict(parse_qsl(form))), False
            if not _is_authorised(stand_in, self.headers.get("Authorization", "")):
                raise Refusal(401, "invalid_request_error", "Invalid API Key provided")
            if path != SESSIONS:
                raise Refusal(404, "invalid_request_error", f"Unrecognized request URL ({path})")
            return stand_in.create_session(form, self.headers.get("Idempotency-Key", ""))

        def log_message(self, *_: object) -> None:
            """A line for each request tells nobody anything."""

    return Handler


def _is_authorised(stand_in: StandIn, header: str) -> bool:
    return secrets.compare_digest(header.encode(), f"Bearer {stand_in.secret_key}".encode())


def _act(stand_in: StandIn, session_id: str, action: str, form: Mapping[str, str]) -> Json:
    """What the buyer or their bank does, by name, and the event that Stripe would deliver."""
    paid_off = {
        "complete": stand_in.complete,
        "complete_later": stand_in.complete_later,
        "succeed": stand_in.succeed,
        "fail": stand_in.fail,
        "expire": stand_in.expire,
    }
    if action in paid_off:
        delivery = paid_off[action](session_id)
    elif action == "refund":
        delivery = stand_in.refund(session_id, int(form["cents"]))
    elif action == "dispute":
        delivery = stand_in.dispute(session_id, form.get("status", "needs_response"))
    else:
        raise Refusal(404, "invalid_request_error", f"Nobody can {action} a session")
    return {"body": delivery.body.decode(), "signature": delivery.signature}
