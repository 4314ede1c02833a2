"""POST /api/streams/{streamId}/message."""

import threading
from uuid import uuid4

import psycopg
import pytest

from local.services.backing import Backing
from tests.integration.api import Answer, Api, Post
from tests.integration.clock import Clock
from tests.integration.moments import in_days, is_moment, just_now
from tests.integration.outbox import told
from tests.integration.people import OpenStream, Owner, People, Person
from tests.integration.streams.conftest import Closed


def say(api: Api, stream: str, person: Person, content: str = "hello") -> Answer:
    return api.post(f"/api/streams/{stream}/message", person.token, {"content": content})


def chat(api: Api, stream: str, person: Person) -> list[str]:
    """What the chat holds, newest first."""
    lines = api.get(f"/api/streams/{stream}/messages", person.token).json["messages"]
    return [line["content"] for line in lines]


def slow_down(api: Api, stream: str, host: Person, seconds: int) -> None:
    answer = api.post(f"/api/streams/{stream}/slow-mode", host.token, {"seconds": seconds})
    assert answer.status == 200, answer.text


def time_out(api: Api, stream: str, host: Person, viewer: Person, minutes: int) -> None:
    body = {"userId": str(viewer.id), "minutes": minutes}
    answer = api.post(f"/api/streams/{stream}/timeout", host.token, body)
    assert answer.status == 200, answer.text


# What a message does


def test_a_message_is_answered_with_its_line(api: Api, fan: Person, stream: str) -> None:
    said = say(api, stream, fan, "welcome é 🎹")

    assert said.status == 201
    assert said.headers["cache-control"] == "no-store"
    line = said.json
    assert line.keys() == {"id", "user", "kind", "content", "createdAt"}
    assert (line["kind"], line["content"]) == ("chat", "welcome é 🎹")
    assert line["user"] == {
        "id": str(fan.id), "username": fan.username, "displayName": fan.username,
        "avatarUrl": None,
    }  # fmt: skip
    assert is_moment(line["createdAt"])
    assert just_now(line["createdAt"])


def test_a_line_is_read_as_it_was_answered(api: Api, fan: Person, stream: str) -> None:
    said = say(api, stream, fan)

    assert api.get(f"/api/streams/{stream}/messages").json["messages"] == [said.json]


def test_listeners_are_told_the_whole_line(
    api: Api, owner: Owner, fan: Person, stream: str
) -> None:
    said = say(api, stream, fan)

    assert told(owner, stream, "chat") == [said.json]


def test_nobody_has_to_join_before_they_write(
    api: Api, fan: Person, creator: Person, stream: str
) -> None:
    assert [say(api, stream, one).status for one in (fan, creator)] == [201, 201]


def test_a_line_is_counted_and_said_in_two_round_trips(
    api: Api, fan: Person, stream: str, queries: list[str]
) -> None:
    say(api, stream, fan)
    queries.clear()

    say(api, stream, fan)

    assert queries == ["limits.take", "chat.say"]


def test_white_space_around_a_line_is_dropped_and_kept_within(
    api: Api, fan: Person, stream: str
) -> None:
    assert say(api, stream, fan, "  one\n two \t").json["content"] == "one\n two"


@pytest.mark.parametrize("content", ["a", "é" * 500, "🎹" * 500], ids=len)
def test_a_line_has_one_to_500_characters(api: Api, fan: Person, stream: str, content: str) -> None:
    assert say(api, stream, fan, content).json["content"] == content


@pytest.mark.parametrize("content", ["", " ", "\n\t", "a" * 501, None, 7], ids=ascii)
def test_no_other_line_is_written(
    api: Api, owner: Owner, fan: Person, stream: str, content: object
) -> None:
    refused = api.post(f"/api/streams/{stream}/message", fan.token, {"content": content})

    assert (refused.status, refused.code) == (422, "validation_failed")
    assert [fault["pointer"] for fault in refused.json["errors"]] == ["/content"]
    assert told(owner, stream, "chat") == []


# Who may write


def test_a_fan_with_access_may_write(api: Api, fan: Person, admitted: str) -> None:
    assert say(api, admitted, fan).status == 201


def test_a_fan_without_access_is_told_why(
    api: Api, owner: Owner, fan: Person, closed: Closed
) -> None:
    refused = say(api, closed.stream, fan)

    assert (refused.status, refused.code) == (closed.status, closed.code)
    assert told(owner, closed.stream, "chat") == []


def test_only_a_live_stream_has_a_chat_to_write_to(
    api: Api, fan: Person, creator: Person, open_stream: OpenStream
) -> None:
    scheduled, ended = open_stream(scheduledFor=in_days(1)), open_stream()
    api.post(f"/api/streams/{ended}/end", creator.token)

    refusals = [say(api, one, who) for one in (scheduled, ended) for who in (fan, creator)]

    assert [(one.status, one.code) for one in refusals] == [(409, "stream_not_live")] * 4


