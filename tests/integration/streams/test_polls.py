"""GET /api/streams/{streamId}/polls."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from limelight.polls.queries import POLLS
from tests.integration.api import Api
from tests.integration.clock import Clock
from tests.integration.people import OpenStream, Owner, People, Person
from tests.integration.streams.conftest import Closed
from tests.integration.streams.polling import ask, end, figures, shown, vote


def questions(pages: list[list[dict[str, str]]]) -> list[list[str]]:
    return [[poll["question"] for poll in page] for page in pages]


@pytest.fixture
def six(api: Api, clock: Clock, creator: Person, stream: str) -> list[str]:
    """The questions of six polls, in the order of their time; the last one is open."""
    for question in "abcde":
        ask(api, stream, creator, question=question)
        clock.advance(seconds=61)
    ask(api, stream, creator, question="f")
    return list("abcdef")


def test_a_stream_without_polls_has_an_empty_list(api: Api, stream: str) -> None:
    answer = api.get(f"/api/streams/{stream}/polls")

    assert (answer.status, answer.json) == (200, {"polls": [], "nextCursor": None})
    assert answer.headers["cache-control"] == "no-store"


def test_a_poll_is_listed_as_its_host_was_answered(api: Api, creator: Person, stream: str) -> None:
    poll = ask(api, stream, creator)

    assert api.get(f"/api/streams/{stream}/polls").json["polls"] == [poll]


def test_votes_are_shown_for_each_option_and_mine_to_me(
    api: Api, people: People, fan: Person, creator: Person, stream: str
) -> None:
    poll = ask(api, stream, creator, options=["a", "b", "c", "d"])
    for choice in (0, 2, 2):
        vote(api, poll, people.fan(), choice)
    vote(api, poll, fan, 3)

    mine, others = shown(api, stream, fan), shown(api, stream)

    assert figures(mine) == [1, 0, 2, 1]
    assert [option["label"] for option in mine["options"]] == ["a", "b", "c", "d"]
    assert mine["myVote"] == poll["options"][3]["id"]
    assert others == mine | {"myVote": None}


def test_polls_are_listed_newest_first(api: Api, stream: str, six: list[str]) -> None:
    polls = api.get(f"/api/streams/{stream}/polls").json["polls"]

    assert [poll["question"] for poll in polls] == six[::-1]
    assert [poll["isOpen"] for poll in polls] == [True, *[False] * 5]


def test_a_poll_whose_time_is_over_is_not_open_though_nobody_closed_it(
    api: Api, clock: Clock, creator: Person, stream: str
) -> None:
    poll = ask(api, stream, creator, durationSeconds=10)
    clock.advance(seconds=11)

    assert shown(api, stream) == poll | {"isOpen": False, "myVote": None}


def test_an_old_poll_keeps_its_figures_and_my_vote(
    api: Api, people: People, fan: Person, creator: Person, stream: str
) -> None:
    poll = ask(api, stream, creator)
    for one, choice in ((fan, 1), (people.fan(), 0), (people.fan(), 1)):
        vote(api, poll, one, choice)
    end(api, poll, creator)
    ask(api, stream, creator, question="And then?")

    _, old = api.get(f"/api/streams/{stream}/polls", fan.token).json["polls"]

    assert figures(old) == [1, 2]
    assert (old["isOpen"], old["myVote"]) == (False, poll["options"][1]["id"])


def test_one_streams_polls_are_not_anothers(
    api: Api, creator: Person, stream: str, open_stream: OpenStream
) -> None:
    ask(api, stream, creator)
    api.post(f"/api/streams/{stream}/end", creator.token)

    assert api.get(f"/api/streams/{open_stream()}/polls").json["polls"] == []
    assert len(api.get(f"/api/streams/{stream}/polls").json["polls"]) == 1


def test_a_fan_with_access_sees_the_polls(
    api: Api, fan: Person, creator: Person, admitted: str
) -> None:
    poll = ask(api, admitted, creator)

    assert shown(api, admitted, fan)["id"] == poll["id"]


def test_a_fan_without_access_is_told_why(api: Api, fan: Person, closed: Closed) -> None:
    refused = api.get(f"/api/streams/{closed.stream}/polls", fan.token)

    assert (refused.status, refused.code) == (closed.status, closed.code)


def test_a_visitor_is_asked_who_they_are_where_it_matters(
    api: Api, open_stream: OpenStream
) -> None:
    refused = api.get(f"/api/streams/{open_stream(privacy='followers')}/polls")

    assert (refused.status, refused.code) == (401, "authentication_required")


def test_pages_follow_each_other_until_there_is_none(api: Api, stream: str, six: list[str]) -> None:
    pages = list(api.pages(f"/api/streams/{stream}/polls", "polls", limit=4))

    assert questions(pages) == [["f", "e", "d", "c"], ["b", "a"]]


def test_pages_keep_their_place_while_polls_are_opened(
    api: Api, clock: Clock, creator: Person, stream: str, six: list[str]
) -> None:
    pages = api.pages(f"/api/streams/{stream}/polls", "polls", limit=3)

    seen = [next(pages)]
    clock.advance(seconds=61)
    ask(api, stream, creator, question="g")
    seen += pages

    assert questions(seen) == [["f", "e", "d"], ["c", "b", "a"]]


def test_a_list_takes_one_round_trip(
    api: Api, fan: Person, stream: str, six: list[str], queries: list[str]
) -> None:
    shown(api, stream, fan)
    queries.clear()

    shown(api, stream, fan)

    assert queries == ["polls.polls"]


def test_the_polls_of_a_stream_are_read_along_their_index(
    owner: Owner, creator: Person, stream: str, six: list[str]
) -> None:
    params = {
        "stream_id": stream, "viewer_id": creator.id, "created_at": datetime.now(UTC),
        "id": uuid4(), "limit": 21,
    }  # fmt: skip
    with owner.transaction(force_rollback=True):
        owner.execute("set local enable_seqscan = off")
        plan = owner.execute(f"explain {POLLS.sql}".encode(), params).fetchall()

    text = "\n".join(line for (line,) in plan)
    assert "stream_polls_newest" in text
    assert "One-Time Filter" in text
    assert "Sort" not in text
