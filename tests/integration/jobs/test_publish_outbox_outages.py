"""The publisher while Realtime is down, slow or unwilling, and when the publisher itself dies."""

import json
import random
import signal
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import uuid4

import pytest

from limelight.data import system
from limelight.realtime import queries, service
from tests.integration.api import Api
from tests.integration.channels import (
    Answer,
    Message,
    Mood,
    Outbox,
    Publisher,
    Realtime,
    Silence,
    down,
    fine,
    until,
)
from tests.integration.clock import Clock
from tests.integration.jobs.conftest import Said
from tests.integration.ledger import GIFTS
from tests.integration.people import Fund, Owner, Person
from tests.integration.sandbox import closed_port

POISON = "poison"
IMPATIENT = {"REALTIME_TIMEOUT_SECONDS": "0.5"}
TROUBLES: dict[str, Callable[[], Answer | Silence]] = {
    "an internal error": lambda: Answer(500),
    "a bad gateway": lambda: Answer(502),
    "overwhelmed": lambda: Answer(503),
    "too many": lambda: Answer(429),
    "unauthorized": lambda: Answer(401),
    "forbidden": lambda: Answer(403),
    "not there": lambda: Answer(404),
    "elsewhere": lambda: Answer(302, {"Location": "https://example.com/"}),
    "hangs up": lambda: Answer(None),
    "silent": lambda: Silence(taken=False),
}


@pytest.fixture
def topic() -> str:
    return f"stream:{uuid4()}"


def refusing(names: set[str], status: int = 422) -> Mood:
    """Realtime that refuses every call with one of these events in it."""

    def mood(messages: list[Message]) -> Answer | None:
        return Answer(status) if names & {one["event"] for one in messages} else None

    return mood


def first_heard(realtime: Realtime, topic: str) -> list[int]:
    """The numbers that arrived, as a listener has them who knows events by their ids."""
    first = {one["payload"]["eventId"]: one["payload"]["number"] for one in realtime.heard(topic)}
    return list(first.values())


# Realtime is in trouble


def test_a_gift_is_accepted_while_realtime_is_down_and_heard_when_it_is_back(
    api: Api, fan: Person, stream: str, fund: Fund, outbox: Outbox, publisher: Publisher,
    realtime: Realtime,
) -> None:  # fmt: skip
    fund(fan, 5)
    realtime.mood = down
    publisher.look()

    sent = api.pay(
        f"/api/streams/{stream}/gift", fan.token, {"giftId": GIFTS["Rose"], "quantity": 1}
    )

    assert sent.status == 201
    assert publisher.look() == 0
    realtime.mood = fine
    outbox.wake()
    assert publisher.look() == 1
    assert [one["event"] for one in realtime.heard(f"stream:{stream}")] == ["gift"]


@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES)
def test_events_wait_while_realtime_is_in_trouble_and_then_arrive_once_in_order(
    outbox: Outbox, publisher: Publisher, realtime: Realtime, topic: str,
    trouble: Callable[[], Answer | Silence],
) -> None:  # fmt: skip
    outbox.tell(topic, 3)
    realtime.mood = lambda _: trouble()

    with publisher.told(**IMPATIENT):
        assert publisher.look() == 0
    assert (outbox.waiting(topic), realtime.heard(topic)) == (3, [])

    outbox.tell(topic, 2, start=4)
    realtime.mood = fine
    outbox.wake()
    assert publisher.look_until_idle() == 5
    assert realtime.numbers(topic) == [1, 2, 3, 4, 5]


def test_events_wait_while_nobody_listens_at_realtimes_address(
    outbox: Outbox, publisher: Publisher, realtime: Realtime, topic: str
) -> None:
    outbox.tell(topic)
    with closed_port() as port, publisher.told(SUPABASE_URL=f"http://127.0.0.1:{port}"):
        assert publisher.look() == 0

    outbox.wake()
    assert publisher.look() == 1
    assert realtime.numbers(topic) == [1]


def test_an_answer_that_was_lost_has_the_events_sent_again_with_the_same_ids(
    outbox: Outbox, publisher: Publisher, realtime: Realtime, topic: str
) -> None:
    outbox.tell(topic, 2)
    realtime.mood = lambda _: Silence(taken=True)
    with publisher.told(**IMPATIENT):
        assert publisher.look() == 0

    realtime.mood = fine
    outbox.wake()
    outbox.tell(topic, start=3)
    assert publisher.look_until_idle() == 3

    assert realtime.numbers(topic) == [1, 2, 1, 2, 3]
    ids = [one["payload"]["eventId"] for one in realtime.heard(topic)]
    assert ids[:2] == ids[2:4]
    assert first_heard(realtime, topic) == [1, 2, 3]


