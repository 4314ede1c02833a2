"""GET /api/streams/stats."""

from typing import Any

import psycopg

from local.services.backing import Backing
from tests.integration.api import Api
from tests.integration.clock import Clock
from tests.integration.ledger import GIFTS
from tests.integration.moments import in_days
from tests.integration.people import Fund, OpenStream, Owner, People, Person
from tests.integration.streams.conftest import AddUp

NOTHING = {
    "streams": 0, "totalDurationSeconds": 0, "totalViews": 0, "peakViewers": 0, "totalCoins": 0,
    "totalGifts": 0,
}  # fmt: skip


def stats(api: Api, person: Person) -> Any:
    answer = api.get("/api/streams/stats", person.token)
    assert answer.status == 200, answer.text
    return answer.json


def give(api: Api, stream: str, person: Person, gift: str, quantity: int) -> None:
    body = {"giftId": GIFTS[gift], "quantity": quantity}
    assert api.pay(f"/api/streams/{stream}/gift", person.token, body).status == 201


def past_stream(owner: Owner, creator: Person, hours_ago: int, minutes: int, views: int) -> None:
    """A stream that has ended, with so many views and half as many viewers at its peak."""
    owner.execute(
        """
        with made as (
          insert into streams
            (creator_id, title, category, status, started_at, ended_at)
          values (
            %(creator)s, 'Past', 'music', 'ended', now() - make_interval(hours => %(ago)s),
            now() - make_interval(hours => %(ago)s) + make_interval(mins => %(minutes)s)
          )
          returning id
        )
        insert into stream_stats (stream_id, is_live, peak_viewers, total_views)
        select id, false, %(views)s / 2, %(views)s
        from made
        """,
        {"creator": creator.id, "ago": hours_ago, "minutes": minutes, "views": views},
    )


def test_a_creator_who_never_streamed_has_totals_of_nothing_and_no_averages(
    api: Api, creator: Person, open_stream: OpenStream
) -> None:
    open_stream(scheduledFor=in_days(1))

    answer = api.get("/api/streams/stats", creator.token)

    assert answer.headers["cache-control"] == "no-store"
    assert answer.json == {"totals": NOTHING, "lastStreams": None}


def test_a_live_stream_counts_as_it_stands(
    api: Api, people: People, fan: Person, creator: Person, stream: str, fund: Fund, clock: Clock
) -> None:
    for one in (fan, people.fan()):
        api.post(f"/api/streams/{stream}/join", one.token)
    api.post(f"/api/streams/{stream}/leave", fan.token)
    fund(fan, 100)
    give(api, stream, fan, "Star", 3)
    clock.advance(minutes=2)

    shown = stats(api, creator)

    assert 120 <= shown["totals"].pop("totalDurationSeconds") < 130
    assert shown == {
        "totals": {
            "streams": 1, "totalViews": 2, "peakViewers": 2, "totalCoins": 15, "totalGifts": 3,
        },
        "lastStreams": None,
    }  # fmt: skip


def test_an_ended_stream_is_in_the_totals_and_in_the_averages(
    api: Api, fan: Person, creator: Person, stream: str, fund: Fund, clock: Clock
) -> None:
    api.post(f"/api/streams/{stream}/join", fan.token)
    fund(fan, 100)
    give(api, stream, fan, "Fire", 2)
    clock.advance(minutes=10)
    api.post(f"/api/streams/{stream}/end", creator.token)

    assert stats(api, creator) == {
        "totals": {
            "streams": 1, "totalDurationSeconds": 600, "totalViews": 1, "peakViewers": 1,
            "totalCoins": 20, "totalGifts": 2,
        },
        "lastStreams": {
            "streams": 1, "averageDurationSeconds": 600, "averageViews": 1,
            "averagePeakViewers": 1, "averageCoins": 20, "averageGifts": 2,
        },
    }  # fmt: skip


def test_the_figures_are_the_same_before_and_after_they_were_added_up_for_good(
    api: Api, fan: Person, creator: Person, open_stream: OpenStream, fund: Fund, add_up: AddUp
) -> None:
    fund(fan, 100)
    for gift in ("Star", "Fire"):
        stream = open_stream()
        api.post(f"/api/streams/{stream}/join", fan.token)
        give(api, stream, fan, gift, 1)
        api.post(f"/api/streams/{stream}/end", creator.token)
    before = stats(api, creator)

    seen = []
    for _ in range(2):
        add_up()
        seen.append(stats(api, creator))

    assert seen == [before, before]
    assert before["totals"]["streams"] == before["lastStreams"]["streams"] == 2
    assert before["totals"]["totalCoins"] == 15


def test_totals_go_on_from_what_was_added_up(
    api: Api, fan: Person, creator: Person, open_stream: OpenStream, fund: Fund, add_up: AddUp
) -> None:
    fund(fan, 100)
    for _ in range(3):
        stream = open_stream()
        give(api, stream, fan, "Star", 1)
        api.post(f"/api/streams/{stream}/end", creator.token)
        add_up()
    give(api, open_stream(), fan, "Fire", 1)

    totals = stats(api, creator)["totals"]

    assert (totals["streams"], totals["totalCoins"], totals["totalGifts"]) == (4, 25, 4)


def test_averages_are_of_the_last_ten_streams_and_totals_of_all(
    api: Api, owner: Owner, creator: Person, add_up: AddUp
) -> None:
    for ago in range(12, 0, -1):
        past_stream(owner, creator, hours_ago=ago, minutes=ago, views=10 * ago)

    before = stats(api, creator)
    add_up()

    assert stats(api, creator) == before
    assert before["totals"] == NOTHING | {
        "streams": 12, "totalDurationSeconds": 78 * 60, "totalViews": 780, "peakViewers": 60,
    }  # fmt: skip
    assert before["lastStreams"] == {
        "streams": 10, "averageDurationSeconds": 330, "averageViews": 55,
        "averagePeakViewers": 28, "averageCoins": 0, "averageGifts": 0,
    }  # fmt: skip


def test_another_creators_streams_are_not_in_mine(
    api: Api, people: People, fan: Person, creator: Person, stream: str, fund: Fund, add_up: AddUp
) -> None:
    fund(fan, 10)
    give(api, stream, fan, "Star", 1)
    api.post(f"/api/streams/{stream}/end", creator.token)
    add_up()

    assert stats(api, people.creator()) == {"totals": NOTHING, "lastStreams": None}


def test_a_gift_that_arrives_while_the_stream_ends_is_in_the_totals(
    api: Api, backing: Backing, fan: Person, creator: Person, stream: str, fund: Fund,
    new_key: str, add_up: AddUp,
) -> None:  # fmt: skip
    fund(fan, 10)
    with psycopg.connect(backing.direct_url) as sender:
        sender.execute(
            "select ledger.gift(%s, %s, %s, 1, %s, 'h', 'q')",
            (fan.id, stream, GIFTS["Fire"], new_key),
        )
        assert api.post(f"/api/streams/{stream}/end", creator.token).json["totalCoins"] == 0
    add_up()

    assert stats(api, creator)["totals"]["totalCoins"] == 10
    assert api.get(f"/api/streams/{stream}").json["totalCoins"] == 10
