"""POST /api/streams/{streamId}/polls/{pollId}/end."""

from uuid import uuid4

from tests.integration.api import Api, Post
from tests.integration.clock import Clock
from tests.integration.moments import just_now
from tests.integration.outbox import told
from tests.integration.people import Owner, People, Person
from tests.integration.streams.polling import ask, end, figures, shown, vote


def test_the_host_ends_a_poll_before_its_time(
    api: Api, people: People, fan: Person, creator: Person, stream: str
) -> None:
    poll = ask(api, stream, creator, durationSeconds=3600)
    for one, choice in ((fan, 1), (people.fan(), 1), (creator, 0)):
        vote(api, poll, one, choice)

    ended = end(api, poll, creator)

    assert ended.status == 200
    assert ended.headers["cache-control"] == "no-store"
    assert ended.json == shown(api, stream, creator)
    assert (ended.json["isOpen"], figures(ended.json)) == (False, [1, 2])
    assert ended.json["myVote"] == poll["options"][0]["id"]
    assert just_now(ended.json["endsAt"])


def test_listeners_are_told_the_result(
    api: Api, owner: Owner, fan: Person, creator: Person, stream: str
) -> None:
    poll = ask(api, stream, creator)
    vote(api, poll, fan)

    ended = end(api, poll, creator).json

    del ended["myVote"]
    assert told(owner, stream, "poll")[1:] == [ended]


def test_ending_again_changes_nothing(
    api: Api, owner: Owner, clock: Clock, fan: Person, creator: Person, stream: str
) -> None:
    poll = ask(api, stream, creator)
    vote(api, poll, fan)
    first = end(api, poll, creator)
    clock.advance(seconds=10)

    second = end(api, poll, creator)

    assert (second.status, second.json) == (200, first.json)
    assert len(told(owner, stream, "poll")) == 2


def test_ending_many_times_at_once_is_ending_once(
    api: Api, owner: Owner, fan: Person, creator: Person, stream: str, crowd: None
) -> None:
    poll = ask(api, stream, creator)
    vote(api, poll, fan)

    answers = api.at_once(
        [Post(f"/api/streams/{stream}/polls/{poll['id']}/end", creator.token)] * 8
    )

    assert [one.status for one in answers] == [200] * 8
    assert len({one.text for one in answers}) == 1
    assert figures(answers[0].json) == [1, 0]
    assert len(told(owner, stream, "poll")) == 2


def test_a_poll_whose_time_was_over_keeps_its_time(
    api: Api, clock: Clock, creator: Person, stream: str
) -> None:
    poll = ask(api, stream, creator, durationSeconds=10)
    clock.advance(seconds=60)

    assert end(api, poll, creator).json == poll | {"isOpen": False}


def test_a_poll_that_the_stream_ended_can_be_ended_again(
    api: Api, owner: Owner, creator: Person, stream: str
) -> None:
    poll = ask(api, stream, creator)
    api.post(f"/api/streams/{stream}/end", creator.token)

    assert end(api, poll, creator).json["isOpen"] is False
    assert len(told(owner, stream, "poll")) == 2


def test_only_the_host_ends_a_poll(
    api: Api, people: People, fan: Person, creator: Person, admin: Person, stream: str
) -> None:
    poll = ask(api, stream, creator)

    refusals = [end(api, poll, one) for one in (fan, people.creator(), admin)]

    assert [(one.status, one.code) for one in refusals] == [(403, "not_owner")] * 3
    assert shown(api, stream)["isOpen"] is True


def test_a_host_ends_no_poll_of_another_stream(
    api: Api, people: People, creator: Person, stream: str
) -> None:
    other = people.creator()
    theirs = api.post("/api/streams/create", other.token, {"title": "Jazz", "category": "music"})
    poll = ask(api, theirs.json["id"], other)

    refused = end(api, poll | {"streamId": stream}, creator)

    assert (refused.status, refused.code) == (404, "not_found")
    assert shown(api, theirs.json["id"])["isOpen"] is True


def test_a_poll_that_never_was_cannot_be_ended(api: Api, creator: Person, stream: str) -> None:
    refusals = [
        end(api, {"streamId": where, "id": str(uuid4())}, creator)
        for where in (stream, str(uuid4()))
    ]

    assert [(one.status, one.code) for one in refusals] == [(404, "not_found")] * 2
