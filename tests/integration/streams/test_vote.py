"""POST /api/streams/{streamId}/polls/{pollId}/vote."""

import random
import threading
from collections import Counter
from uuid import uuid4

import psycopg
import pytest

from local.services.backing import Backing
from tests.integration.api import Answer, Api
from tests.integration.clock import Clock
from tests.integration.outbox import told
from tests.integration.people import OpenStream, Owner, People, Person
from tests.integration.streams.conftest import Closed
from tests.integration.streams.polling import ask, ballot, end, figures, shown, vote


def votes(owner: Owner, poll: str) -> int:
    """How many rows of votes the poll has."""
    row = owner.execute(
        "select count(*) from stream_poll_votes where poll_id = %s", (poll,)
    ).fetchone()
    assert row is not None
    return int(row[0])


# What a vote does


def test_a_vote_is_answered_with_the_poll_and_itself(
    api: Api, fan: Person, creator: Person, stream: str
) -> None:
    poll = ask(api, stream, creator)

    voted = vote(api, poll, fan, 1)

    assert voted.status == 201
    assert voted.headers["cache-control"] == "no-store"
    assert voted.json == shown(api, stream, fan)
    assert figures(voted.json) == [0, 1]
    assert voted.json["myVote"] == poll["options"][1]["id"]


def test_a_vote_takes_one_round_trip(
    api: Api, people: People, fan: Person, creator: Person, stream: str, queries: list[str]
) -> None:
    poll = ask(api, stream, creator)
    api.get(f"/api/streams/{stream}", fan.token)
    queries.clear()

    vote(api, poll, fan)

    assert queries == ["polls.vote"]


def test_the_host_and_a_viewer_who_was_timed_out_may_vote(
    api: Api, fan: Person, creator: Person, stream: str
) -> None:
    poll = ask(api, stream, creator)
    body = {"userId": str(fan.id), "minutes": 1}
    api.post(f"/api/streams/{stream}/timeout", creator.token, body)

    assert [vote(api, poll, one).status for one in (fan, creator)] == [201, 201]


@pytest.mark.parametrize("choice", [0, 1], ids=["the same option", "another option"])
def test_a_vote_is_final(api: Api, fan: Person, creator: Person, stream: str, choice: int) -> None:
    poll = ask(api, stream, creator)
    vote(api, poll, fan, 0)

    refused = vote(api, poll, fan, choice)

    assert (refused.status, refused.code) == (409, "already_voted")
    assert refused.json["optionId"] == poll["options"][0]["id"]
    assert figures(shown(api, stream)) == [1, 0]


def test_everybody_votes_once_in_every_poll(
    api: Api, fan: Person, creator: Person, stream: str
) -> None:
    for _ in range(3):
        poll = ask(api, stream, creator)
        assert vote(api, poll, fan).json["totalVotes"] == 1
        end(api, poll, creator)


# Who may vote, for what, and when


def test_a_fan_with_access_may_vote(api: Api, fan: Person, creator: Person, admitted: str) -> None:
    assert vote(api, ask(api, admitted, creator), fan).status == 201


def test_a_fan_without_access_is_told_why(
    api: Api, owner: Owner, fan: Person, creator: Person, closed: Closed
) -> None:
    owner.execute(
        """
        with poll as (
          insert into stream_polls (stream_id, question, ends_at)
          select id, 'Q', now() + interval '1 minute'
          from streams
          where id = %s
          returning id
        )
        insert into stream_poll_options (poll_id, position, label)
        select id, place, place::text from poll, generate_series(1, 2) place
        """,
        (closed.stream,),
    )
    row = owner.execute(
        """
        select p.id, o.id
        from stream_polls p
        join stream_poll_options o on o.poll_id = p.id
        where p.stream_id = %s
        """,
        (closed.stream,),
    ).fetchone()
    poll, option = row or (uuid4(), uuid4())

    refused = api.post(
        f"/api/streams/{closed.stream}/polls/{poll}/vote", fan.token, {"optionId": str(option)}
    )

    assert (refused.status, refused.code) == (closed.status, closed.code)
    assert votes(owner, str(poll)) == 0


def test_a_poll_of_another_stream_is_not_found(
    api: Api, owner: Owner, people: People, fan: Person, creator: Person, stream: str
) -> None:
    other = people.creator()
    theirs = api.post("/api/streams/create", other.token, {"title": "Jazz", "category": "music"})
    poll = ask(api, theirs.json["id"], other)

    refused = vote(api, poll | {"streamId": stream}, fan)

    assert (refused.status, refused.code) == (404, "not_found")
    assert votes(owner, poll["id"]) == 0


