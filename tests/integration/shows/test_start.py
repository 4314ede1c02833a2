"""POST /api/shows/{showId}/start."""

from uuid import uuid4

import pytest

from tests.integration.api import Api, Post
from tests.integration.clock import Clock
from tests.integration.ledger import nothing_moves
from tests.integration.moments import just_now
from tests.integration.people import Owner, People, Person
from tests.integration.shows.acts import cancel, detail, end, escrow_of, start, ticket


def test_a_scheduled_show_goes_live_and_its_coins_stay_in_escrow(
    api: Api, owner: Owner, creator: Person, show: str, buyers: list[Person]
) -> None:
    ticket(api, show, buyers[0])

    started = start(api, show, creator)

    assert started.status == 200
    assert (started.json["id"], started.json["status"]) == (show, "live")
    assert just_now(started.json["startedAt"])
    assert started.json["endedAt"] is None
    assert escrow_of(owner, show) == 30


def test_starting_again_leaves_the_first_start(
    api: Api, creator: Person, show: str, clock: Clock
) -> None:
    first = start(api, show, creator).json
    clock.advance(minutes=5)

    again = start(api, show, creator)

    assert (again.status, again.json) == (200, first)


def test_starting_many_times_at_once_is_one_start(
    api: Api, creator: Person, show: str, crowd: None
) -> None:
    answers = api.at_once([Post(f"/api/shows/{show}/start", creator.token) for _ in range(8)])

    assert {(one.status, one.json["startedAt"]) for one in answers} == {
        (200, detail(api, show)["startedAt"])
    }


@pytest.mark.parametrize("status", ["ended", "cancelled"])
def test_what_is_over_does_not_start_again(
    api: Api, owner: Owner, creator: Person, show: str, status: str
) -> None:
    if status == "ended":
        start(api, show, creator)
        end(api, show, creator)
    else:
        cancel(api, show, creator)

    with nothing_moves(owner):
        refused = start(api, show, creator)

    assert (refused.status, refused.code) == (409, "show_not_scheduled")
    assert refused.json["showStatus"] == status


def test_only_its_owner_starts_a_show(
    api: Api, people: People, admin: Person, show: str, buyers: list[Person]
) -> None:
    ticket(api, show, buyers[0])

    refusals = [start(api, show, one) for one in (*buyers[:2], people.creator(), admin)]

    assert [(one.status, one.code) for one in refusals] == [(403, "not_owner")] * 4
    assert detail(api, show)["status"] == "scheduled"


def test_a_show_that_never_was_does_not_start(api: Api, creator: Person) -> None:
    assert start(api, str(uuid4()), creator).code == "not_found"
