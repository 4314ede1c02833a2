"""Demo data, made as people would make it: over HTTP on the deployed API.

Only the first admin is made by the database's owner. Running it again signs the same people in and
goes on with the same stream and show.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import httpx

from local.demo.admins import promote
from local.demo.client import Account, Client
from local.services.backing import Backing
from local.web.server import DemoAccount

PASSWORD = "limelight demo"  # noqa: S105 - of accounts on this machine, printed for all to use
FUNDS = 500
STAR, FIRE = ("00000000-0000-4000-8000-000000000003", "00000000-0000-4000-8000-000000000004")
NAMES = {"demo_admin": "Ada", "demo_nova": "Nova", "demo_robin": "Robin", "demo_sam": "Sam"}
STREAM = {
    "title": "Late-night piano",
    "description": "Requests welcome",
    "category": "music",
    "tags": ["piano", "chill"],
}
GOAL = {"title": "A new metronome", "targetAmount": 200, "rewardText": "The whole of Satie"}
TALK = ("Good evening from Lisbon!", "Anything by Chopin?")
SHOW = {
    "title": "Piano by candlelight",
    "description": "An hour of nocturnes, and requests at the end",
    "showType": "performance",
    "ticketPrice": 30,
    "maxTickets": 200,
    "tags": ["piano", "classical"],
}


@dataclass(frozen=True, slots=True)
class Demo:
    """The people, the stream and the show that there are to play with."""

    admin: Account
    creator: Account
    fans: tuple[Account, Account]
    stream_id: str
    show_id: str

    def accounts(self) -> list[tuple[str, Account]]:
        fans = [("fan", fan) for fan in self.fans]
        return [("admin", self.admin), ("creator", self.creator), *fans]

    def console_accounts(self) -> list[DemoAccount]:
        """Those that the console signs in as with one click."""
        return [
            DemoAccount(who, NAMES[account.username], email_of(account.username), PASSWORD)
            for who, account in self.accounts()
        ]

    def values(self) -> dict[str, str]:
        """What the placeholders in `events/` stand for."""
        fan, second = self.fans
        return {
            "ADMIN_TOKEN": self.admin.token,
            "CREATOR_TOKEN": self.creator.token,
            "CREATOR_ID": self.creator.id,
            "FAN_TOKEN": fan.token,
            "SECOND_FAN_TOKEN": second.token,
            "FAN_ID": fan.id,
            "SECOND_FAN_ID": second.id,
            "STREAM_ID": self.stream_id,
            "SHOW_ID": self.show_id,
        }


def make_demo(backing: Backing, client: Client) -> Demo:
    """Make what is missing of the demo.

    Raises:
        UnexpectedAnswerError: the API refused a step.
    """
    admin = _sign_in(backing, client, "demo_admin")
    promote(backing.direct_url, admin.id)
    creator = _sign_in(backing, client, "demo_nova")
    _become_creator(client, creator, admin)
    fans = (
        _sign_in(backing, client, "demo_robin"),
        _sign_in(backing, client, "demo_sam"),
    )
    for fan in fans:
        _fund(client, fan, admin)
    stream_id, is_new = _go_live(client, creator)
    for fan, gift, quantity, line in zip(fans, (STAR, FIRE), (3, 2), TALK, strict=True):
        client.post(f"/api/streams/{stream_id}/join", fan).require(200)
        if is_new:
            client.post(f"/api/streams/{stream_id}/message", fan, {"content": line}).require(201)
        # One key for one stream: another run replays the gift instead of sending it again.
        body = {"giftId": gift, "quantity": quantity}
        client.pay(f"/api/streams/{stream_id}/gift", fan, body, f"demo-{stream_id}").require(201)
    return Demo(admin, creator, fans, stream_id, _announce(client, creator))


def keep_live(backing: Backing, client: Client, demo: Demo) -> None:
    """Be heard of as the host: a silent stream is ended by the sweep, a demo's too."""
    creator = replace(demo.creator, token=_token(backing, demo.creator.username) or "")
    client.post(f"/api/streams/{demo.stream_id}/heartbeat", creator)


def email_of(username: str) -> str:
    return f"{username}@example.com"


def _sign_in(backing: Backing, client: Client, username: str) -> Account:
    token = _token(backing, username)
    if token is None:
        account = {"username": username, "displayName": NAMES[username]}
        secret = {"email": email_of(username), "password": PASSWORD}
        client.post("/api/auth/signup", body=account | secret).require(201)
        token = _token(backing, username) or ""
    me = client.get("/api/user/me", Account("", username, token)).require(200)
    return Account(me["id"], username, token)


def _token(backing: Backing, username: str) -> str | None:
    """A fresh token from Supabase Auth; None when there is no such account yet."""
    answer = httpx.post(
        f"{backing.supabase_url}/auth/v1/token?grant_type=password",
        headers={"apikey": backing.publishable_key},
        json={"email": email_of(username), "password": PASSWORD},
        trust_env=False,
    )
    return str(answer.json()["access_token"]) if answer.is_success else None


def _become_creator(client: Client, creator: Account, admin: Account) -> None:
    if client.get("/api/user/me", creator).require(200)["role"] == "creator":
        return
    application = client.post(
        "/api/creator/apply",
        creator,
        {
            "displayName": "Nova",
            "bio": "Pianist",
            "whyCreator": "I play every night and people ask for more",
            "contentType": "music",
        },
    ).require(201)
    client.post(f"/api/admin/applications/{application['id']}/approve", admin).require(200)
    client.patch("/api/creator/settings", creator, {"isAvailableForCalls": True}).require(200)


def _fund(client: Client, fan: Account, admin: Account) -> None:
    balance = client.get("/api/wallet/balance", fan).require(200)["availableBalance"]
    if balance < FUNDS // 2:
        body = {"amount": FUNDS - balance, "reason": "Demo funds"}
        client.pay(f"/api/admin/wallets/{fan.id}/adjust", admin, body).require(201)


def _go_live(client: Client, creator: Account) -> tuple[str, bool]:
    """The creator's live stream, and whether it has just begun."""
    answer = client.post("/api/streams/create", creator, STREAM)
    if answer.status == httpx.codes.CONFLICT:
        stream_id = str(answer["streamId"])
        client.post(f"/api/streams/{stream_id}/heartbeat", creator).require(200)
        return stream_id, False
    stream_id = str(answer.require(201)["id"])
    client.post(f"/api/streams/{stream_id}/goals", creator, GOAL).require(201)
    return stream_id, True


def _announce(client: Client, creator: Account) -> str:
    shows = client.get("/api/shows/creator", creator).require(200)["shows"]
    for show in shows:
        if show["status"] == "scheduled":
            return str(show["id"])
    start = (datetime.now(UTC) + timedelta(days=7)).isoformat()
    body = SHOW | {"scheduledStart": start}
    return str(client.post("/api/shows/create", creator, body).require(201)["id"])
