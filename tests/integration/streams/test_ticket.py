"""GET /api/streams/{streamId}/ticket."""

from uuid import uuid4

import pytest

from tests.integration.api import Answer, Api
from tests.integration.moments import in_days
from tests.integration.people import OpenStream, People, Person

TICKETED = {"privacy": "ticketed", "ticketPrice": 70}


def ask(api: Api, stream: str, person: Person) -> Answer:
    return api.get(f"/api/streams/{stream}/ticket", person.token)


@pytest.mark.parametrize("fields", [{}, {"scheduledFor": in_days(1)}], ids=["live", "scheduled"])
def test_who_has_a_ticket_is_told_so_and_who_has_none_is_told_the_price(
    api: Api, people: People, fan: Person, open_stream: OpenStream, fields: dict[str, object]
) -> None:
    stream = open_stream(**TICKETED, **fields)
    before = ask(api, stream, fan)
    people.sell_ticket(stream, fan)

    after = ask(api, stream, fan)

    assert (before.status, before.json) == (200, {"hasTicket": False, "ticketPrice": 70})
    assert (after.status, after.json) == (200, {"hasTicket": True, "ticketPrice": 70})
    assert after.headers["cache-control"] == "no-store"


def test_a_ticket_is_its_buyers_alone(
    api: Api, people: People, fan: Person, creator: Person, open_stream: OpenStream
) -> None:
    stream = open_stream(**TICKETED)
    people.sell_ticket(stream, fan)

    others = [ask(api, stream, one).json["hasTicket"] for one in (people.fan(), creator)]

    assert others == [False, False]


def test_a_ticket_is_for_one_stream(
    api: Api, people: People, fan: Person, open_stream: OpenStream
) -> None:
    tonight, tomorrow = open_stream(**TICKETED), open_stream(**TICKETED, scheduledFor=in_days(1))
    people.sell_ticket(tonight, fan)

    assert ask(api, tomorrow, fan).json["hasTicket"] is False


def test_a_ticket_is_still_there_when_the_stream_is_over(
    api: Api, people: People, fan: Person, creator: Person, open_stream: OpenStream
) -> None:
    stream = open_stream(**TICKETED)
    people.sell_ticket(stream, fan)
    api.post(f"/api/streams/{stream}/end", creator.token)

    assert ask(api, stream, fan).json == {"hasTicket": True, "ticketPrice": 70}


@pytest.mark.parametrize("privacy", ["public", "followers"])
def test_a_stream_without_tickets_has_no_price(
    api: Api, fan: Person, open_stream: OpenStream, privacy: str
) -> None:
    answer = ask(api, open_stream(privacy=privacy), fan)

    assert (answer.status, answer.json) == (200, {"hasTicket": False, "ticketPrice": None})


def test_who_was_banned_can_see_that_they_paid(
    api: Api, people: People, fan: Person, open_stream: OpenStream
) -> None:
    stream = open_stream(**TICKETED)
    people.sell_ticket(stream, fan)
    people.ban(stream, fan)

    assert ask(api, stream, fan).json["hasTicket"] is True


def test_a_stream_that_is_not_there_has_no_tickets(
    api: Api, people: People, fan: Person, creator: Person, open_stream: OpenStream
) -> None:
    stream = open_stream(**TICKETED)
    people.suspend(creator)

    for missing in (stream, str(uuid4())):
        refused = ask(api, missing, fan)
        assert (refused.status, refused.code) == (404, "not_found")
