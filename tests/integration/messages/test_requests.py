"""GET /api/messages/requests."""

from tests.integration.api import Api
from tests.integration.messages.talk import accepts
from tests.integration.messages.test_request import ask
from tests.integration.people import Owner, People, Person

PATH = "/api/messages/requests"


def test_requests_come_newest_first_page_by_page(
    api: Api, owner: Owner, people: People, creator: Person
) -> None:
    accepts(owner, creator, "following")
    fans = [people.fan() for _ in range(5)]
    for one in fans:
        ask(api, one, creator)

    pages = list(api.pages(PATH, "requests", creator.token, limit=2))

    assert [len(page) for page in pages] == [2, 2, 1]
    assert [one["sender"]["id"] for page in pages for one in page] == [
        str(one.id) for one in reversed(fans)
    ]


def test_only_the_recipient_sees_a_request(
    api: Api, owner: Owner, fan: Person, creator: Person
) -> None:
    accepts(owner, creator, "following")
    ask(api, fan, creator)

    assert api.get(PATH, fan.token).json["requests"] == []


def test_who_is_blocked_or_suspended_waits_unseen(
    api: Api, owner: Owner, people: People, creator: Person
) -> None:
    accepts(owner, creator, "following")
    blocked, suspended = people.fan(), people.fan()
    for one in (blocked, suspended):
        ask(api, one, creator)
    people.block(creator, blocked)
    people.suspend(suspended)

    assert api.get(PATH, creator.token).json["requests"] == []
