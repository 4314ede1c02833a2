"""POST /api/streams/{streamId}/polls."""

import threading
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest

from local.services.backing import Backing
from tests.integration.api import Answer, Api, Post
from tests.integration.clock import Clock
from tests.integration.moments import in_days, is_moment
from tests.integration.outbox import told
from tests.integration.people import OpenStream, Owner, People, Person
from tests.integration.streams.polling import QUESTION, ask, end, shown, vote


def post(api: Api, stream: str, host: Person, **fields: object) -> Answer:
    return api.post(f"/api/streams/{stream}/polls", host.token, QUESTION | fields)


def test_a_poll_is_answered_with_itself_and_no_votes(
    api: Api, clock: Clock, creator: Person, stream: str
) -> None:
    opened = post(api, stream, creator, durationSeconds=90)

    assert opened.status == 201
    assert opened.headers["cache-control"] == "no-store"
    poll = opened.json
    assert poll.keys() == {
        "id", "streamId", "question", "options", "totalVotes", "myVote", "isOpen", "createdAt",
        "endsAt",
    }  # fmt: skip
    assert (poll["streamId"], poll["question"]) == (stream, "What next?")
    assert [(one["label"], one["votes"]) for one in poll["options"]] == [
        ("A nocturne", 0),
        ("A waltz", 0),
    ]
    assert len({UUID(one["id"]) for one in poll["options"]}) == 2
    assert (poll["totalVotes"], poll["myVote"], poll["isOpen"]) == (0, None, True)
    assert is_moment(poll["createdAt"])
    assert is_moment(poll["endsAt"])
    begins, ends = (datetime.fromisoformat(poll[one]) for one in ("createdAt", "endsAt"))
    assert ends - begins == timedelta(seconds=90)
    assert abs(clock.now - begins) < timedelta(minutes=1)


def test_listeners_are_told_of_a_new_poll(
    api: Api, owner: Owner, creator: Person, stream: str
) -> None:
    poll = ask(api, stream, creator)

    del poll["myVote"]
    assert told(owner, stream, "poll") == [poll]


@pytest.mark.parametrize("options", [["a", "b"], ["d", "c", "b", "a"], ["x" * 100, "é"]], ids=len)
def test_a_poll_has_two_to_four_options_in_their_order(
    api: Api, creator: Person, stream: str, options: list[str]
) -> None:
    poll = ask(api, stream, creator, options=options)

    assert [one["label"] for one in poll["options"]] == options


@pytest.mark.parametrize("seconds", [10, 3600])
def test_a_poll_is_open_for_ten_seconds_to_an_hour(
    api: Api, creator: Person, stream: str, seconds: int
) -> None:
    assert ask(api, stream, creator, durationSeconds=seconds)["isOpen"]


def test_white_space_around_words_is_dropped(api: Api, creator: Person, stream: str) -> None:
    poll = ask(api, stream, creator, question=" What? ", options=[" a", "b\n"])

    assert poll["question"] == "What?"
    assert [one["label"] for one in poll["options"]] == ["a", "b"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("question", ""),
        ("question", " "),
        ("question", "?" * 201),
        ("options", []),
        ("options", ["a"]),
        ("options", ["a", "b", "c", "d", "e"]),
        ("options", ["a", ""]),
        ("options", ["a", "b" * 101]),
        ("options", ["a", "a"]),
        ("options", ["Yes", "yes"]),
        ("options", ["a", " a "]),
        ("options", ["a", 7]),
        ("options", "ab"),
        ("durationSeconds", 9),
        ("durationSeconds", 3601),
        ("durationSeconds", 60.0),
        ("durationSeconds", "60"),
        ("durationSeconds", None),
    ],
    ids=ascii,
)
def test_no_other_poll_is_opened(
    api: Api, owner: Owner, creator: Person, stream: str, field: str, value: object
) -> None:
    refused = post(api, stream, creator, **{field: value})

    assert (refused.status, refused.code) == (422, "validation_failed")
    assert {fault["pointer"].split("/")[1] for fault in refused.json["errors"]} == {field}
    assert told(owner, stream, "poll") == []


# One open poll


def test_a_stream_has_one_open_poll_which_is_named(
    api: Api, owner: Owner, creator: Person, stream: str
) -> None:
    poll = ask(api, stream, creator)

    refused = post(api, stream, creator, question="And this?")

    assert (refused.status, refused.code) == (409, "poll_open")
    assert refused.json["pollId"] == poll["id"]
    assert shown(api, stream)["id"] == poll["id"]
    assert len(told(owner, stream, "poll")) == 1


def test_after_the_end_of_a_poll_there_may_be_another(
    api: Api, creator: Person, stream: str
) -> None:
    end(api, ask(api, stream, creator), creator)

    assert post(api, stream, creator).status == 201