def test_a_topic_in_trouble_holds_up_no_other(
    outbox: Outbox, publisher: Publisher, realtime: Realtime, topic: str
) -> None:
    other = f"stream:{uuid4()}"
    realtime.mood = lambda messages: Answer(500) if messages[0]["topic"] == topic else None
    outbox.tell(topic)
    outbox.tell(other)

    assert publisher.look() == 1

    assert (realtime.numbers(topic), realtime.numbers(other)) == ([], [1])


def test_what_delays_events_is_logged_with_its_cause_and_without_their_contents(
    outbox: Outbox, publisher: Publisher, realtime: Realtime, topic: str, said: Said
) -> None:
    outbox.tell(topic)
    realtime.mood = down

    publisher.look()

    delayed, job = said()
    assert (delayed["level"], delayed["message"]) == ("WARNING", "events delayed")
    assert delayed["troubles"] == {"realtime: status 503": 1}
    assert delayed["function_request_id"] == job["function_request_id"]
    assert topic not in json.dumps([delayed, job])


# Back-off


def test_a_topic_rests_after_a_failure_and_is_left_alone_until_it_has_rested(
    outbox: Outbox, publisher: Publisher, realtime: Realtime, clock: Clock, topic: str
) -> None:
    outbox.tell(topic)
    realtime.mood = down
    for _ in range(7):
        publisher.look()
        outbox.wake()
    publisher.look()
    realtime.mood = fine
    realtime.calls.clear()

    assert publisher.look() == 0
    assert realtime.calls == []
    clock.advance(seconds=60)
    assert publisher.look() == 1


def test_each_failure_doubles_the_rest_up_to_a_minute_less_chance(
    outbox: Outbox, publisher: Publisher, realtime: Realtime, topic: str
) -> None:
    outbox.tell(topic)
    realtime.mood = down
    rests = []
    for _ in range(9):
        publisher.look()
        rests.append(outbox.rest(topic))
        outbox.wake()

    for rest, longest in zip(rests, (1, 2, 4, 8, 16, 32, 60, 60, 60), strict=True):
        assert rest is not None
        assert longest / 2 - 1 < rest <= longest


def test_topics_that_failed_together_do_not_come_back_together(
    outbox: Outbox, publisher: Publisher, realtime: Realtime
) -> None:
    topics = [f"stream:{uuid4()}" for _ in range(16)]
    for topic in topics:
        outbox.tell(topic)
    realtime.mood = down
    for _ in range(7):
        publisher.look()
        outbox.wake()
    publisher.look()

    rests = [rest for topic in topics if (rest := outbox.rest(topic)) is not None]

    assert len(rests) == 16
    assert max(rests) - min(rests) > 5


@pytest.mark.parametrize(
    ("asked", "least", "most"),
    [("40", 39, 40), ("86400", 59, 60), ("0", -1, 1), ("soon", -1, 1), ("-5", -1, 1)],
)
def test_realtime_is_left_alone_as_long_as_it_asks_for_and_no_longer_than_a_minute(
    outbox: Outbox, publisher: Publisher, realtime: Realtime, topic: str,
    asked: str, least: float, most: float,
) -> None:  # fmt: skip
    outbox.tell(topic)
    realtime.mood = lambda _: Answer(429, {"Retry-After": asked})

    publisher.look()

    rest = outbox.rest(topic)
    assert rest is not None
    assert least < rest <= most


def test_a_success_forgets_the_failures_before_it(
    outbox: Outbox, publisher: Publisher, realtime: Realtime, topic: str
) -> None:
    outbox.tell(topic)
    realtime.mood = down
    for _ in range(7):
        publisher.look()
        outbox.wake()
    realtime.mood = fine
    publisher.look()
    assert outbox.rest(topic) is None

    outbox.tell(topic, start=2)
    realtime.mood = down
    publisher.look()

    rest = outbox.rest(topic)
    assert rest is not None
    assert rest <= 1


def test_a_batch_beyond_the_projects_rate_is_halved_until_it_gets_through(
    outbox: Outbox, publisher: Publisher, realtime: Realtime, topic: str
) -> None:
    realtime.mood = lambda messages: Answer(429) if len(messages) > 10 else None
    outbox.tell(topic, 30)

    for _ in range(40):
        publisher.look()
        outbox.wake()

    assert realtime.numbers(topic) == [*range(1, 31)]
    assert [len(call) for call in realtime.calls][:4] == [30, 25, 12, 6]


# An event that Realtime will not take


