"""GET /api/shows/{showId}."""

from uuid import uuid4

import pytest

from tests.integration.api import Api
from tests.integration.people import Owner, People, Person
from tests.integration.shows.acts import Announce, cancel, detail, end, remind, start, ticket


def test_anybody_sees_a_public_show(api: Api, people: People, fan: Person, show: str) -> None:
    seen = [api.get(f"/api/shows/{show}", token) for token in (None, fan.token)]

    assert [one.status for one in seen] == [200, 200]
    assert seen[0].json == seen[1].json
    assert (seen[0].json["id"], seen[0].json["ticket"]) == (show, None)
    assert seen[0].headers["cache-control"] == "no-store"


def test_a_private_show_is_seen_by_its_link(api: Api, announce: Announce) -> None:
    assert detail(api, announce(isPrivate=True))["isPrivate"] is True


def test_a_holder_sees_their_ticket_and_nobody_elses(
    api: Api, show: str, buyers: list[Person]
) -> None:
    first, second = (ticket(api, show, one) for one in buyers[:2])

    seen = [detail(api, show, one) for one in buyers]

    assert [one["ticket"] for one in seen] == [first, second, None]
    assert {one["ticketsSold"] for one in seen} == {2}


def test_who_asked_for_a_reminder_sees_that_they_did(
    api: Api, people: People, fan: Person, show: str
) -> None:
    remind(api, show, fan)

    assert detail(api, show, fan)["hasReminder"] is True
    assert detail(api, show, people.fan())["hasReminder"] is False
    assert detail(api, show)["hasReminder"] is False


def test_an_ended_show_can_still_be_seen(api: Api, creator: Person, live: str) -> None:
    end(api, live, creator)

    shown = detail(api, live)

    assert shown["status"] == "ended"
    assert shown["startedAt"] <= shown["endedAt"]


def test_a_cancelled_show_is_seen_by_its_owner_and_who_had_a_ticket(
    api: Api, people: People, creator: Person, show: str, buyers: list[Person]
) -> None:
    ticket(api, show, buyers[0])
    cancel(api, show, creator)

    for person in (creator, buyers[0]):
        shown = detail(api, show, person)
        assert (shown["status"], shown["cancelReason"]) == ("cancelled", "cancel")
        assert (shown["ticketsSold"], shown["ticketsRemaining"]) == (0, None)
    assert detail(api, show, buyers[0])["ticket"]["status"] == "refunded"
    for token in (None, buyers[1].token, people.admin().token):
        refused = api.get(f"/api/shows/{show}", token)
        assert (refused.status, refused.code) == (404, "not_found")


def test_the_show_of_a_suspended_creator_is_seen_by_its_holders_alone(
    api: Api, people: People, creator: Person, show: str, buyers: list[Person]
) -> None:
    ticket(api, show, buyers[0])
    people.suspend(creator)

    assert detail(api, show, buyers[0])["id"] == show
    for token in (None, buyers[1].token):
        assert api.get(f"/api/shows/{show}", token).code == "not_found"


@pytest.mark.parametrize("blocker", ["creator", "fan"])
def test_a_block_either_way_closes_the_show_even_to_a_holder(
    api: Api, people: People, creator: Person, show: str, buyers: list[Person], blocker: str
) -> None:
    fan = buyers[0]
    ticket(api, show, fan)
    people.block(*((creator, fan) if blocker == "creator" else (fan, creator)))

    refused = api.get(f"/api/shows/{show}", fan.token)

    assert (refused.status, refused.code) == (403, "blocked")


def test_a_show_that_never_was_is_not_found(api: Api) -> None:
    refused = api.get(f"/api/shows/{uuid4()}")

    assert (refused.status, refused.code) == (404, "not_found")


def test_the_room_of_a_live_show_is_not_shown_even_to_its_owner(
    api: Api, owner: Owner, creator: Person, show: str
) -> None:
    started = start(api, show, creator)

    row = owner.execute("select room_name from shows where id = %s", (show,)).fetchone()
    assert row is not None
    assert row[0] not in started.text
