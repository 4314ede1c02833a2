"""What events act upon beside the demo data: made when one is sent, for that one alone.

An event that ends a call, spends a ticket or deletes an account finds one in the state that it
needs, whatever it did to the last. All of it is made as people would make it, over HTTP.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from secrets import token_hex
from typing import Any, Final, Self
from uuid import uuid4

import httpx

from local.demo.client import Account, Client, UnexpectedAnswerError
from local.host.ports import LOOPBACK
from local.services.secrets import PATH, TOKEN_HEADER
from local.services.stripe import StandIn
from local.stack.running import Running

FUNDS: Final = 2000
PRICE: Final = 30
RATE: Final = 10

APPLICATION: Final = {
    "displayName": "Guest",
    "bio": "Pianist",
    "whyCreator": "I play every night and people ask for more",
    "contentType": "music",
}
STREAM: Final = {"title": "An open rehearsal", "category": "music"}
POLL: Final = {
    "question": "What next?",
    "options": ["A nocturne", "A waltz"],
    "durationSeconds": 300,
}


@dataclass(frozen=True, slots=True)
class Place:
    """The stack that props are made in."""

    client: Client
    supabase_url: str
    publishable_key: str
    webhook_secret: str = field(repr=False)
    admin: Account
    stream_id: str
    """The demo's."""

    @classmethod
    def of(cls, running: Running, client: Client, demo: Mapping[str, str]) -> Self:
        return cls(
            client,
            running.parameters["SupabaseUrl"],
            running.parameters["SupabasePublishableKey"],
            _webhook_secret(running),
            Account("", "", demo["ADMIN_TOKEN"]),
            demo["STREAM_ID"],
        )


def make_props(place: Place, event: str, names: Iterable[str]) -> dict[str, str]:
    """The props of these names, all of one scene: a call is between its guest and its host.

    Raises:
        UnexpectedAnswerError: the stack refused a step.
    """
    scene = _Scene(place, event)
    return {name: PROPS[name](scene) for name in sorted(names)}


