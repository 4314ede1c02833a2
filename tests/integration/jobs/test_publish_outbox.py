"""Every minute, and for a little longer: publish what committed, twice a second, in order."""

import json
from collections import defaultdict
from threading import Thread
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.types.json import Jsonb

from limelight.data.errors import DataUnavailable
from limelight.realtime import service
from local.services.backing import Backing
from tests.integration.api import Api
from tests.integration.channels import Outbox, Publisher, Realtime, down, until
from tests.integration.clock import Clock
from tests.integration.ledger import GIFTS
from tests.integration.people import Fund, Owner, Person
from tests.integration.sandbox import outage


@pytest.fixture
def topic() -> str:
    return f"stream:{uuid4()}"


def figures(printed: str) -> dict[str, list[float]]:
    """The metrics of the job's last run, as its log has them."""
    lines = [json.loads(line) for line in printed.splitlines() if line.startswith("{")]
    return next(
        line for line in reversed(lines) if line.get("job") == "publish_outbox" and "_aws" in line
    )


# What arrives


def test_a_gift_is_heard_on_its_streams_private_channel(
    api: Api, fan: Person, stream: str, fund: Fund, outbox: Outbox, publisher: Publisher,
    realtime: Realtime,
) -> None:  # fmt: skip
    fund(fan, 5)
    rose = {"giftId": GIFTS["Rose"], "quantity": 2}
    sent = api.pay(f"/api/streams/{stream}/gift", fan.token, rose)

    assert publisher.look() == 1

    (heard,) = realtime.heard(f"stream:{stream}")
    assert (heard["event"], heard["private"], heard["role"]) == ("gift", True, "service_role")
    assert heard["payload"]["streamGiftId"] == sent.json["streamGift"]["id"]
    assert heard["payload"]["totalCoins"] == 2
    (event_id,) = outbox.column("event_id", f"stream:{stream}")
    assert UUID(heard["payload"]["eventId"]) == event_id


def test_what_was_published_is_not_published_again(
    outbox: Outbox, publisher: Publisher, realtime: Realtime, topic: str
) -> None:
    outbox.tell(topic)

    assert [publisher.look(), publisher.look()] == [1, 0]

    assert realtime.numbers(topic) == [1]
    assert None not in outbox.column("published_at", topic)


def test_an_idle_run_asks_nothing_of_realtime(publisher: Publisher, realtime: Realtime) -> None:
    assert publisher.look() == 0
    assert realtime.calls == []


def test_what_was_rolled_back_is_never_heard(
    backing: Backing, outbox: Outbox, publisher: Publisher, realtime: Realtime, topic: str
) -> None:
    with psycopg.connect(backing.direct_url) as connection:
        connection.execute("select private.tell(%s, 'gift', '{}')", (topic,))
        publisher.look()
        connection.rollback()
    outbox.tell(topic, start=2)

    assert publisher.look() == 1

    assert realtime.numbers(topic) == [2]


def test_a_gift_that_failed_is_not_heard(
    api: Api, fan: Person, stream: str, publisher: Publisher, realtime: Realtime
) -> None:
    refused = api.pay(
        f"/api/streams/{stream}/gift", fan.token, {"giftId": GIFTS["Rose"], "quantity": 1}
    )

    assert refused.status == 402
    assert publisher.look() == 0
    assert realtime.heard(f"stream:{stream}") == []


# In order


def test_the_events_of_a_topic_arrive_in_their_order_in_one_call(
    outbox: Outbox, publisher: Publisher, realtime: Realtime, topic: str
) -> None:
    outbox.tell(topic, 20)

    assert publisher.look() == 20

    assert realtime.numbers(topic) == [*range(1, 21)]
    assert [len(call) for call in realtime.calls] == [20]


def test_more_than_fit_into_one_call_arrive_in_their_order(
    outbox: Outbox, publisher: Publisher, realtime: Realtime, topic: str
) -> None:
    outbox.tell(topic, service.EVENTS * 2 + 1)

    assert publisher.look_until_idle() == service.EVENTS * 2 + 1

    assert realtime.numbers(topic) == [*range(1, service.EVENTS * 2 + 2)]
    assert [len(call) for call in realtime.calls] == [service.EVENTS, service.EVENTS, 1]


def test_topics_that_have_waited_longest_go_first(
    outbox: Outbox, publisher: Publisher, realtime: Realtime
) -> None:
    topics = [f"stream:{number:08d}-0000-4000-8000-{uuid4().hex[:12]}" for number in range(40)]
    late_comers_first = list(reversed(topics))
    for topic in late_comers_first:
        outbox.tell(topic)

    looks = []
    while publisher.look():
        looks.append({message["topic"] for call in realtime.calls for message in call})
        realtime.calls.clear()

    assert looks == [
        set(late_comers_first[:16]), set(late_comers_first[16:32]), set(late_comers_first[32:]),
    ]  # fmt: skip


