"""GET /api/streams/{streamId}/token."""

import os
import time
from datetime import datetime
from typing import Any

import jwt
import pytest

from limelight.platform import media
from limelight.platform.secrets import read_secret
from tests.integration.api import Answer, Api
from tests.integration.moments import in_days, is_moment
from tests.integration.people import OpenStream, Owner, People, Person
from tests.integration.streams.conftest import Closed

TEN_MINUTES = 600


def claims(answer: Answer) -> dict[str, Any]:
    """What LiveKit reads in the token, once it has checked the signature."""
    assert answer.status == 200, answer.text
    secret = read_secret(os.environ["LIVEKIT_SECRET_ID"])
    read: dict[str, Any] = jwt.decode(
        answer.json["token"], secret["apiSecret"], algorithms=["HS256"], issuer=secret["apiKey"]
    )
    return read


def room_of(owner: Owner, stream: str) -> str:
    row = owner.execute("select room_name from streams where id = %s", (stream,)).fetchone()
    assert row is not None
    return str(row[0])


def test_a_viewer_may_see_and_hear_the_room_of_the_stream(
    api: Api, owner: Owner, fan: Person, stream: str
) -> None:
    answer = api.get(f"/api/streams/{stream}/token", fan.token)

    assert answer.headers["cache-control"] == "no-store"
    assert answer.json.keys() == {"url", "token", "expiresAt"}
    assert answer.json["url"] == "wss://media.example.com"
    read = claims(answer)
    assert (read["sub"], read["name"]) == (str(fan.id), fan.username)
    assert read["video"] == {
        "roomJoin": True,
        "room": room_of(owner, stream),
        "canSubscribe": True,
        "canPublish": False,
        "canPublishData": False,
    }


def test_a_token_opens_the_room_for_ten_minutes(api: Api, fan: Person, stream: str) -> None:
    answer = api.get(f"/api/streams/{stream}/token", fan.token)

    expires_at = answer.json["expiresAt"]
    assert is_moment(expires_at)
    assert abs(claims(answer)["exp"] - time.time() - TEN_MINUTES) < 30
    assert abs(claims(answer)["exp"] - datetime.fromisoformat(expires_at).timestamp()) < 5


def test_nobody_signs_a_token_without_the_secret(api: Api, fan: Person, stream: str) -> None:
    token = api.get(f"/api/streams/{stream}/token", fan.token).json["token"]

    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(token, "another secret of thirty-two bytes", algorithms=["HS256"])


def test_visitors_of_a_public_stream_see_and_hear_it_and_are_each_somebody_else(
    api: Api, owner: Owner, stream: str
) -> None:
    first, second = (claims(api.get(f"/api/streams/{stream}/token")) for _ in range(2))

    assert first["sub"].startswith("visitor_")
    assert first["sub"] != second["sub"]
    assert first["name"] == "Visitor"
    assert first["video"]["room"] == room_of(owner, stream)
    assert (first["video"]["canSubscribe"], first["video"]["canPublish"]) == (True, False)
    assert first["video"]["canPublishData"] is False


def test_a_fan_with_access_gets_a_token(api: Api, owner: Owner, fan: Person, admitted: str) -> None:
    read = claims(api.get(f"/api/streams/{admitted}/token", fan.token))

    assert read["video"]["room"] == room_of(owner, admitted)


def test_the_host_gets_a_viewers_token_here(api: Api, creator: Person, stream: str) -> None:
    read = claims(api.get(f"/api/streams/{stream}/token", creator.token))

    assert (read["sub"], read["video"]["canPublish"]) == (str(creator.id), False)


def test_a_fan_without_access_is_told_why(api: Api, fan: Person, closed: Closed) -> None:
    refused = api.get(f"/api/streams/{closed.stream}/token", fan.token)

    assert (refused.status, refused.code) == (closed.status, closed.code)


def test_a_viewer_who_is_banned_while_watching_gets_no_new_token(
    api: Api, people: People, fan: Person, stream: str
) -> None:
    assert api.get(f"/api/streams/{stream}/token", fan.token).status == 200
    people.ban(stream, fan)

    refused = api.get(f"/api/streams/{stream}/token", fan.token)

    assert (refused.status, refused.code) == (403, "banned")


@pytest.mark.parametrize(
    "fields", [{"privacy": "followers"}, {"privacy": "ticketed", "ticketPrice": 70}], ids=str
)
def test_a_visitor_is_asked_who_they_are_where_it_matters(
    api: Api, open_stream: OpenStream, fields: dict[str, object]
) -> None:
    refused = api.get(f"/api/streams/{open_stream(**fields)}/token")

    assert (refused.status, refused.code) == (401, "authentication_required")
    assert refused.headers["www-authenticate"] == "Bearer"


def test_only_a_live_stream_has_a_room(
    api: Api, fan: Person, creator: Person, open_stream: OpenStream
) -> None:
    scheduled, ended = open_stream(scheduledFor=in_days(1)), open_stream()
    api.post(f"/api/streams/{ended}/end", creator.token)

    refusals = [
        api.get(f"/api/streams/{one}/token", token)
        for one in (scheduled, ended)
        for token in (None, fan.token, creator.token)
    ]

    assert [(one.status, one.code) for one in refusals] == [(409, "stream_not_live")] * 6


def test_a_stream_that_one_may_not_see_does_not_say_whether_it_is_live(
    api: Api, fan: Person, open_stream: OpenStream
) -> None:
    refused = api.get(
        f"/api/streams/{open_stream(privacy='followers', scheduledFor=in_days(1))}/token", fan.token
    )

    assert (refused.status, refused.code) == (403, "follow_required")


def test_without_livekits_secret_nobody_gets_a_token(
    api: Api, fan: Person, stream: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("LIVEKIT_SECRET_ID", "limelight/no-such-secret")
        media.forget()

        refused = api.get(f"/api/streams/{stream}/token", fan.token)
    media.forget()

    assert (refused.status, refused.code) == (503, "upstream_unavailable")
    assert int(refused.headers["retry-after"]) >= 1
    assert api.get(f"/api/streams/{stream}/token", fan.token).status == 200