def test_a_refused_line_leaves_nothing(
    api: Api, owner: Owner, people: People, fan: Person, creator: Person, stream: str
) -> None:
    people.ban(stream, fan)

    say(api, stream, fan)

    assert chat(api, stream, creator) == []
    assert told(owner, stream, "chat") == []


# Timeouts


def test_a_viewer_who_was_timed_out_is_told_for_how_long(
    api: Api, clock: Clock, fan: Person, creator: Person, stream: str
) -> None:
    time_out(api, stream, creator, fan, minutes=2)
    clock.advance(seconds=30)

    refused = say(api, stream, fan)

    assert (refused.status, refused.code) == (403, "timed_out")
    assert 80 < refused.json["remainingSeconds"] <= 90
    assert "retry-after" not in refused.headers
    assert chat(api, stream, creator) == []


def test_a_timeout_passes_by_itself(
    api: Api, clock: Clock, fan: Person, creator: Person, stream: str
) -> None:
    time_out(api, stream, creator, fan, minutes=2)
    clock.advance(seconds=121)

    assert say(api, stream, fan).status == 201


def test_a_timeout_is_of_one_viewer_in_one_stream(
    api: Api, people: People, fan: Person, creator: Person, stream: str
) -> None:
    other = api.post(
        "/api/streams/create", people.creator().token, {"title": "Jazz", "category": "music"}
    ).json["id"]
    time_out(api, stream, creator, fan, minutes=2)

    assert say(api, other, fan).status == 201
    assert say(api, stream, people.fan()).status == 201


# Slow mode


def test_in_slow_mode_a_viewer_waits_between_two_lines(
    api: Api, clock: Clock, fan: Person, creator: Person, stream: str
) -> None:
    slow_down(api, stream, creator, 30)
    first = say(api, stream, fan, "one")
    clock.advance(seconds=10)

    refused = say(api, stream, fan, "two")

    assert first.status == 201
    assert (refused.status, refused.code) == (429, "slow_mode")
    assert 15 < refused.json["remainingSeconds"] <= 20
    assert refused.headers["retry-after"] == str(refused.json["remainingSeconds"])
    assert chat(api, stream, fan) == ["one"]


def test_after_the_wait_a_viewer_may_write_again(
    api: Api, clock: Clock, fan: Person, creator: Person, stream: str
) -> None:
    slow_down(api, stream, creator, 30)
    say(api, stream, fan, "one")
    clock.advance(seconds=31)

    assert say(api, stream, fan, "two").status == 201
    assert chat(api, stream, fan) == ["two", "one"]


def test_a_refused_line_makes_the_wait_no_longer(
    api: Api, clock: Clock, fan: Person, creator: Person, stream: str
) -> None:
    slow_down(api, stream, creator, 30)
    say(api, stream, fan, "one")
    clock.advance(seconds=20)
    assert say(api, stream, fan, "two").status == 429
    clock.advance(seconds=11)

    assert say(api, stream, fan, "three").status == 201


def test_deleting_a_line_makes_the_wait_no_shorter(
    api: Api, fan: Person, creator: Person, stream: str
) -> None:
    slow_down(api, stream, creator, 30)
    line = say(api, stream, fan).json["id"]
    api.call("DELETE", f"/api/streams/{stream}/messages/{line}", token=fan.token)

    assert say(api, stream, fan).code == "slow_mode"


def test_a_line_from_before_slow_mode_counts(
    api: Api, fan: Person, creator: Person, stream: str
) -> None:
    say(api, stream, fan)
    slow_down(api, stream, creator, 30)

    assert say(api, stream, fan).code == "slow_mode"


def test_viewers_do_not_wait_for_each_other_and_the_host_for_nobody(
    api: Api, people: People, creator: Person, stream: str
) -> None:
    slow_down(api, stream, creator, 300)

    answers = [say(api, stream, one) for one in (people.fan(), people.fan(), creator, creator)]

    assert [one.status for one in answers] == [201] * 4


def test_slow_mode_ends_when_the_host_says_so(
    api: Api, fan: Person, creator: Person, stream: str
) -> None:
    slow_down(api, stream, creator, 300)
    say(api, stream, fan)
    slow_down(api, stream, creator, 0)

    assert say(api, stream, fan).status == 201


def test_who_was_timed_out_in_slow_mode_hears_of_the_timeout(
    api: Api, fan: Person, creator: Person, stream: str
) -> None:
    slow_down(api, stream, creator, 300)
    say(api, stream, fan)
    time_out(api, stream, creator, fan, minutes=1)

    assert say(api, stream, fan).code == "timed_out"


# Under contention