def test_several_publishers_at_once_lose_double_and_disorder_nothing(
    backing: Backing, outbox: Outbox, publisher: Publisher, realtime: Realtime
) -> None:
    """Six writers, four topics, three publishers; every fifth transaction is rolled back."""
    topics = [f"stream:{uuid4()}" for _ in range(4)]

    def write(writer: int) -> None:
        with psycopg.connect(backing.direct_url) as connection:
            for number in range(100):
                payload = Jsonb({"writer": writer, "number": number})
                told = (topics[(writer + number) % 4], "chat", payload)
                connection.execute("select private.tell(%s, %s, %s)", told)
                if number % 5 == 4:
                    connection.rollback()
                else:
                    connection.commit()

    writers = [Thread(target=write, args=(number,)) for number in range(6)]
    with publisher.running(count=3):
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        until(lambda: all(outbox.waiting(topic) == 0 for topic in topics))

    heard = {topic: realtime.heard(topic) for topic in topics}
    everything = [one["payload"] for topic in topics for one in heard[topic]]
    assert len(everything) == len({one["eventId"] for one in everything}) == 6 * 80
    for events in heard.values():
        numbers: dict[int, list[int]] = defaultdict(list)
        for event in events:
            numbers[event["payload"]["writer"]].append(event["payload"]["number"])
        assert all(told == sorted(told) for told in numbers.values())


# A run


def test_a_run_publishes_what_commits_while_it_stays(
    outbox: Outbox, publisher: Publisher, realtime: Realtime, topic: str
) -> None:
    with publisher.running():
        outbox.tell(topic)
        until(lambda: outbox.waiting(topic) == 0)
        outbox.tell(topic, start=2)
        until(lambda: outbox.waiting(topic) == 0)

    assert realtime.numbers(topic) == [1, 2]


def test_a_run_ends_by_itself_and_says_how_much_it_did(
    outbox: Outbox, publisher: Publisher, topic: str
) -> None:
    outbox.tell(topic, 3)

    with publisher.running(seconds=0.5) as (process,):
        printed, _ = process.communicate(timeout=60)

    assert process.returncode == 0
    assert printed.splitlines()[-1] == "3"


def test_a_run_says_how_long_events_wait(
    outbox: Outbox, publisher: Publisher, realtime: Realtime, clock: Clock, topic: str,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    outbox.tell(topic)
    publisher.look()
    assert figures(capsys.readouterr().out)["OutboxLag"] == [0.0]

    outbox.tell(topic)
    realtime.mood = down
    clock.advance(minutes=10)
    publisher.look()

    printed = figures(capsys.readouterr().out)
    (lag,) = printed["OutboxLag"]
    assert 600 <= lag < 660
    assert (printed["Done"], printed["DeadLetters"]) == ([0.0], [0.0])


def test_a_query_that_a_run_asks_many_times_is_one_line_of_metrics(
    outbox: Outbox, publisher: Publisher, topic: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with publisher.running(seconds=0.5) as (process,):
        printed, _ = process.communicate(timeout=60)

    lines = [json.loads(line) for line in printed.splitlines() if line.startswith("{")]
    claims = [line for line in lines if line.get("query") == "realtime.claim"]
    assert len(claims) == 1
    assert len(claims[0]["QueryLatency"]) > 1


def test_a_run_without_a_database_fails_and_loses_nothing(
    backing: Backing, outbox: Outbox, publisher: Publisher, realtime: Realtime, topic: str
) -> None:
    outbox.tell(topic)
    with outage(backing, database=True, supabase=False, keys=False), pytest.raises(DataUnavailable):
        publisher.look()

    assert publisher.look() == 1
    assert realtime.numbers(topic) == [1]


# Tidying up


@pytest.mark.parametrize(("hours", "kept"), [(0, 1), (23, 1), (25, 0)])
def test_what_was_published_is_kept_for_a_day(
    owner: Owner, outbox: Outbox, publisher: Publisher, clock: Clock, topic: str,
    hours: int, kept: int,
) -> None:  # fmt: skip
    outbox.tell(topic)
    publisher.look()

    clock.advance(hours=hours)
    publisher.look()

    assert len(outbox.column("id", topic)) == kept


def test_what_waits_or_was_set_aside_is_kept_however_old(
    owner: Owner, outbox: Outbox, publisher: Publisher, realtime: Realtime, clock: Clock, topic: str
) -> None:
    outbox.tell(topic, 2)
    owner.execute(
        "update outbox set dead_at = now() where topic = %s and payload @> '{\"number\": 1}'",
        (topic,),
    )
    realtime.mood = down

    clock.advance(days=400)
    publisher.look()

    assert len(outbox.column("id", topic)) == 2


def test_a_run_purges_until_nothing_old_is_left(
    outbox: Outbox, publisher: Publisher, clock: Clock, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "PURGE_BATCH", 2)
    outbox.tell(topic, 5)
    publisher.look()

    clock.advance(days=2)
    publisher.look()

    assert outbox.column("id", topic) == []
