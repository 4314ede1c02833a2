"""GET /api/shows/creator."""

import pytest

from tests.integration.api import Api
from tests.integration.people import People, Person
from tests.integration.shows.acts import Announce, cancel, end, start
from tests.integration.shows.acts import announce as announce_of

MINE = "/api/shows/creator"


def test_a_creator_sees_all_their_shows_newest_first(
    api: Api, creator: Person, announce: Announce
) -> None:
    ended, cancelled, private, scheduled = (
        announce(), announce(), announce(isPrivate=True), announce(),
    )  # fmt: skip
    start(api, ended, creator)
    end(api, ended, creator)
    cancel(api, cancelled, creator)

    answer = api.get(MINE, creator.token)

    assert answer.headers["cache-control"] == "no-store"
    assert [(one["id"], one["status"], one["isPrivate"]) for one in answer.json["shows"]] == [
        (scheduled, "scheduled", False),
        (private, "scheduled", True),
        (cancelled, "cancelled", False),
        (ended, "ended", False),
    ]


def test_a_creator_sees_no_show_of_another(api: Api, people: People, show: str) -> None:
    other = people.creator()
    theirs = announce_of(api, other)

    assert [one["id"] for one in api.get(MINE, other.token).json["shows"]] == [theirs]


def test_a_creator_without_shows_sees_an_empty_page(api: Api, creator: Person) -> None:
    assert api.get(MINE, creator.token).json == {"shows": [], "nextCursor": None}


@pytest.mark.parametrize("limit", [1, 2, 5])
def test_pages_show_every_show_once(
    api: Api, creator: Person, announce: Announce, limit: int
) -> None:
    shows = [announce() for _ in range(5)]

    pages = api.pages(MINE, "shows", creator.token, limit=limit)

    assert [one["id"] for page in pages for one in page] == shows[::-1]