@pytest.mark.parametrize("first_line", [True, False], ids=["first line", "later line"])
def test_of_many_lines_of_one_viewer_at_once_slow_mode_lets_one_through(
    api: Api, clock: Clock, owner: Owner, fan: Person, creator: Person, stream: str,
    crowd: None, *, first_line: bool,
) -> None:  # fmt: skip
    if not first_line:
        say(api, stream, fan, "before")
        clock.advance(seconds=60)
    slow_down(api, stream, creator, 30)

    answers = api.at_once(
        [Post(f"/api/streams/{stream}/message", fan.token, {"content": str(n)}) for n in range(12)]
    )

    assert sorted(one.status for one in answers) == [201] + [429] * 11
    assert {one.code for one in answers if one.status == 429} == {"slow_mode"}
    (written,) = (one.json for one in answers if one.status == 201)
    assert told(owner, stream, "chat")[-1] == written
    assert chat(api, stream, fan)[0] == written["content"]


@pytest.mark.parametrize("first_line", [True, False], ids=["first line", "later line"])
def test_a_line_waits_for_the_authors_other_line_and_then_for_slow_mode(
    api: Api, backing: Backing, clock: Clock, fan: Person, creator: Person, stream: str,
    *, first_line: bool,
) -> None:  # fmt: skip
    if not first_line:
        say(api, stream, fan, "before")
        clock.advance(seconds=60)
    slow_down(api, stream, creator, 30)
    answers: list[Answer] = []

    with psycopg.connect(backing.direct_url) as author:
        author.execute("select private.take_turn(%s, %s)", (stream, fan.id))
        saying = threading.Thread(target=lambda: answers.append(say(api, stream, fan, "two")))
        saying.start()
        saying.join(0.3)
        assert saying.is_alive()
        author.execute("select private.say(%s, %s, 'one')", (stream, fan.id))
    saying.join(5)

    assert [(one.status, one.code) for one in answers] == [(429, "slow_mode")]
    assert chat(api, stream, fan)[0] == "one"


def test_without_slow_mode_every_line_of_one_viewer_is_written_once(
    api: Api, owner: Owner, fan: Person, stream: str, crowd: None
) -> None:
    said = {str(number) for number in range(20)}

    answers = api.at_once(
        [Post(f"/api/streams/{stream}/message", fan.token, {"content": one}) for one in said]
    )

    assert [one.status for one in answers] == [201] * 20
    assert sorted(chat(api, stream, fan)) == sorted(said)
    assert sorted(line["content"] for line in told(owner, stream, "chat")) == sorted(said)


def test_a_line_that_is_being_written_is_there_before_its_author_is_banned(
    api: Api, backing: Backing, fan: Person, creator: Person, stream: str
) -> None:
    banned: list[Answer] = []

    def ban() -> None:
        body = {"userId": str(fan.id)}
        banned.append(api.post(f"/api/streams/{stream}/ban", creator.token, body))

    with psycopg.connect(backing.direct_url) as author:
        author.execute("select private.say(%s, %s, 'last words')", (stream, fan.id))
        banning = threading.Thread(target=ban)
        banning.start()
        banning.join(0.3)
        assert banning.is_alive()
    banning.join(5)

    assert [one.status for one in banned] == [200]
    assert chat(api, stream, creator) == ["last words"]


def test_a_line_that_waited_for_the_ban_of_its_author_is_refused(
    api: Api, backing: Backing, fan: Person, creator: Person, stream: str
) -> None:
    answers: list[Answer] = []

    with psycopg.connect(backing.direct_url) as host:
        host.execute("select private.ban_viewer(%s, %s, %s)", (stream, creator.id, fan.id))
        saying = threading.Thread(target=lambda: answers.append(say(api, stream, fan)))
        saying.start()
        saying.join(0.3)
        assert saying.is_alive()
    saying.join(5)

    assert [(one.status, one.code) for one in answers] == [(403, "banned")]
    assert chat(api, stream, creator) == []


def test_whatever_the_order_no_line_comes_after_the_ban(
    api: Api, owner: Owner, people: People, creator: Person, stream: str, crowd: None
) -> None:
    for _ in range(5):
        fan = people.fan()
        line = Post(f"/api/streams/{stream}/message", fan.token, {"content": "again"})
        ban = Post(f"/api/streams/{stream}/ban", creator.token, {"userId": str(fan.id)})

        answers = api.at_once([line, line, line, ban, line, line, line])

        assert answers[3].status == 200
        said = [one for one in answers if one is not answers[3]]
        assert {one.status for one in said} <= {201, 403}
        written = owner.execute(
            "select count(*) from stream_messages where stream_id = %s and user_id = %s",
            (stream, fan.id),
        ).fetchone()
        assert written == (sum(one.status == 201 for one in said),)
        assert say(api, stream, fan).code == "banned"


def test_a_stream_that_never_was_has_no_chat(api: Api, owner: Owner, fan: Person) -> None:
    nowhere = str(uuid4())

    refused = say(api, nowhere, fan)

    assert (refused.status, refused.code) == (404, "not_found")
    assert told(owner, nowhere, "chat") == []
