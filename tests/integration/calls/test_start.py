"""POST /api/calls/{callId}/start."""

import pytest

from local.services.backing import Backing
from tests.integration.api import Api
from tests.integration.clock import StoppedClock
from tests.integration.ledger import nothing_moves
from tests.integration.people import Owner, People
from tests.integration.sandbox import outage
from tests.integration.telephone import Telephone, nobody, told, wallet


@pytest.mark.parametrize("first", ["fan", "creator"])
def test_the_first_to_join_waits_and_the_second_starts_the_clock(
    clock: StoppedClock, line: Telephone, first: str
) -> None:
    call = line.accepted()
    one, other = (line.fan, line.creator) if first == "fan" else (line.creator, line.fan)

    waiting = line.act(call, "start", one)
    clock.advance(minutes=3)
    started = line.act(call, "start", other)

    assert (waiting.status, waiting.json["status"]) == (200, "accepted")
    assert waiting.json["startedAt"] is None
    assert [bool(waiting.json[f"{side}JoinedAt"]) for side in ("fan", "creator")] == [
        first == "fan", first == "creator",
    ]  # fmt: skip
    assert (started.status, started.json["status"]) == (200, "active")
    second = "creator" if first == "fan" else "fan"
    assert started.json["startedAt"] == started.json[f"{second}JoinedAt"]
    assert started.json[f"{first}JoinedAt"] == waiting.json[f"{first}JoinedAt"]


def test_one_party_alone_never_starts_it(clock: StoppedClock, line: Telephone) -> None:
    call = line.accepted()

    for _ in range(3):
        alone = line.act(call, "start", line.fan)
        clock.advance(minutes=1)

    assert alone.json["status"] == "accepted"
    assert alone.json["expiresAt"] == line.get(call)["expiresAt"]


def test_the_first_time_counts_of_joining_and_of_starting(
    owner: Owner, clock: StoppedClock, line: Telephone
) -> None:
    call = line.active()
    first = line.get(call)
    clock.advance(minutes=2)

    with nothing_moves(owner):
        again = [line.act(call, "start", who) for who in (line.fan, line.creator)]

    assert [(one.status, one.json) for one in again] == [(200, first)] * 2


def test_a_party_that_joins_twice_tells_nobody_again(owner: Owner, line: Telephone) -> None:
    call = line.accepted()
    line.act(call, "start", line.fan)
    heard = told(owner, line.creator)

    line.act(call, "start", line.fan)

    assert told(owner, line.creator) == heard
    assert (heard[-1]["fanJoined"], heard[-1]["creatorJoined"]) == (True, False)


def test_a_start_moves_no_coins(api: Api, line: Telephone) -> None:
    line.active()

    assert wallet(api, line.fan) == (1000, 50)
    assert wallet(api, line.creator) == (0, 0)


@pytest.mark.parametrize(("seconds", "status"), [(1799, 200), (1800, 409)])
def test_half_an_hour_after_the_accept_it_is_too_late(
    clock: StoppedClock, line: Telephone, seconds: int, status: int
) -> None:
    call = line.accepted()
    clock.advance(seconds=seconds)

    answers = [line.act(call, "start", who) for who in (line.fan, line.creator)]

    assert [one.status for one in answers] == [status] * 2
    if status == 409:
        assert {one.code for one in answers} == {"call_expired"}


def test_a_pending_call_does_not_start(owner: Owner, line: Telephone) -> None:
    call = line.pending()

    with nothing_moves(owner):
        refusals = [line.act(call, "start", who) for who in (line.fan, line.creator)]

    assert [(one.status, one.code) for one in refusals] == [(409, "call_state")] * 2


def test_who_has_blocked_the_other_since_is_not_put_through(
    owner: Owner, people: People, line: Telephone
) -> None:
    call = line.accepted()
    people.block(line.fan, line.creator)

    with nothing_moves(owner):
        refused = line.act(call, "start", line.fan)

    assert (refused.status, refused.code) == (403, "blocked")


def test_nobody_else_joins_or_learns_of_it(owner: Owner, people: People, line: Telephone) -> None:
    call = line.accepted()
    strangers = [people.fan(), people.creator()]

    with nothing_moves(owner):
        refusals = [line.act(call, "start", one) for one in strangers]
        refusals.append(line.act(nobody(), "start", line.fan))

    assert [(one.status, one.code) for one in refusals] == [(404, "not_found")] * 3


def test_both_who_join_at_once_start_one_call(
    api: Api, owner: Owner, line: Telephone, crowd: None
) -> None:
    call = line.accepted()

    answers = api.at_once([line.post(call, "start", who) for who in (line.fan, line.creator)] * 5)

    assert {one.status for one in answers} == {200}
    started = {one.json["startedAt"] for one in answers if one.json["status"] == "active"}
    assert started == {line.get(call)["startedAt"]}
    assert [one["status"] for one in told(owner, line.fan)].count("active") == 1


def test_a_start_that_finds_no_database_is_an_outage(backing: Backing, line: Telephone) -> None:
    call = line.accepted()

    with outage(backing, database=True, supabase=False, keys=False):
        lost = line.act(call, "start", line.fan)

    assert (lost.status, lost.code) == (503, "upstream_unavailable")
    assert line.act(call, "start", line.fan).status == 200