@pytest.mark.parametrize("status", [400, 413, 422])
def test_an_event_that_is_refused_three_times_is_set_aside_and_the_rest_goes_on(
    outbox: Outbox, publisher: Publisher, realtime: Realtime, topic: str, status: int
) -> None:
    outbox.tell(topic, 2)
    outbox.tell(topic, start=3, event=POISON)
    outbox.tell(topic, 2, start=4)
    realtime.mood = refusing({POISON}, status)

    looks = []
    for _ in range(4):
        looks.append(publisher.look())
        outbox.wake()

    assert looks == [2, 0, 0, 2]
    assert realtime.numbers(topic) == [1, 2, 4, 5]
    assert outbox.column("refusals", topic) == [0, 0, 3, 0, 0]
    assert [moment is not None for moment in outbox.column("dead_at", topic)] == [
        False, False, True, False, False,
    ]  # fmt: skip


def test_a_topic_rests_before_a_refused_event_is_tried_again(
    outbox: Outbox, publisher: Publisher, realtime: Realtime, clock: Clock, topic: str
) -> None:
    outbox.tell(topic, event=POISON)
    realtime.mood = refusing({POISON})
    publisher.look()
    assert outbox.rest(topic) is not None

    for _ in range(2):
        clock.advance(seconds=10)
        publisher.look()

    assert outbox.column("refusals", topic) == [3]
    assert outbox.rest(topic) is None


def test_what_the_gateway_itself_will_not_take_is_set_aside(
    outbox: Outbox, publisher: Publisher, realtime: Realtime, topic: str
) -> None:
    outbox.tell(topic, event=" ")
    outbox.tell(topic, start=2)

    for _ in range(4):
        publisher.look()
        outbox.wake()

    assert realtime.numbers(topic) == [2]
    assert (outbox.waiting(topic), outbox.column("refusals", topic)) == (0, [3, 0])


def test_several_events_that_are_refused_are_set_aside_one_after_the_other(
    outbox: Outbox, publisher: Publisher, realtime: Realtime, topic: str
) -> None:
    for number, event in enumerate((POISON, "chat", POISON, "chat"), start=1):
        outbox.tell(topic, start=number, event=event)
    realtime.mood = refusing({POISON})

    for _ in range(8):
        publisher.look()
        outbox.wake()

    assert realtime.numbers(topic) == [2, 4]
    assert outbox.column("refusals", topic) == [3, 0, 3, 0]


def test_a_batch_that_is_refused_only_as_a_whole_is_sent_one_by_one(
    outbox: Outbox, publisher: Publisher, realtime: Realtime, topic: str
) -> None:
    realtime.mood = lambda messages: Answer(413) if len(messages) > 1 else None
    outbox.tell(topic, 3)

    assert publisher.look() == 3

    assert realtime.numbers(topic) == [1, 2, 3]
    assert outbox.column("refusals", topic) == [0, 0, 0]


def test_an_outage_in_the_middle_of_sending_one_by_one_loses_and_doubles_nothing(
    outbox: Outbox, publisher: Publisher, realtime: Realtime, topic: str
) -> None:
    def mood(messages: list[Message]) -> Answer | None:
        if len(messages) > 1:
            return Answer(413)
        return Answer(503) if messages[0]["payload"]["number"] == 2 else None

    outbox.tell(topic, 3)
    realtime.mood = mood
    assert publisher.look() == 1
    assert outbox.column("refusals", topic) == [0, 0, 0]

    realtime.mood = fine
    outbox.wake()
    assert publisher.look() == 2
    assert realtime.numbers(topic) == [1, 2, 3]


