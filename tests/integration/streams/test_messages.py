"""GET /api/streams/{streamId}/messages."""

import pytest

from tests.integration.api import Api
from tests.integration.ledger import GIFTS
from tests.integration.moments import is_moment
from tests.integration.people import Fund, OpenStream, Owner, Person
from tests.integration.streams.conftest import Closed


def say(owner: Owner, stream: str, person: Person, *lines: str) -> None:
    """Writes chat lines past the endpoint, so that a transaction can write several."""
    for line in lines:
        owner.execute(
            """
            insert into public.stream_messages (stream_id, user_id, kind, content)
            values (%s, %s, 'chat', %s)
            """,
            (stream, person.id, line),
        )


def contents(pages: list[list[dict[str, str]]]) -> list[list[str]]:
    return [[line["content"] for line in page] for page in pages]


def test_a_silent_stream_has_an_empty_chat(api: Api, stream: str) -> None:
    answer = api.get(f"/api/streams/{stream}/messages")

    assert (answer.status, answer.json) == (200, {"messages": [], "nextCursor": None})
    assert answer.headers["cache-control"] == "no-store"


def test_the_chat_shows_who_said_what_newest_first(
    api: Api, owner: Owner, fan: Person, creator: Person, stream: str
) -> None:
    say(owner, stream, fan, "hello")
    say(owner, stream, creator, "welcome é 🎹")

    newest, oldest = api.get(f"/api/streams/{stream}/messages").json["messages"]

    assert newest.keys() == {"id", "user", "kind", "content", "createdAt"}
    assert (newest["kind"], newest["content"]) == ("chat", "welcome é 🎹")
    assert newest["user"]["id"] == str(creator.id)
    assert is_moment(newest["createdAt"])
    assert oldest["content"] == "hello"
    assert oldest["user"] == {
        "id": str(fan.id), "username": fan.username, "displayName": fan.username,
        "avatarUrl": None,
    }  # fmt: skip


def test_a_gift_is_a_line_of_the_chat(api: Api, fan: Person, stream: str, fund: Fund) -> None:
    fund(fan, 10)
    api.pay(f"/api/streams/{stream}/gift", fan.token, {"giftId": GIFTS["Rose"], "quantity": 10})

    (line,) = api.get(f"/api/streams/{stream}/messages").json["messages"]

    assert (line["kind"], line["content"]) == ("gift", "sent 10 × Rose")
    assert line["user"]["id"] == str(fan.id)


def test_one_streams_chat_is_not_anothers(
    api: Api, owner: Owner, fan: Person, creator: Person, open_stream: OpenStream
) -> None:
    first = open_stream()
    api.post(f"/api/streams/{first}/end", creator.token)
    second = open_stream()
    say(owner, first, fan, "first")
    say(owner, second, fan, "second")

    (line,) = api.get(f"/api/streams/{second}/messages").json["messages"]

    assert line["content"] == "second"


def test_the_chat_of_an_ended_stream_can_be_read(
    api: Api, owner: Owner, fan: Person, creator: Person, stream: str
) -> None:
    say(owner, stream, fan, "hello")
    api.post(f"/api/streams/{stream}/end", creator.token)

    assert len(api.get(f"/api/streams/{stream}/messages", fan.token).json["messages"]) == 1


def test_a_fan_with_access_reads_the_chat(
    api: Api, owner: Owner, fan: Person, admitted: str
) -> None:
    say(owner, admitted, fan, "hello")

    newest, *_ = api.get(f"/api/streams/{admitted}/messages", fan.token).json["messages"]

    assert newest["content"] == "hello"


def test_a_fan_without_access_is_told_why(api: Api, fan: Person, closed: Closed) -> None:
    refused = api.get(f"/api/streams/{closed.stream}/messages", fan.token)

    assert (refused.status, refused.code) == (closed.status, closed.code)


@pytest.mark.parametrize(
    "privacy", [{"privacy": "followers"}, {"privacy": "ticketed", "ticketPrice": 1}], ids=len
)
def test_a_visitor_is_asked_who_they_are_where_it_matters(
    api: Api, open_stream: OpenStream, privacy: dict[str, object]
) -> None:
    refused = api.get(f"/api/streams/{open_stream(**privacy)}/messages")

    assert (refused.status, refused.code) == (401, "authentication_required")


def test_pages_follow_each_other_until_there_is_none(
    api: Api, owner: Owner, fan: Person, stream: str
) -> None:
    say(owner, stream, fan, *"abcde")

    pages = list(api.pages(f"/api/streams/{stream}/messages", "messages", limit=2))

    assert contents(pages) == [["e", "d"], ["c", "b"], ["a"]]


def test_pages_keep_their_place_while_people_talk(
    api: Api, owner: Owner, fan: Person, stream: str
) -> None:
    say(owner, stream, fan, *"abcd")
    pages = api.pages(f"/api/streams/{stream}/messages", "messages", limit=2)

    seen = [next(pages)]
    say(owner, stream, fan, *"xyz")
    seen += pages

    assert contents(seen) == [["d", "c"], ["b", "a"]]


def test_lines_of_the_same_moment_are_each_shown_once(
    api: Api, owner: Owner, fan: Person, stream: str
) -> None:
    with owner.transaction():
        say(owner, stream, fan, *"abcdefg")

    pages = list(api.pages(f"/api/streams/{stream}/messages", "messages", limit=2))

    assert sorted(line for page in contents(pages) for line in page) == list("abcdefg")
