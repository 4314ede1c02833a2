"""GET /api/shows/upcoming."""

import pytest

from tests.integration.api import Api
from tests.integration.moments import in_days
from tests.integration.people import Owner, People, Person
from tests.integration.shows.acts import Announce, cancel, end, start
from tests.integration.shows.acts import announce as announce_of

UPCOMING = "/api/shows/upcoming"


@pytest.fixture(autouse=True)
def no_other_shows(owner: Owner) -> None:
    """The open shows of other tests are out of sight."""
    owner.execute("update shows set is_private = true where status in ('live', 'scheduled')")


def listed(api: Api, **query: object) -> list[str]:
    answer = api.get(UPCOMING, None, **query)
    assert answer.status == 200, answer.text
    return [show["id"] for show in answer.json["shows"]]


def test_live_shows_come_first_and_then_the_soonest(
    api: Api, people: People, announce: Announce, creator: Person
) -> None:
    late, soon, latest = (announce(scheduledStart=in_days(days)) for days in (3, 1, 5))
    live = [announce(scheduledStart=in_days(days)) for days in (9, 7)]
    for show in live:
        start(api, show, creator)

    assert listed(api) == [live[1], live[0], soon, late, latest]


def test_a_show_is_listed_in_its_public_shape(api: Api, show: str) -> None:
    (shown,) = api.get(UPCOMING).json["shows"]

    assert shown["id"] == show
    assert shown.keys() == {
        "id", "creator", "title", "description", "showType", "ticketPrice", "maxTickets",
        "ticketsSold", "ticketsRemaining", "scheduledStart", "durationMinutes", "coverImageUrl",
        "trailerUrl", "isPrivate", "tags", "status", "startedAt", "endedAt", "cancelledAt",
        "cancelReason", "createdAt",
    }  # fmt: skip


def test_the_list_may_be_cached_for_a_moment_by_anybody(api: Api, show: str) -> None:
    assert api.get(UPCOMING).headers["cache-control"] == "public, max-age=3"


def test_private_ended_and_cancelled_shows_are_not_listed(
    api: Api, announce: Announce, creator: Person
) -> None:
    shown, ended, cancelled = announce(), announce(), announce()
    announce(isPrivate=True)
    start(api, ended, creator)
    end(api, ended, creator)
    cancel(api, cancelled, creator)

    assert listed(api) == [shown]


def test_not_even_their_creator_finds_private_shows_here(
    api: Api, announce: Announce, creator: Person
) -> None:
    announce(isPrivate=True)

    assert api.get(UPCOMING, creator.token).json["shows"] == []


def test_the_shows_of_a_suspended_creator_are_hidden(
    api: Api, people: People, show: str, creator: Person
) -> None:
    people.suspend(creator)

    assert listed(api) == []


def test_a_show_that_is_late_is_still_upcoming(api: Api, owner: Owner, show: str) -> None:
    owner.execute(
        "update shows set scheduled_start = now() - interval '20 minutes' where id = %s", (show,)
    )

    assert listed(api) == [show]


def test_the_list_can_be_of_one_creator_or_one_type_or_both(
    api: Api, people: People, creator: Person, announce: Announce
) -> None:
    other = people.creator()
    mine = announce(showType="qna")
    announce(showType="workshop")
    theirs = announce_of(api, other, showType="qna")

    assert listed(api, creatorId=other.id) == [theirs]
    assert listed(api, showType="qna") == [mine, theirs]
    assert listed(api, creatorId=creator.id, showType="qna") == [mine]
    assert listed(api, creatorId=other.id, showType="workshop") == []


@pytest.mark.parametrize(
    ("name", "value"), [("creatorId", "nova"), ("creatorId", ""), ("showType", "concert")]
)
def test_a_filter_that_is_none_is_refused(api: Api, name: str, value: str) -> None:
    refused = api.get(UPCOMING, **{name: value})

    assert (refused.status, refused.code) == (422, "validation_failed")
    assert [fault["parameter"] for fault in refused.json["errors"]] == [name]


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("filters", [{}, {"showType": "performance"}], ids=["all", "by type"])
def test_pages_show_every_show_once_also_those_that_start_together(
    api: Api, creator: Person, announce: Announce, limit: int, filters: dict[str, str]
) -> None:
    together = in_days(1)
    shows = {announce(scheduledStart=together) for _ in range(4)}
    live = announce(scheduledStart=together)
    start(api, live, creator)

    pages = list(api.pages(UPCOMING, "shows", limit=limit, **filters))

    seen = [show["id"] for page in pages for show in page]
    assert seen[0] == live
    assert sorted(seen) == sorted({*shows, live})
    assert {len(page) for page in pages[:-1]} <= {limit}


def test_a_show_that_goes_live_between_two_pages_is_not_shown_again(
    api: Api, creator: Person, announce: Announce
) -> None:
    first, second, third = (announce(scheduledStart=in_days(days)) for days in (1, 2, 3))
    page = api.get(UPCOMING, limit=1).json
    start(api, first, creator)

    rest = api.get(UPCOMING, cursor=page["nextCursor"]).json

    assert [show["id"] for show in page["shows"]] == [first]
    assert [show["id"] for show in rest["shows"]] == [second, third]
