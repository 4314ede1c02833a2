"""Every minute: close the polls whose time is over, and tell the last figures of the others."""

import psycopg
import pytest

from functions.jobs import close_polls
from limelight.polls import service
from local.services.backing import Backing
from tests.integration.api import Api
from tests.integration.clock import Clock
from tests.integration.jobs.conftest import Run
from tests.integration.outbox import told
from tests.integration.people import OpenStream, Owner, People, Person
from tests.integration.streams.polling import ask, figures, shown, vote


@pytest.fixture(autouse=True)
def everybody_elses_polls_are_closed(owner: Owner) -> None:
    """Polls of other tests are left alone."""
    owner.execute("select private.close_poll(id) from stream_polls where is_open")


def test_a_poll_whose_time_is_over_is_closed_and_its_result_told(
    api: Api, owner: Owner, clock: Clock, fan: Person, creator: Person, stream: str, run: Run
) -> None:
    poll = ask(api, stream, creator, durationSeconds=10)
    vote(api, poll, fan, 1)
    clock.advance(seconds=11)

    assert run(close_polls) == 1

    closed = shown(api, stream)
    assert (closed["isOpen"], closed["endsAt"], figures(closed)) == (False, poll["endsAt"], [0, 1])
    _, result = told(owner, stream, "poll")
    assert result == {name: value for name, value in closed.items() if name != "myVote"}


def test_a_poll_that_is_open_stays_open(
    api: Api, clock: Clock, creator: Person, stream: str, run: Run
) -> None:
    ask(api, stream, creator, durationSeconds=120)
    clock.advance(seconds=60)

    assert run(close_polls) == 0
    assert shown(api, stream)["isOpen"] is True


def test_a_second_run_finds_nothing(
    api: Api, owner: Owner, clock: Clock, creator: Person, stream: str, run: Run
) -> None:
    ask(api, stream, creator, durationSeconds=10)
    clock.advance(seconds=11)

    assert [run(close_polls), run(close_polls)] == [1, 0]
    assert len(told(owner, stream, "poll")) == 2


def test_figures_that_no_later_vote_told_are_told_once(
    api: Api, owner: Owner, clock: Clock, people: People, creator: Person, stream: str, run: Run
) -> None:
    poll = ask(api, stream, creator, durationSeconds=600)
    for choice in (0, 1, 1):
        vote(api, poll, people.fan(), choice)
    clock.advance(seconds=3)

    assert [run(close_polls), run(close_polls)] == [1, 0]

    _, news = told(owner, stream, "poll")
    assert (figures(news), news["isOpen"]) == ([1, 2], True)


def test_figures_that_were_just_told_are_left_to_the_next_run(
    api: Api, owner: Owner, fan: Person, creator: Person, stream: str, run: Run
) -> None:
    vote(api, ask(api, stream, creator), fan)

    assert run(close_polls) == 0
    assert len(told(owner, stream, "poll")) == 1


def test_a_run_does_no_more_than_its_batch(
    api: Api, clock: Clock, people: People, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "SWEEP_BATCH", 2)
    for _ in range(3):
        host = people.creator()
        made = api.post("/api/streams/create", host.token, {"title": "P", "category": "music"})
        ask(api, made.json["id"], host)
    clock.advance(seconds=61)

    assert [run(close_polls), run(close_polls), run(close_polls)] == [2, 1, 0]


def test_a_poll_that_somebody_is_voting_in_is_left_to_the_next_run(
    api: Api, backing: Backing, owner: Owner, clock: Clock, people: People, fan: Person,
    creator: Person, stream: str, open_stream: OpenStream, run: Run,
) -> None:  # fmt: skip
    other = people.creator()
    theirs = api.post("/api/streams/create", other.token, {"title": "P", "category": "music"})
    poll, free = ask(api, stream, creator), ask(api, theirs.json["id"], other)

    with psycopg.connect(backing.direct_url) as voter:
        voter.execute(
            "select private.vote(%s, %s, %s, %s)",
            (stream, fan.id, poll["id"], poll["options"][0]["id"]),
        )
        clock.advance(seconds=61)
        first = run(close_polls)

    assert first == 1
    assert told(owner, theirs.json["id"], "poll")[-1]["id"] == free["id"]
    assert run(close_polls) == 1
    assert told(owner, stream, "poll")[-1]["totalVotes"] == 1
