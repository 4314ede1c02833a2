"""What a fuzzed request may be about: rows that are there, and that nobody will miss.

Each test makes its own, so that one may end, refund, suspend or delete whatever it hits: those who
call are never among those that it is done to.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tests.integration import payouts
from tests.integration.api import Answer, Api
from tests.integration.messages import talk
from tests.integration.people import Fund, Owner, People, Person
from tests.integration.shows.acts import announce
from tests.integration.telephone import take_calls

ROSE: Final = "00000000-0000-4000-8000-000000000001"
PACKAGE: Final = "00000000-0000-4000-9000-000000000001"

type Ids = dict[str, str]
"""By the name that a path or a body gives them."""


@dataclass(frozen=True)
class Cast:
    """Who calls, and a bystander to whom things may be done."""

    fan: Person
    creator: Person
    admin: Person
    bystander: Person

    def tokens(self) -> Mapping[str, str | None]:
        return {
            "nobody": None,
            "fan": self.fan.token,
            "creator": self.creator.token,
            "admin": self.admin.token,
        }


class Stagehand:
    """Makes what the paths of the API name."""

    def __init__(self, api: Api, owner: Owner, people: People, fund: Fund, cast: Cast) -> None:
        self._api, self._owner, self._people = api, owner, people
        self._fund, self._cast = fund, cast

    def set_up(self, path: str) -> Ids:
        """Ids for every parameter of the path, and for the bodies that go with it."""
        cast = self._cast
        self._fund(cast.fan, 10_000)
        take_calls(self._owner, cast.creator)
        ids = {
            "userId": str(cast.bystander.id),
            "username": cast.creator.username,
            "creatorId": str(cast.creator.id),
            "recipientId": str(cast.creator.id),
            "giftId": ROSE,
            "packageId": PACKAGE,
        }
        makers: dict[str, Callable[[], Ids]] = {
            "/api/streams/": self._stream,
            "/api/calls/": self._call,
            "/api/shows/": self._show,
            "/api/messages/": self._conversation,
            "/api/admin/": self._desk,
        }
        for prefix, make in makers.items():
            if path.startswith(prefix) and (
                re.search(r"\{\w+Id\}", path) or prefix == "/api/messages/"
            ):
                ids |= make()
        return ids

    def _stream(self) -> Ids:
        host, fan = self._cast.creator, self._cast.fan
        body = {"title": "Piano", "category": "music"}
        stream = self._made(self._api.post("/api/streams/create", host.token, body))["id"]
        at = f"/api/streams/{stream}"
        self._api.post(f"{at}/join", fan.token)
        goal = {"title": "A new string", "targetAmount": 100}
        poll = {"question": "What next?", "options": ["A", "B"], "durationSeconds": 600}
        line = {"content": "hello"}
        asked = self._made(self._api.post(f"{at}/polls", host.token, poll))
        return {
            "streamId": stream,
            "goalId": self._made(self._api.post(f"{at}/goals", host.token, goal))["id"],
            "pollId": asked["id"],
            "optionId": asked["options"][0]["id"],
            "messageId": self._made(self._api.post(f"{at}/message", fan.token, line))["id"],
        }

    def _call(self) -> Ids:
        body = {"creatorId": str(self._cast.creator.id)}
        asked = self._made(self._api.pay("/api/calls/request", self._cast.fan.token, body))
        return {"callId": asked["call"]["id"]}

    def _show(self) -> Ids:
        return {"showId": announce(self._api, self._cast.creator)}

    def _conversation(self) -> Ids:
        cast = self._cast
        written = self._made(talk.send(self._api, cast.fan, cast.creator))
        locked = self._made(talk.send_locked(self._api, cast.creator, cast.fan))
        stranger = self._people.fan("stranger")
        talk.accepts(self._owner, cast.fan, "following")
        body = {"recipientId": str(cast.fan.id), "content": "May I?"}
        asked = self._made(self._api.post("/api/messages/requests", stranger.token, body))
        return {
            "conversationId": written["conversationId"],
            "messageId": locked["id"],
            "requestId": asked["id"],
        }

    def _desk(self) -> Ids:
        applicant = self._people.fan("applicant")
        body = {"displayName": "Nova", "bio": "b", "whyCreator": "w", "contentType": "music"}
        filed = self._made(self._api.post("/api/creator/apply", applicant.token, body))
        self._fund(self._cast.creator, 100)
        asked = self._made(payouts.request(self._api, self._cast.creator, 100))
        return {"applicationId": filed["id"], "payoutId": asked["payout"]["id"]}

    @staticmethod
    def _made(answer: Answer) -> dict[str, Any]:
        assert answer.status == 201, answer.text
        body: dict[str, Any] = answer.json
        return body
