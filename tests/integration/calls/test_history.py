"""GET /api/calls/history."""

import pytest

from tests.integration.api import Api
from tests.integration.clock import StoppedClock
from tests.integration.people import Fund, Owner, People, Person
from tests.integration.telephone import Telephone, take_calls

PATH = "/api/calls/history"


@pytest.fixture
def three(clock: StoppedClock, line: Telephone) -> list[str]:
    """The ids of three calls of the line, newest first: one billed, one cancelled, one open."""
    billed = line.active()
    clock.advance(minutes=7)
    line.act(billed, "end", line.fan)
    cancelled = line.pending()
    clock.advance(minutes=1)
    line.act(cancelled, "cancel", line.fan)
    return [line.pending(), cancelled, billed]


def test_who_never_called_has_no_history(api: Api, fan: Person) -> None:
    shown = api.get(PATH, fan.token)

    assert (shown.status, shown.json) == (200, {"calls": [], "nextCursor": None})
    assert shown.headers["cache-control"] == "no-store"


def test_both_sides_see_their_calls_newest_first(
    api: Api, line: Telephone, three: list[str]
) -> None:
    seen = [api.get(PATH, who.token).json["calls"] for who in (line.fan, line.creator)]

    assert [one["id"] for one in seen[0]] == three
    assert [one["status"] for one in seen[0]] == ["pending", "cancelled", "completed"]
    assert [one["charged"] for one in seen[0]] == [0, 0, 70]
    assert seen[0] == seen[1]
    assert seen[0] == [line.get(call) for call in three]


def test_somebody_elses_calls_are_not_among_them(
    api: Api, people: People, three: list[str]
) -> None:
    assert api.get(PATH, people.creator().token).json["calls"] == []


def test_a_creator_who_also_calls_sees_both_kinds_in_one_order(
    api: Api, owner: Owner, people: People, clock: StoppedClock, line: Telephone, fund: Fund
) -> None:
    other = people.creator()
    take_calls(owner, other)
    fund(line.creator, 500)
    out = Telephone(api, line.creator, other)
    calls = []
    for one in (line, out, line, out):
        calls.append(one.pending())
        one.act(calls[-1], "cancel", line.creator)
        clock.advance(seconds=1)

    pages = list(api.pages(PATH, "calls", line.creator.token, limit=3))

    assert [one["id"] for page in pages for one in page] == calls[::-1]
    assert [one["fan"]["id"] for one in pages[0]] == [
        str(one.id) for one in (line.creator, line.fan, line.creator)
    ]


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_pages_hold_every_call_once_though_all_came_at_one_moment(
    api: Api, clock: StoppedClock, line: Telephone, limit: int
) -> None:
    calls = []
    for _ in range(3):
        calls.append(line.pending())
        line.act(calls[-1], "cancel", line.fan)

    pages = list(api.pages(PATH, "calls", line.fan.token, limit=limit))

    assert sorted(one["id"] for page in pages for one in page) == sorted(calls)
    assert [len(page) for page in pages][:-1] == [limit] * (len(pages) - 1)
