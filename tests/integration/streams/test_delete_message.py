"""DELETE /api/streams/{streamId}/messages/{messageId}."""

import threading
from uuid import uuid4

import psycopg
import pytest

from local.services.backing import Backing
from tests.integration.api import UNSET, Answer, Api
from tests.integration.ledger import GIFTS, nothing_moves
from tests.integration.outbox import told
from tests.integration.people import Fund, OpenStream, Owner, People, Person
from tests.integration.streams.conftest import Closed


@pytest.fixture
def line(api: Api, fan: Person, stream: str) -> str:
    """The id of a line of the fan's in the stream."""
    said = api.post(f"/api/streams/{stream}/message", fan.token, {"content": "hello"})
    return str(said.json["id"])


def delete(api: Api, stream: str, line: str, person: Person) -> Answer:
    return api.call("DELETE", f"/api/streams/{stream}/messages/{line}", token=person.token)


def lines(api: Api, stream: str, reader: Person | None = None) -> list[str]:
    chat = api.get(f"/api/streams/{stream}/messages", reader.token if reader else None)
    return [one["id"] for one in chat.json["messages"]]


@pytest.mark.parametrize("who", ["author", "host"])
def test_a_line_can_be_taken_back_by_its_author_and_by_the_host(
    api: Api, fan: Person, creator: Person, stream: str, line: str, who: str
) -> None:
    deleted = delete(api, stream, line, fan if who == "author" else creator)

    assert deleted.status == 200
    assert deleted.headers["cache-control"] == "no-store"
    assert deleted.json == {"streamId": stream, "id": line}
    assert lines(api, stream) == []


def test_other_lines_stay(api: Api, fan: Person, stream: str, line: str) -> None:
    other = api.post(f"/api/streams/{stream}/message", fan.token, {"content": "again"}).json["id"]

    delete(api, stream, line, fan)

    assert lines(api, stream) == [other]


def test_listeners_are_told_which_line_is_gone(
    api: Api, owner: Owner, fan: Person, stream: str, line: str
) -> None:
    delete(api, stream, line, fan)

    assert told(owner, stream, "chat_deleted") == [{"id": line}]


def test_a_line_is_deleted_once(
    api: Api, owner: Owner, fan: Person, stream: str, line: str
) -> None:
    delete(api, stream, line, fan)

    again = delete(api, stream, line, fan)

    assert (again.status, again.code) == (404, "not_found")
    assert len(told(owner, stream, "chat_deleted")) == 1


def test_nobody_else_deletes_a_line(
    api: Api, people: People, admin: Person, stream: str, line: str
) -> None:
    refusals = [delete(api, stream, line, one) for one in (people.fan(), people.creator(), admin)]

    assert [(one.status, one.code) for one in refusals] == [(403, "not_author")] * 3
    assert lines(api, stream) == [line]


def test_the_author_of_one_line_deletes_no_other(
    api: Api, people: People, stream: str, line: str
) -> None:
    other = people.fan()
    api.post(f"/api/streams/{stream}/message", other.token, {"content": "mine"})

    assert delete(api, stream, line, other).code == "not_author"


def test_a_banned_author_may_still_take_their_words_back(
    api: Api, people: People, fan: Person, stream: str, line: str
) -> None:
    people.ban(stream, fan)

    assert delete(api, stream, line, fan).status == 200


def test_a_line_of_an_ended_stream_can_be_deleted(
    api: Api, fan: Person, creator: Person, stream: str, line: str
) -> None:
    api.post(f"/api/streams/{stream}/end", creator.token)

    assert delete(api, stream, line, fan).status == 200


def test_a_line_of_another_stream_is_not_found(
    api: Api, fan: Person, creator: Person, stream: str, line: str, open_stream: OpenStream
) -> None:
    api.post(f"/api/streams/{stream}/end", creator.token)
    other = open_stream()

    refusals = [delete(api, other, line, one) for one in (fan, creator)]

    assert [(one.status, one.code) for one in refusals] == [(404, "not_found")] * 2
    assert lines(api, stream) == [line]


def test_a_line_that_never_was_is_not_found(
    api: Api, fan: Person, creator: Person, stream: str
) -> None:
    refusals = [delete(api, stream, str(uuid4()), one) for one in (fan, creator)]

    assert [(one.status, one.code) for one in refusals] == [(404, "not_found")] * 2


def test_whoever_may_not_read_the_chat_learns_nothing_of_its_lines(
    api: Api, owner: Owner, people: People, fan: Person, closed: Closed
) -> None:
    row = owner.execute(
        """
        insert into stream_messages (stream_id, user_id, kind, content)
        select id, creator_id, 'chat', 'secret'
        from streams
        where id = %s
        returning id
        """,
        (closed.stream,),
    ).fetchone()
    known = str(row[0]) if row else str(uuid4())

    refusals = [delete(api, closed.stream, one, fan) for one in (known, str(uuid4()))]

    assert [(one.status, one.code) for one in refusals] == [(closed.status, closed.code)] * 2


RECEIPTS: dict[str, tuple[dict[str, object], str, object]] = {
    "gift": ({}, "gift", {"giftId": GIFTS["Fire"], "quantity": 1}),
    "tip": ({}, "tip", {"amount": 10, "message": "That was beautiful"}),
    "ticket": ({"privacy": "ticketed", "ticketPrice": 10}, "ticket", UNSET),
}
"""The stream, and what is paid for in it with ten coins."""


@pytest.mark.parametrize("what", RECEIPTS)
@pytest.mark.parametrize("who", ["giver", "host"])
def test_the_line_of_what_was_paid_is_its_receipt_and_stays(
    api: Api, owner: Owner, fan: Person, creator: Person, open_stream: OpenStream, fund: Fund,
    who: str, what: str,
) -> None:  # fmt: skip
    fields, route, body = RECEIPTS[what]
    stream = open_stream(**fields)
    fund(fan, 10)
    assert api.pay(f"/api/streams/{stream}/{route}", fan.token, body).status == 201
    (receipt,) = lines(api, stream, fan)

    with nothing_moves(owner):
        refused = delete(api, stream, receipt, fan if who == "giver" else creator)

    assert (refused.status, refused.code) == (409, "message_kept")
    assert lines(api, stream, fan) == [receipt]


def test_author_and_host_who_delete_a_line_at_once_delete_it_once(
    api: Api, owner: Owner, backing: Backing, fan: Person, creator: Person, stream: str, line: str
) -> None:
    answers: list[Answer] = []

    with psycopg.connect(backing.direct_url) as host:
        host.execute("select private.delete_line(%s, %s, %s)", (stream, line, creator.id))
        deleting = threading.Thread(target=lambda: answers.append(delete(api, stream, line, fan)))
        deleting.start()
        deleting.join(0.3)
        assert deleting.is_alive()
    deleting.join(5)

    assert [(one.status, one.code) for one in answers] == [(404, "not_found")]
    assert told(owner, stream, "chat_deleted") == [{"id": line}]