def test_a_poll_that_never_was_is_not_found(
    api: Api, fan: Person, creator: Person, stream: str
) -> None:
    refused = vote(api, ask(api, stream, creator) | {"id": str(uuid4())}, fan)

    assert (refused.status, refused.code) == (404, "not_found")


def test_an_option_of_another_poll_is_none_of_this_one(
    api: Api, owner: Owner, fan: Person, creator: Person, stream: str
) -> None:
    first = ask(api, stream, creator)
    end(api, first, creator)
    second = ask(api, stream, creator)

    for option in (first["options"][0]["id"], str(uuid4())):
        refused = vote(api, second | {"options": [{"id": option}]}, fan)
        assert (refused.status, refused.code) == (404, "option_not_found")
    assert votes(owner, second["id"]) == 0


def test_a_poll_that_was_ended_takes_no_votes(
    api: Api, owner: Owner, fan: Person, creator: Person, stream: str
) -> None:
    poll = ask(api, stream, creator)
    end(api, poll, creator)

    refused = vote(api, poll, fan)

    assert (refused.status, refused.code) == (409, "poll_closed")
    assert votes(owner, poll["id"]) == 0


@pytest.mark.parametrize(("seconds", "status"), [(8, 201), (11, 409)])
def test_a_poll_takes_votes_for_its_time_whether_or_not_anybody_closes_it(
    api: Api, clock: Clock, fan: Person, creator: Person, stream: str, seconds: int, status: int
) -> None:
    poll = ask(api, stream, creator, durationSeconds=10)
    clock.advance(seconds=seconds)

    voted = vote(api, poll, fan)

    assert voted.status == status
    if status == 409:
        assert voted.code == "poll_closed"


def test_the_polls_of_an_ended_stream_take_no_votes(
    api: Api, fan: Person, creator: Person, stream: str
) -> None:
    poll = ask(api, stream, creator)
    api.post(f"/api/streams/{stream}/end", creator.token)

    refused = vote(api, poll, fan)

    assert (refused.status, refused.code) == (409, "stream_not_live")


# What listeners are told


def test_listeners_are_told_new_figures_at_most_every_two_seconds(
    api: Api, owner: Owner, clock: Clock, people: People, creator: Person, stream: str
) -> None:
    poll = ask(api, stream, creator)
    for _ in range(3):
        vote(api, poll, people.fan())
    silent = len(told(owner, stream, "poll"))
    clock.advance(seconds=3)
    for _ in range(3):
        vote(api, poll, people.fan())

    opening, news = told(owner, stream, "poll")
    assert silent == 1
    assert opening["totalVotes"] == 0
    assert (news["id"], figures(news), news["isOpen"]) == (poll["id"], [4, 0], True)
    assert "myVote" not in news


def test_of_votes_at_once_after_a_silence_one_tells_the_figures(
    api: Api, owner: Owner, clock: Clock, creator: Person, stream: str, voters: list[Person],
    crowd: None,
) -> None:  # fmt: skip
    poll = ask(api, stream, creator)
    clock.advance(seconds=3)

    answers = api.at_once([ballot(poll, one) for one in voters[:20]])

    assert [one.status for one in answers] == [201] * 20
    assert len(told(owner, stream, "poll")) == 2


# Under contention


def test_of_two_hundred_votes_at_once_none_is_lost(
    api: Api, owner: Owner, creator: Person, stream: str, voters: list[Person], crowd: None
) -> None:
    poll = ask(api, stream, creator, options=["a", "b", "c"])

    answers = api.at_once([ballot(poll, one, place % 3) for place, one in enumerate(voters)])

    assert [one.status for one in answers] == [201] * 200
    assert votes(owner, poll["id"]) == 200
    assert figures(shown(api, stream)) == [67, 67, 66]
    assert figures(end(api, poll, creator).json) == [67, 67, 66]


