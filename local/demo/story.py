"""The product's story, walked over HTTP against a deployed API: what `make smoke` proves."""

import contextlib
import json
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from local.demo.admins import promote
from local.demo.client import Account, Answer, Client, UnexpectedAnswerError
from local.host.progress import Progress
from local.services.backing import Backing
from local.services.limits import declared_limits

FUNDS = 100
STAR = {"giftId": "00000000-0000-4000-8000-000000000003", "quantity": 3}
FIRE = {"giftId": "00000000-0000-4000-8000-000000000004", "quantity": 2}
STARS, FIRES = 15, 20
GIFTS_A_MINUTE = declared_limits()["gift"][60]
TICKET = 30
APPLICATION = {
    "displayName": "Nova",
    "bio": "Pianist",
    "whyCreator": "I play every night and people ask for more",
    "contentType": "music",
}


class StoryError(Exception):
    """A step of the story went otherwise; the message says which, and what came."""


class Story:
    """One walk through the product; its people are new, so it can be told again and again."""

    def __init__(self, backing: Backing, client: Client, progress: Progress) -> None:
        self._backing = backing
        self._client = client
        self._progress = progress
        self._suffix = secrets.token_hex(3)

    def tell(self) -> None:
        """Walk every step in order.

        Raises:
            StoryError: at the first step that goes otherwise.
        """
        with self._step("A creator, two fans and a future admin sign up through the API"):
            creator, one, two, admin = map(self._sign_up, ("nova", "robin", "sam", "ada"))
            promote(self._backing.direct_url, admin.id)
        with self._step("An admin approves the creator's application"):
            self._approve(creator, admin)
        with self._step("The creator opens a stream, which is then listed as live"):
            stream_id = self._open_stream(creator)
        with self._step("The fans are funded by promo adjustments"):
            for fan in (one, two):
                self._fund(fan, admin)
        with self._step("The fans join"):
            self._join(stream_id, one, two)
        with self._step("The fans send gifts"):
            key = secrets.token_hex(16)
            first = self._gift(stream_id, one, STAR, key)
            self._gift(stream_id, two, FIRE, secrets.token_hex(16))
        with self._step("Balances, leaderboard, stream total and ledger rows agree"):
            self._agree(stream_id, creator, one, two)
        with self._step("The same gift resent with its key changes nothing"):
            self._resend(stream_id, one, key, first)
            self._agree(stream_id, creator, one, two)
        with self._step("The stream ends, and takes no more gifts"):
            self._end(stream_id, creator, one)
        with self._step("A show sells a ticket, ends, and pays its creator out of escrow"):
            self._perform(creator, two)
        with self._step("Another is cancelled, and its ticket comes back"):
            self._call_off(creator, two)
        with self._step("A fan who gives too often is told to slow down"):
            self._slow_down(stream_id, two)
        with self._step("The gateway refuses by itself what nobody serves, with a problem"):
            self._stray()
        with self._step("The trial balance is zero and every invariant of the ledger holds"):
            self._audit()

    @contextlib.contextmanager
    def _step(self, sentence: str) -> Iterator[None]:
        try:
            with self._progress.step(sentence):
                yield
        except UnexpectedAnswerError as error:
            raise StoryError(f"“{sentence}” failed: {error}") from error

    def _sign_up(self, name: str) -> Account:
        username = f"{name}_{self._suffix}"
        answer = self._client.post(
            "/api/auth/signup",
            body={
                "email": f"{username}@example.com",
                "password": secrets.token_urlsafe(12),
                "username": username,
                "displayName": name.capitalize(),
            },
        ).require(201)
        _same("the new account's name", answer["user"]["username"], username)
        return Account(answer["user"]["id"], username, answer["session"]["accessToken"])

    def _approve(self, creator: Account, admin: Account) -> None:
        application = self._client.post("/api/creator/apply", creator, APPLICATION).require(201)
        path = f"/api/admin/applications/{application['id']}/approve"
        approved = self._client.post(path, admin).require(200)
        _same("the application's status", approved["status"], "approved")
        self._client.post(path, admin).require(409)

    def _open_stream(self, creator: Account) -> str:
        body = {"title": "Late-night piano", "category": "music", "privacy": "public"}
        stream = self._client.post("/api/streams/create", creator, body).require(201)
        _same("the stream's status", stream["status"], "live")
        live = self._client.get("/api/streams/live").require(200)["streams"]
        if stream["id"] not in [listed["id"] for listed in live]:
            raise UnexpectedAnswerError(f"stream {stream['id']} is not among the live: {live}")
        return str(stream["id"])

    def _fund(self, fan: Account, admin: Account) -> None:
        body = {"amount": FUNDS, "reason": "Launch-week promotion"}
        adjusted = self._client.pay(f"/api/admin/wallets/{fan.id}/adjust", admin, body).require(201)
        _same("the funded balance", adjusted["balance"], FUNDS)

    def _join(self, stream_id: str, one: Account, two: Account) -> None:
        for count, fan in enumerate((one, two), start=1):
            joined = self._client.post(f"/api/streams/{stream_id}/join", fan).require(200)
            _same("the viewers", joined["currentViewers"], count)

    def _gift(self, stream_id: str, fan: Account, gift: dict[str, Any], key: str) -> Answer:
        path = f"/api/streams/{stream_id}/gift"
        return self._client.pay(path, fan, gift, key).require(201)

    def _agree(self, stream_id: str, creator: Account, one: Account, two: Account) -> None:
        given = {creator: STARS + FIRES, one: FUNDS - STARS, two: FUNDS - FIRES}
        for account, expected in given.items():
            wallet = self._client.get("/api/wallet/balance", account).require(200)
            _same(f"the balance of {account.username}", wallet["balance"], expected)
        board = self._client.get(f"/api/streams/{stream_id}/leaderboard").require(200)
        standing = [(row["user"]["id"], row["coins"]) for row in board["supporters"]]
        _same("the leaderboard", standing, [(two.id, FIRES), (one.id, STARS)])
        stream = self._client.get(f"/api/streams/{stream_id}").require(200)
        _same("the stream's total", stream["totalCoins"], STARS + FIRES)
        for fan, coins in ((one, STARS), (two, FIRES)):
            rows = self._client.get("/api/wallet/transactions", fan).require(200)["transactions"]
            entries = [(row["type"], row["amount"]) for row in rows]
            _same("the ledger rows", entries, [("gift", -coins), ("promo_credit", FUNDS)])

    def _resend(self, stream_id: str, fan: Account, key: str, first: Answer) -> None:
        again = self._gift(stream_id, fan, STAR, key)
        _same("the replayed answer", again.body, first.body)
        _same("the mark of a replay", again.replayed, True)
        path = f"/api/streams/{stream_id}/gift"
        refused = self._client.pay(path, fan, FIRE, key).require(422)
        _same("the code for a reused key", refused["code"], "idempotency_key_reused")

    def _end(self, stream_id: str, creator: Account, fan: Account) -> None:
        ended = self._client.post(f"/api/streams/{stream_id}/end", creator).require(200)
        _same("the stream's status", ended["status"], "ended")
        _same("its viewers", ended["currentViewers"], 0)
        self._client.pay(f"/api/streams/{stream_id}/gift", fan, STAR).require(409)

    def _perform(self, creator: Account, fan: Account) -> None:
        before = self._balance(creator)
        path = self._sell_ticket(creator, fan)
        self._client.post(f"{path}/join", fan).require(409)
        self._client.post(f"{path}/start", creator).require(200)
        joined = self._client.post(f"{path}/join", fan).require(200)
        _same("the ticket's number", joined["ticketNumber"], 1)
        ended = self._client.pay(f"{path}/end", creator, None).require(200)
        _same("the show's earnings", ended["earnings"], TICKET)
        _same("the creator's balance", self._balance(creator), before + TICKET)

    def _call_off(self, creator: Account, fan: Account) -> None:
        before = self._balance(fan)
        path = self._sell_ticket(creator, fan)
        cancelled = self._client.take_back(path, creator).require(200)
        _same("the refund", cancelled["coinsRefunded"], TICKET)
        _same("the fan's balance", self._balance(fan), before)

    def _sell_ticket(self, creator: Account, fan: Account) -> str:
        """Announces a show for tomorrow and sells the fan its first ticket; answers its path."""
        start = (datetime.now(UTC) + timedelta(days=1)).isoformat()
        body = {"title": "Piano by candlelight", "showType": "performance", "maxTickets": 1}
        body |= {"ticketPrice": TICKET, "scheduledStart": start}
        show = self._client.post("/api/shows/create", creator, body).require(201)
        path = f"/api/shows/{show['id']}"
        self._client.pay(f"{path}/purchase", fan, None).require(201)
        return path

    def _balance(self, account: Account) -> int:
        return int(self._client.get("/api/wallet/balance", account).require(200)["balance"])

    def _slow_down(self, stream_id: str, fan: Account) -> None:
        path = f"/api/streams/{stream_id}/gift"
        for _ in range(GIFTS_A_MINUTE):  # one of them may be too many already: gifts came before
            self._client.pay(path, fan, STAR)
        refused = self._client.pay(path, fan, STAR).require(429)
        _same("the code of a refusal", refused["code"], "rate_limited")

    def _stray(self) -> None:
        refused = self._client.get("/api/streams/of/nobody").require(404)
        _same("the gateway's media type", refused.media_type, "application/problem+json")
        _same("the gateway's code", (refused["code"], refused["status"]), ("not_found", 404))

    def _audit(self) -> None:
        with psycopg.connect(self._backing.direct_url) as owner:
            total = owner.execute("select coalesce(sum(amount), 0)::bigint from public.entries")
            _same("the sum of all entries", total.fetchone(), (0,))
            violations = owner.execute("select * from ledger.violations()").fetchall()
            _same("the ledger's violations", violations, [])


def _same(what: str, found: object, expected: object) -> None:
    if found != expected:
        raise UnexpectedAnswerError(
            f"{what}: {json.dumps(found, default=str)} instead of {json.dumps(expected)}"
        )