class _Scene:
    """A guest, a host, and what there is between them; each is made when first asked for."""

    def __init__(self, place: Place, event: str) -> None:
        self._place = place
        self._client = place.client
        self._event = event

    @cached_property
    def guest(self) -> Account:
        """Somebody new, with coins."""
        guest = self._sign_up("guest")
        self._fund(guest)
        return guest

    @cached_property
    def host(self) -> Account:
        """A new creator, who takes calls."""
        host = self._sign_up("host")
        application = self._post("/api/creator/apply", host, APPLICATION, 201)
        path = f"/api/admin/applications/{application['id']}/approve"
        self._post(path, self._place.admin, None, 200)
        terms = {"callRatePerMinute": RATE, "isAvailableForCalls": True}
        self._client.patch("/api/creator/settings", host, terms).require(200)
        return host

    @cached_property
    def earner(self) -> Account:
        """A creator with coins to be paid out."""
        self._fund(self.host)
        return self.host

    @cached_property
    def application(self) -> str:
        return str(self._post("/api/creator/apply", self.guest, APPLICATION, 201)["id"])

    @cached_property
    def payout(self) -> str:
        path = "/api/wallet/payouts/request"
        return str(self._pay(path, self.earner, {"amount": FUNDS // 2})["payout"]["id"])

    @cached_property
    def ringing_call(self) -> str:
        wish = {"creatorId": self.host.id}
        return str(self._pay("/api/calls/request", self.guest, wish)["call"]["id"])

    @cached_property
    def accepted_call(self) -> str:
        self._post(f"/api/calls/{self.ringing_call}/accept", self.host, None, 200)
        return self.ringing_call

    @cached_property
    def active_call(self) -> str:
        for who in (self.guest, self.host):
            self._post(f"/api/calls/{self.accepted_call}/start", who, None, 200)
        return self.accepted_call

    @cached_property
    def stream(self) -> str:
        return self._open_stream({})

    @cached_property
    def ticketed_stream(self) -> str:
        return self._open_stream({"privacy": "ticketed", "ticketPrice": PRICE})

    @cached_property
    def scheduled_stream(self) -> str:
        return self._open_stream({"scheduledFor": tomorrow()})

    @cached_property
    def banned(self) -> str:
        self._post(f"/api/streams/{self.stream}/ban", self.host, {"userId": self.guest.id}, 200)
        return self.guest.id

    @cached_property
    def goal(self) -> str:
        wish = {"title": "A new microphone", "targetAmount": 500}
        return str(self._post(f"/api/streams/{self.stream}/goals", self.host, wish, 201)["id"])

    @cached_property
    def poll(self) -> Any:
        return self._post(f"/api/streams/{self.stream}/polls", self.host, POLL, 201)

    @cached_property
    def line(self) -> str:
        said = {"content": "Play it again"}
        path = f"/api/streams/{self._place.stream_id}/message"
        return str(self._post(path, self.guest, said, 201)["id"])

    @cached_property
    def viewer(self) -> Account:
        """A guest who watches the demo's stream."""
        self._post(f"/api/streams/{self._place.stream_id}/join", self.guest, None, 200)
        return self.guest

    @cached_property
    def coming_show(self) -> str:
        show = {"title": "Piano by candlelight", "showType": "performance", "ticketPrice": PRICE}
        when = {"scheduledStart": tomorrow()}
        return str(self._post("/api/shows/create", self.host, show | when, 201)["id"])

    @cached_property
    def live_show(self) -> str:
        """A show that has begun, for which the guest has a ticket."""
        path = f"/api/shows/{self.coming_show}"
        self._pay(f"{path}/purchase", self.guest, None)
        self._post(f"{path}/start", self.host, None, 200)
        return self.coming_show

    @cached_property
    def conversation(self) -> str:
        letter = {"recipientId": self.host.id, "content": "See you tonight"}
        path = "/api/messages/send"
        return str(self._post(path, self.guest, letter, 201)["conversationId"])

    @cached_property
    def blocked(self) -> str:
        self._post("/api/messages/block", self.guest, {"userId": self.host.id}, 201)
        return self.host.id

    @cached_property
    def reserved(self) -> Account:
        """A host who takes no messages from strangers; clients set that over REST."""
        answer = httpx.post(
            f"{self._place.supabase_url}/rest/v1/message_settings",
            headers={
                "apikey": self._place.publishable_key,
                "Authorization": f"Bearer {self.host.token}",
            },
            json={"accepts": "following"},
            trust_env=False,
        )
        if not answer.is_success:
            raise UnexpectedAnswerError(f"{self.host.username} takes messages: {answer.text}")
        return self.host

    @cached_property
    def request(self) -> str:
        wish = {"recipientId": self.reserved.id, "content": "May I ask you about your piano?"}
        return str(self._post("/api/messages/requests", self.guest, wish, 201)["id"])

    @cached_property
    def locked_message(self) -> str:
        letter = {"recipientId": self.guest.id, "content": "The score", "unlockPrice": PRICE}
        return str(self._post("/api/messages/send-locked", self.host, letter, 201)["id"])

    @cached_property
    def signature(self) -> str:
        """Stripe's, of the event's own body."""
        secret = self._place.webhook_secret
        return StandIn("", secret).signed(json.loads(self._event)["body"]).signature

    def _sign_up(self, name: str) -> Account:
        """At Supabase Auth itself, as clients may: the API's limit is for people."""
        username = new_username(name)
        answer = httpx.post(
            f"{self._place.supabase_url}/auth/v1/signup",
            headers={"apikey": self._place.publishable_key},
            json={
                "email": f"demo_{username}@example.com",
                "password": token_hex(16),
                "data": {"username": username},
            },
            trust_env=False,
        )
        if not answer.is_success:
            raise UnexpectedAnswerError(f"{username} could not sign up: {answer.text}")
        session = answer.json()
        return Account(session["user"]["id"], username, session["access_token"])

    def _fund(self, account: Account) -> None:
        body = {"amount": FUNDS, "reason": "Demo funds"}
        self._pay(f"/api/admin/wallets/{account.id}/adjust", self._place.admin, body)

    def _open_stream(self, more: Mapping[str, object]) -> str:
        return str(self._post("/api/streams/create", self.host, {**STREAM, **more}, 201)["id"])

    def _post(self, path: str, who: Account, body: Any, status: int) -> Any:
        return self._client.post(path, who, body).require(status).body

    def _pay(self, path: str, who: Account, body: Any) -> Any:
        return self._client.pay(path, who, body).require(201).body


PROPS: Final[Mapping[str, Callable[[_Scene], str]]] = {
    "IDEMPOTENCY_KEY": lambda _: str(uuid4()),
    "NEW_USERNAME": lambda _: new_username("new"),
    "TOMORROW": lambda _: tomorrow(),
    "STRIPE_SIGNATURE": lambda scene: scene.signature,
    "GUEST_ID": lambda scene: scene.guest.id,
    "GUEST_TOKEN": lambda scene: scene.guest.token,
    "HOST_ID": lambda scene: scene.host.id,
    "HOST_TOKEN": lambda scene: scene.host.token,
    "EARNER_TOKEN": lambda scene: scene.earner.token,
    "APPLICATION_ID": lambda scene: scene.application,
    "PAYOUT_ID": lambda scene: scene.payout,
    "RINGING_CALL_ID": lambda scene: scene.ringing_call,
    "ACCEPTED_CALL_ID": lambda scene: scene.accepted_call,
    "ACTIVE_CALL_ID": lambda scene: scene.active_call,
    "HOST_STREAM_ID": lambda scene: scene.stream,
    "TICKETED_STREAM_ID": lambda scene: scene.ticketed_stream,
    "SCHEDULED_STREAM_ID": lambda scene: scene.scheduled_stream,
    "VIEWER_TOKEN": lambda scene: scene.viewer.token,
    "BANNED_ID": lambda scene: scene.banned,
    "GOAL_ID": lambda scene: scene.goal,
    "POLL_ID": lambda scene: str(scene.poll["id"]),
    "OPTION_ID": lambda scene: str(scene.poll["options"][0]["id"]),
    "LINE_ID": lambda scene: scene.line,
    "COMING_SHOW_ID": lambda scene: scene.coming_show,
    "LIVE_SHOW_ID": lambda scene: scene.live_show,
    "CONVERSATION_ID": lambda scene: scene.conversation,
    "BLOCKED_ID": lambda scene: scene.blocked,
    "RESERVED_ID": lambda scene: scene.reserved.id,
    "REQUEST_ID": lambda scene: scene.request,
    "LOCKED_MESSAGE_ID": lambda scene: scene.locked_message,
}
"""The placeholders that stand for props."""


def new_username(name: str) -> str:
    return f"{name}_{token_hex(4)}"


def tomorrow() -> str:
    return (datetime.now(UTC) + timedelta(days=1)).isoformat(timespec="seconds")


def _webhook_secret(running: Running) -> str:
    environment = running.secrets_environment
    port = environment["PARAMETERS_SECRETS_EXTENSION_HTTP_PORT"]
    answer = httpx.get(
        f"http://{LOOPBACK}:{port}{PATH}",
        params={"secretId": f"limelight/{running.parameters['Stage']}/stripe"},
        headers={TOKEN_HEADER: environment["AWS_SESSION_TOKEN"]},
        trust_env=False,
    ).raise_for_status()
    return str(json.loads(answer.json()["SecretString"])["webhookSecret"])