def test_nobody_votes_twice_however_often_they_try_at_once(
    api: Api, owner: Owner, creator: Person, stream: str, voters: list[Person], crowd: None
) -> None:
    poll = ask(api, stream, creator)

    answers = api.at_once([ballot(poll, one, turn % 2) for turn in range(4) for one in voters[:15]])

    counted = Counter(one.status for one in answers)
    assert counted == {201: 15, 409: 45}
    assert {one.code for one in answers if one.status == 409} == {"already_voted"}
    assert votes(owner, poll["id"]) == 15
    assert shown(api, stream)["totalVotes"] == 15


def test_every_vote_that_was_taken_counts_when_the_host_ends_the_poll_meanwhile(
    api: Api, owner: Owner, creator: Person, stream: str, voters: list[Person], crowd: None
) -> None:
    poll = ask(api, stream, creator)
    posts = [ballot(poll, one, place % 2) for place, one in enumerate(voters)]
    ending = ballot(poll, creator)
    ending = type(ending)(ending.path.removesuffix("vote") + "end", creator.token)

    answers = api.at_once([*posts[:100], ending, *posts[100:]])

    ended = answers.pop(100)
    assert ended.status == 200
    assert {one.status for one in answers} <= {201, 409}
    assert {one.code for one in answers if one.status == 409} <= {"poll_closed"}
    taken = sum(one.status == 201 for one in answers)
    assert votes(owner, poll["id"]) == taken
    assert ended.json["totalVotes"] == taken
    assert shown(api, stream)["totalVotes"] == taken
    assert told(owner, stream, "poll")[-1]["totalVotes"] == taken


def test_a_vote_that_is_being_cast_counts_before_the_poll_is_ended(
    api: Api, backing: Backing, fan: Person, creator: Person, stream: str
) -> None:
    poll = ask(api, stream, creator)
    ended: list[Answer] = []

    with psycopg.connect(backing.direct_url) as voter:
        voter.execute(
            "select private.vote(%s, %s, %s, %s)",
            (stream, fan.id, poll["id"], poll["options"][0]["id"]),
        )
        ending = threading.Thread(target=lambda: ended.append(end(api, poll, creator)))
        ending.start()
        ending.join(0.3)
        assert ending.is_alive()
    ending.join(5)

    assert [figures(one.json) for one in ended] == [[1, 0]]


def test_a_vote_that_waited_for_the_end_of_the_poll_is_refused(
    api: Api, backing: Backing, owner: Owner, fan: Person, creator: Person, stream: str
) -> None:
    poll = ask(api, stream, creator)
    answers: list[Answer] = []

    with psycopg.connect(backing.direct_url) as host:
        host.execute("select private.end_poll(%s, %s, %s)", (stream, creator.id, poll["id"]))
        voting = threading.Thread(target=lambda: answers.append(vote(api, poll, fan)))
        voting.start()
        voting.join(0.3)
        assert voting.is_alive()
    voting.join(5)

    assert [(one.status, one.code) for one in answers] == [(409, "poll_closed")]
    assert votes(owner, poll["id"]) == 0


@pytest.mark.parametrize("seed", range(5))
def test_after_any_mix_of_votes_and_ends_the_figures_are_the_votes(
    api: Api, owner: Owner, creator: Person, stream: str, voters: list[Person], crowd: None,
    seed: int,
) -> None:  # fmt: skip
    chance = random.Random(seed)  # noqa: S311 - a test's dice
    expected: dict[str, Counter[str]] = {}
    for _ in range(3):
        choices = chance.randint(2, 4)
        poll = ask(api, stream, creator, options=list("abcd"[:choices]))
        posts = [
            ballot(poll, chance.choice(voters[:25]), chance.randrange(choices))
            for _ in range(chance.randint(0, 40))
        ]
        answers = api.at_once(posts) if posts else []
        assert {one.status for one in answers} <= {201, 409}
        expected[poll["id"]] = Counter(one.json["myVote"] for one in answers if one.status == 201)
        end(api, poll, creator)

    for poll in api.get(f"/api/streams/{stream}/polls").json["polls"]:
        counted = {option["id"]: option["votes"] for option in poll["options"]}
        assert counted == {one: expected[poll["id"]][one] for one in counted}
        assert poll["totalVotes"] == votes(owner, poll["id"])


def test_votes_in_a_followers_stream_need_a_follow(
    api: Api, people: People, fan: Person, creator: Person, open_stream: OpenStream
) -> None:
    poll = ask(api, open_stream(privacy="followers"), creator)
    assert vote(api, poll, fan).code == "follow_required"

    people.follow(fan, creator)

    assert vote(api, poll, fan).status == 201