def test_an_event_that_was_set_aside_is_counted_and_logged_without_personal_data(
    outbox: Outbox, publisher: Publisher, realtime: Realtime, fan: Person, said: Said,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    outbox.tell(f"user:{fan.id}", event=POISON)
    realtime.mood = refusing({POISON})
    for _ in range(3):
        publisher.look()
        outbox.wake()

    (line,) = [one for one in said() if one["message"] == "event set aside"]
    assert (line["level"], line["event"]) == ("ERROR", POISON)
    assert [line["outbox_id"]] == outbox.column("id", f"user:{fan.id}")
    assert str(fan.id) not in json.dumps(said())
    printed = capsys.readouterr().out
    metrics = [json.loads(one) for one in printed.splitlines() if "DeadLetters" in one]
    assert [one["DeadLetters"] for one in metrics] == [[0.0], [0.0], [1.0]]


def test_an_event_that_was_set_aside_can_be_sent_again(
    owner: Owner, outbox: Outbox, publisher: Publisher, realtime: Realtime, topic: str
) -> None:
    outbox.tell(topic, event=POISON)
    realtime.mood = refusing({POISON})
    for _ in range(3):
        publisher.look()
        outbox.wake()
    realtime.mood = fine

    owner.execute("update outbox set dead_at = null, refusals = 0 where dead_at is not null")

    assert publisher.look() == 1
    assert realtime.numbers(topic) == [1]


# A publisher that dies, or is too late


def test_what_a_killed_publisher_had_in_hand_is_sent_again_with_the_same_ids_after_its_lease(
    outbox: Outbox, publisher: Publisher, realtime: Realtime, clock: Clock, topic: str
) -> None:
    outbox.tell(topic, 2)
    realtime.mood = lambda _: Silence(taken=True)
    with publisher.running() as (process,):
        until(lambda: len(realtime.heard(topic)) == 2)
        process.send_signal(signal.SIGKILL)
        process.wait()
    realtime.mood = fine
    outbox.tell(topic, start=3)

    assert publisher.look() == 0, "the lease of the dead still holds"
    clock.advance(seconds=31)
    assert publisher.look() == 3

    assert realtime.numbers(topic) == [1, 2, 1, 2, 3]
    assert len({one["payload"]["eventId"] for one in realtime.heard(topic)}) == 3


def test_nobody_is_given_a_topic_that_another_holds(outbox: Outbox, topic: str) -> None:
    outbox.tell(topic)
    claim = {"topics": 16, "events": 50, "seconds": 30}

    first, second = (system.fetch_all(queries.CLAIM, claim) for _ in range(2))

    assert [row["topic"] for row in first] == [topic]
    assert second == []


def test_whoever_lost_the_lease_settles_nothing(
    outbox: Outbox, publisher: Publisher, realtime: Realtime, topic: str
) -> None:
    outbox.tell(topic)
    claim = {"topics": 16, "events": 50, "seconds": 30}
    (lost,) = system.fetch_all(queries.CLAIM, claim)
    outbox.wake()
    (held,) = system.fetch_all(queries.CLAIM, claim)
    late: dict[str, Any] = {
        "topic": topic,
        "lease": lost["lease"],
        "sent": [lost["events"][0]["id"]],
    }

    assert system.fetch_one(queries.SETTLE, late | {"topics": [topic]}) == {"published": 0}
    assert system.fetch_one(queries.REST, late | {"at_least": 0}) == {"published": 0}
    assert system.fetch_one(queries.REFUSE, late | {"refused": late["sent"][0]}) == {
        "published": 0,
        "set_aside": False,
    }

    assert outbox.waiting(topic) == 1
    assert outbox.column("refusals", topic) == [0]
    rest = outbox.rest(topic)
    assert rest is not None
    assert rest > 20
    in_time = late | {"lease": held["lease"], "topics": [topic]}
    assert system.fetch_one(queries.SETTLE, in_time) == {"published": 1}


def test_nothing_is_sent_that_might_outlast_the_lease(
    outbox: Outbox, publisher: Publisher, realtime: Realtime, topic: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(service, "LEASE_SECONDS", 1.0)
    outbox.tell(topic)

    assert publisher.look() == 0

    assert realtime.calls == []
    assert outbox.rest(topic) is not None


def test_settling_twice_changes_nothing_more(outbox: Outbox, topic: str) -> None:
    """The answer to the first may be lost; the pool then asks again."""
    outbox.tell(topic, 2)
    (claim,) = system.fetch_all(queries.CLAIM, {"topics": 16, "events": 1, "seconds": 30})
    done = {"topics": [topic], "lease": claim["lease"], "sent": [claim["events"][0]["id"]]}

    answers = [system.fetch_one(queries.SETTLE, done) for _ in range(2)]

    assert answers == [{"published": 1}, {"published": 0}]
    assert outbox.waiting(topic) == 1


def test_whatever_goes_wrong_every_event_arrives_and_in_order(
    outbox: Outbox, publisher: Publisher, realtime: Realtime
) -> None:
    """Two publishers, one of which is killed again and again, leases that lapse while their holders
    live, and a Realtime that fails every other call in a way of its own."""
    chance = random.Random(20_260_202)  # noqa: S311 - a test that can be repeated
    topics = [f"stream:{uuid4()}" for _ in range(5)]
    moods: list[Answer | Silence | None] = [None, None, None, None]
    moods += [Answer(500), Answer(429), Answer(None), Silence(taken=True)]
    realtime.mood = lambda _: chance.choice(moods)

    def has_come_on(calls: int) -> bool:
        outbox.wake()
        return len(realtime.calls) >= calls

    def is_over() -> bool:
        outbox.wake()
        return all(outbox.waiting(topic) == 0 for topic in topics)

    with publisher.told(REALTIME_TIMEOUT_SECONDS="2"), publisher.running(seconds=1000):
        for start in range(1, 60, 20):
            for topic in topics:
                outbox.tell(topic, 20, start)
            with publisher.running(seconds=1000):
                until(partial(has_come_on, len(realtime.calls) + len(topics)))
        realtime.mood = fine
        until(is_over)

    for topic in topics:
        assert first_heard(realtime, topic) == [*range(1, 61)]
        assert sorted(set(realtime.numbers(topic))) == [*range(1, 61)]
