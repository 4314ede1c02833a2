"""GET /api/calls/{callId}/token."""

from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest

from local.services.backing import Backing
from tests.integration.api import Answer, Api
from tests.integration.clock import StoppedClock
from tests.integration.people import People, Person
from tests.integration.sandbox import outage
from tests.integration.telephone import Telephone, nobody


def ask(api: Api, call: str, who: Person) -> Answer:
    return api.get(f"/api/calls/{call}/token", who.token)


def read(backing: Backing, answer: Answer) -> dict[str, Any]:
    """What a token says, signed as LiveKit expects."""
    secret = backing.secret_values[f"limelight/{backing.stage}/livekit"]
    claims: dict[str, Any] = jwt.decode(
        answer.json["token"], secret["apiSecret"], algorithms=["HS256"], issuer=secret["apiKey"]
    )
    return claims


@pytest.mark.parametrize("side", ["fan", "creator"])
@pytest.mark.parametrize("status", ["accepted", "active"])
def test_a_party_may_see_hear_speak_and_send_data_in_the_calls_own_room(
    api: Api, people: People, backing: Backing, line: Telephone, status: str, side: str
) -> None:
    call = getattr(line, status)()
    who = getattr(line, side)

    answer = ask(api, call, who)

    assert answer.status == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json.keys() == {"url", "token", "expiresAt"}
    assert answer.json["url"] == "wss://media.example.com"
    claims = read(backing, answer)
    room = people.row("select room_name from public.calls where id = %(call)s", {"call": call})
    assert claims["sub"] == str(who.id)
    assert claims["video"]["room"] == room["room_name"]
    grants = ("roomJoin", "canPublish", "canSubscribe", "canPublishData")
    assert [claims["video"][grant] for grant in grants] == [True] * 4
    assert not claims["video"].get("roomAdmin")


def test_a_token_opens_the_room_for_minutes_not_for_ever(
    api: Api, backing: Backing, line: Telephone
) -> None:
    answer = ask(api, line.accepted(), line.fan)

    until = datetime.fromtimestamp(read(backing, answer)["exp"], UTC)
    assert until - datetime.now(UTC) <= timedelta(minutes=10)
    assert abs(datetime.fromisoformat(answer.json["expiresAt"]) - until) < timedelta(seconds=5)


def test_both_get_tokens_of_their_own_into_one_room(
    api: Api, backing: Backing, line: Telephone
) -> None:
    call = line.accepted()

    claims = [read(backing, ask(api, call, who)) for who in (line.fan, line.creator)]

    assert claims[0]["video"]["room"] == claims[1]["video"]["room"]
    assert claims[0]["sub"] != claims[1]["sub"]


def test_two_calls_have_two_rooms(api: Api, backing: Backing, line: Telephone) -> None:
    rooms = set()
    for _ in range(2):
        call = line.accepted()
        rooms.add(read(backing, ask(api, call, line.fan))["video"]["room"])
        line.act(call, "end", line.fan)

    assert len(rooms) == 2


def test_there_is_no_token_before_the_creator_accepts(api: Api, line: Telephone) -> None:
    refused = ask(api, line.pending(), line.fan)

    assert (refused.status, refused.code) == (409, "call_state")
    assert refused.json["callStatus"] == "pending"


@pytest.mark.parametrize(("action", "status"), [("cancel", "cancelled"), ("end", "completed")])
def test_there_is_no_token_once_the_call_is_over(
    api: Api, line: Telephone, action: str, status: str
) -> None:
    call = line.active() if action == "end" else line.accepted()
    line.act(call, action, line.creator)

    refusals = [ask(api, call, who) for who in (line.fan, line.creator)]

    assert [(one.status, one.code) for one in refusals] == [(409, "call_state")] * 2
    assert {one.json["callStatus"] for one in refusals} == {status}


@pytest.mark.parametrize(("status", "minutes"), [("accepted", 30), ("active", 240)])
def test_there_is_no_token_for_an_overdue_call_that_no_sweep_has_seen(
    api: Api, clock: StoppedClock, line: Telephone, status: str, minutes: int
) -> None:
    call = getattr(line, status)()
    clock.advance(minutes=minutes, seconds=-1)
    assert ask(api, call, line.fan).status == 200
    clock.advance(seconds=1)

    refused = ask(api, call, line.fan)

    assert (refused.status, refused.code) == (409, "call_expired")


def test_who_has_blocked_the_other_since_gets_no_token(
    api: Api, people: People, line: Telephone
) -> None:
    call = line.accepted()
    people.block(line.creator, line.fan)

    refusals = [ask(api, call, who) for who in (line.fan, line.creator)]

    assert [(one.status, one.code) for one in refusals] == [(403, "blocked")] * 2


def test_nobody_else_gets_in_or_learns_of_the_call(
    api: Api, people: People, admin: Person, line: Telephone
) -> None:
    call = line.active()

    refusals = [
        *(ask(api, call, who) for who in (people.fan(), people.creator(), admin)),
        ask(api, nobody(), line.fan),
    ]

    assert [(one.status, one.code) for one in refusals] == [(404, "not_found")] * 4


def test_without_the_secret_it_is_an_outage(
    api: Api, backing: Backing, line: Telephone, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = line.accepted()

    with outage(backing, database=False, supabase=False, keys=False):
        monkeypatch.setenv("LIVEKIT_SECRET_ID", "limelight/no-such-secret")
        lost = ask(api, call, line.fan)

    assert (lost.status, lost.code) == (503, "upstream_unavailable")
    assert int(lost.headers["retry-after"]) >= 1