def test_a_poll_whose_time_is_over_gives_way_and_its_result_is_told(
    api: Api, owner: Owner, clock: Clock, fan: Person, creator: Person, stream: str
) -> None:
    first = ask(api, stream, creator, durationSeconds=10)
    vote(api, first, fan, 1)
    clock.advance(seconds=10)

    second = ask(api, stream, creator)

    opening, result, opening_of_second = told(owner, stream, "poll")
    assert (opening["id"], opening["isOpen"]) == (first["id"], True)
    assert (result["id"], result["isOpen"], result["totalVotes"]) == (first["id"], False, 1)
    assert result["endsAt"] == first["endsAt"]
    assert opening_of_second["id"] == second["id"]


@pytest.mark.parametrize("after", ["nothing", "one whose time is over"])
def test_of_many_polls_at_once_one_is_opened(
    api: Api, owner: Owner, clock: Clock, creator: Person, stream: str, crowd: None, after: str
) -> None:
    if after != "nothing":
        ask(api, stream, creator)
        clock.advance(seconds=61)
    before = len(told(owner, stream, "poll"))

    answers = api.at_once([Post(f"/api/streams/{stream}/polls", creator.token, QUESTION)] * 8)

    assert sorted(one.status for one in answers) == [201] + [409] * 7
    assert {one.code for one in answers if one.status == 409} == {"poll_open"}
    (opened,) = (one.json["id"] for one in answers if one.status == 201)
    assert {one.json["pollId"] for one in answers if one.status == 409} == {opened}
    assert shown(api, stream)["id"] == opened
    assert len(told(owner, stream, "poll")) - before == (1 if after == "nothing" else 2)


# Who, and when


def test_only_the_host_opens_a_poll(
    api: Api, people: People, fan: Person, admin: Person, stream: str
) -> None:
    refusals = [post(api, stream, one) for one in (fan, people.creator(), admin)]

    assert [(one.status, one.code) for one in refusals] == [(403, "not_owner")] * 3
    assert api.get(f"/api/streams/{stream}/polls").json["polls"] == []


def test_a_stream_that_never_was_has_no_polls(api: Api, creator: Person) -> None:
    refused = post(api, str(uuid4()), creator)

    assert (refused.status, refused.code) == (404, "not_found")


def test_only_a_live_stream_has_a_new_poll(
    api: Api, creator: Person, open_stream: OpenStream
) -> None:
    scheduled, ended = open_stream(scheduledFor=in_days(1)), open_stream()
    api.post(f"/api/streams/{ended}/end", creator.token)

    refusals = [post(api, one, creator) for one in (scheduled, ended)]

    assert [(one.status, one.code) for one in refusals] == [(409, "stream_not_live")] * 2


# The end of the stream


def test_the_end_of_a_stream_is_the_end_of_its_poll(
    api: Api, owner: Owner, fan: Person, creator: Person, stream: str
) -> None:
    poll = ask(api, stream, creator)
    vote(api, poll, fan, 1)

    api.post(f"/api/streams/{stream}/end", creator.token)

    closed = shown(api, stream, fan)
    assert (closed["isOpen"], closed["totalVotes"]) == (False, 1)
    assert closed["endsAt"] < poll["endsAt"]
    events = owner.execute(
        "select event from outbox where topic = %s order by id desc limit 2", (f"stream:{stream}",)
    ).fetchall()
    assert events == [("stream_ended",), ("poll",)]
    assert told(owner, stream, "poll")[-1]["isOpen"] is False


def test_a_poll_that_is_being_opened_is_closed_by_the_end_of_its_stream(
    api: Api, backing: Backing, owner: Owner, creator: Person, stream: str
) -> None:
    ended: list[Answer] = []

    with psycopg.connect(backing.direct_url) as host:
        host.execute(
            "select private.open_poll(%s, %s, 'Q', array['a', 'b'], 60)", (stream, creator.id)
        )
        ending = threading.Thread(
            target=lambda: ended.append(api.post(f"/api/streams/{stream}/end", creator.token))
        )
        ending.start()
        ending.join(0.3)
        assert ending.is_alive()
    ending.join(5)

    assert [one.status for one in ended] == [200]
    assert shown(api, stream)["isOpen"] is False
    assert [poll["isOpen"] for poll in told(owner, stream, "poll")] == [True, False]


def test_an_end_that_began_before_the_poll_closes_it_at_its_beginning(
    api: Api, backing: Backing, creator: Person, stream: str
) -> None:
    with psycopg.connect(backing.direct_url) as host:
        host.execute("select now()")
        poll = ask(api, stream, creator)
        host.execute("select private.end_stream(%s, %s)", (stream, creator.id))

    closed = shown(api, stream)
    assert (closed["isOpen"], closed["endsAt"]) == (False, poll["createdAt"])


def test_no_poll_is_opened_in_a_stream_that_is_being_ended(
    api: Api, backing: Backing, creator: Person, stream: str
) -> None:
    answers: list[Answer] = []

    with psycopg.connect(backing.direct_url) as host:
        host.execute("select private.end_stream(%s, %s)", (stream, creator.id))
        opening = threading.Thread(target=lambda: answers.append(post(api, stream, creator)))
        opening.start()
        opening.join(0.3)
        assert opening.is_alive()
    opening.join(5)

    assert [(one.status, one.code) for one in answers] == [(409, "stream_not_live")]
    assert api.get(f"/api/streams/{stream}/polls").json["polls"] == []
