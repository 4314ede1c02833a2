"""GET /api/calls/pending."""

from datetime import datetime

import pytest

from tests.integration.api import Api
from tests.integration.clock import StoppedClock
from tests.integration.people import Fund, Owner, People, Person
from tests.integration.telephone import Telephone, callers, take_calls

PATH = "/api/calls/pending"


def test_who_was_called_by_nobody_has_none(api: Api, creator: Person) -> None:
    shown = api.get(PATH, creator.token)

    assert (shown.status, shown.json) == (200, {"calls": [], "nextCursor": None})
    assert shown.headers["cache-control"] == "no-store"


def test_a_pending_call_says_how_long_it_will_wait_by_the_servers_clock(
    api: Api, clock: StoppedClock, line: Telephone
) -> None:
    call = line.pending(8)
    clock.advance(seconds=28)

    (shown,) = api.get(PATH, line.creator.token).json["calls"]

    assert shown.pop("remainingSeconds") == 272
    assert shown == line.get(call)
    until = datetime.fromisoformat(shown["expiresAt"])
    assert (until - clock.now).total_seconds() == 272


@pytest.mark.parametrize(
    ("milliseconds", "remaining"), [(0, 300), (1, 300), (1_000, 299), (299_001, 1), (300_000, None)]
)
def test_a_call_is_shown_until_its_last_moment_and_never_with_nothing_left(
    api: Api, clock: StoppedClock, line: Telephone, milliseconds: int, remaining: int | None
) -> None:
    line.pending()
    clock.advance(milliseconds=milliseconds)

    shown = api.get(PATH, line.creator.token).json["calls"]

    assert [one["remainingSeconds"] for one in shown] == ([] if remaining is None else [remaining])


def test_the_call_that_waits_longest_comes_first(
    api: Api, people: People, clock: StoppedClock, line: Telephone, fund: Fund
) -> None:
    calls = []
    for one in callers(people, line, fund, 3):
        calls.append(one.pending())
        clock.advance(seconds=10)

    shown = api.get(PATH, line.creator.token).json["calls"]

    assert [one["id"] for one in shown] == calls
    assert [one["remainingSeconds"] for one in shown] == [270, 280, 290]


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_pages_hold_every_call_once_though_all_came_at_one_moment(
    api: Api, people: People, clock: StoppedClock, line: Telephone, fund: Fund, limit: int
) -> None:
    calls = [one.pending() for one in callers(people, line, fund, 3)]

    pages = list(api.pages(PATH, "calls", line.creator.token, limit=limit))

    assert sorted(one["id"] for page in pages for one in page) == sorted(calls)
    assert [len(page) for page in pages][:-1] == [limit] * (len(pages) - 1)


@pytest.mark.parametrize("status", ["accepted", "active"])
def test_only_pending_calls_are_shown(api: Api, line: Telephone, status: str) -> None:
    getattr(line, status)()

    assert api.get(PATH, line.creator.token).json["calls"] == []


def test_a_creators_own_requests_and_others_calls_are_not_among_them(
    api: Api, owner: Owner, people: People, line: Telephone, fund: Fund
) -> None:
    other = people.creator()
    take_calls(owner, other)
    fund(line.creator, 50)
    Telephone(api, line.creator, other).pending()

    assert api.get(PATH, line.creator.token).json["calls"] == []
    assert len(api.get(PATH, other.token).json["calls"]) == 1
