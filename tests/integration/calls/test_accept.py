"""POST /api/calls/{callId}/accept."""

import pytest

from local.services.backing import Backing
from tests.integration.api import Api
from tests.integration.clock import StoppedClock
from tests.integration.ledger import nothing_moves
from tests.integration.people import Fund, Owner, People, Person
from tests.integration.sandbox import outage
from tests.integration.telephone import Telephone, nobody, take_calls, told, wallet


def test_the_creator_takes_a_pending_call(api: Api, clock: StoppedClock, line: Telephone) -> None:
    call = line.pending()
    clock.advance(seconds=40)

    accepted = line.act(call, "accept", line.creator)

    assert accepted.status == 200
    assert accepted.headers["cache-control"] == "no-store"
    assert accepted.json["status"] == "accepted"
    assert accepted.json["acceptedAt"] > accepted.json["requestedAt"]
    assert wallet(api, line.fan) == (1000, 50)


def test_both_are_told(owner: Owner, line: Telephone) -> None:
    line.accepted()

    for who in (line.fan, line.creator):
        assert [one["status"] for one in told(owner, who)] == ["pending", "accepted"]


def test_accepting_again_changes_nothing_and_tells_nobody(
    owner: Owner, clock: StoppedClock, line: Telephone
) -> None:
    call = line.pending()
    first = line.act(call, "accept", line.creator)
    clock.advance(minutes=10)

    with nothing_moves(owner):
        again = line.act(call, "accept", line.creator)

    assert (again.status, again.json) == (200, first.json)


def test_a_fan_has_no_say_in_it(owner: Owner, line: Telephone) -> None:
    call = line.pending()

    with nothing_moves(owner):
        refused = line.act(call, "accept", line.fan)

    assert (refused.status, refused.code) == (403, "role_required")


def test_a_creator_who_calls_does_not_accept_in_the_others_place(
    api: Api, owner: Owner, people: People, creator: Person, fund: Fund
) -> None:
    other = people.creator()
    take_calls(owner, other)
    fund(creator, 50)
    line = Telephone(api, creator, other)
    call = line.pending()

    with nothing_moves(owner):
        refused = line.act(call, "accept", creator)

    assert (refused.status, refused.code) == (403, "forbidden")


def test_a_call_of_another_creator_does_not_exist(
    owner: Owner, people: People, line: Telephone
) -> None:
    call = line.pending()
    other = people.creator()

    with nothing_moves(owner):
        refusals = [
            line.act(call, "accept", other),
            line.act(nobody(), "accept", line.creator),
        ]

    assert [(one.status, one.code) for one in refusals] == [(404, "not_found")] * 2


@pytest.mark.parametrize(("seconds", "status"), [(299, 200), (300, 409), (301, 409)])
def test_after_five_minutes_it_is_too_late_whether_or_not_the_sweep_came_by(
    owner: Owner, clock: StoppedClock, line: Telephone, seconds: int, status: int
) -> None:
    call = line.pending()
    clock.advance(seconds=seconds)

    accepted = line.act(call, "accept", line.creator)

    assert accepted.status == status
    if status == 409:
        assert accepted.code == "call_expired"
        assert line.get(call)["status"] == "pending"


@pytest.mark.parametrize("blocker", ["creator", "fan"])
def test_who_has_blocked_the_other_since_is_not_put_through(
    owner: Owner, people: People, line: Telephone, blocker: str
) -> None:
    call = line.pending()
    pair = (line.creator, line.fan)
    people.block(*(pair if blocker == "creator" else reversed(pair)))

    with nothing_moves(owner):
        refused = line.act(call, "accept", line.creator)

    assert (refused.status, refused.code) == (403, "blocked")


def test_an_accept_against_a_cancel_leaves_one_of_the_two(
    api: Api, line: Telephone, crowd: None
) -> None:
    for _ in range(8):
        call = line.pending()

        accepted, cancelled = api.at_once(
            [line.post(call, "accept", line.creator), line.post(call, "cancel", line.fan)]
        )

        assert cancelled.status == 200
        assert accepted.status in (200, 409)
        assert line.get(call)["status"] == "cancelled"
        assert wallet(api, line.fan) == (1000, 0)


def test_an_accept_that_finds_no_database_is_an_outage(backing: Backing, line: Telephone) -> None:
    call = line.pending()

    with outage(backing, database=True, supabase=False, keys=False):
        lost = line.act(call, "accept", line.creator)

    assert (lost.status, lost.code) == (503, "upstream_unavailable")
    assert line.act(call, "accept", line.creator).json["status"] == "accepted"
