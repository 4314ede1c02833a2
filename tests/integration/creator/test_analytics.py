"""GET /api/creator/analytics."""

from typing import Any

import pytest

from functions.jobs import refresh_analytics
from local.services.backing import Backing
from tests.integration.api import UNSET, Api
from tests.integration.clock import Clock, StoppedClock
from tests.integration.giving import give, tip
from tests.integration.messages.talk import send_locked
from tests.integration.messages.test_tip import tip as tip_in_messages
from tests.integration.messages.test_unlock import unlock
from tests.integration.people import Fund, OpenStream, Owner, People, Person
from tests.integration.sandbox import outage
from tests.integration.shows import acts
from tests.integration.telephone import Telephone

PATH = "/api/creator/analytics"
NOTHING = {"value": 0, "previous": 0, "change": None}
BY_SOURCE = ("gifts", "tips", "tickets", "calls", "shows", "messages")


def analytics(api: Api, creator: Person, period: object = 7) -> Any:
    answer = api.get(PATH, creator.token, period=period)
    assert answer.status == 200, answer.text
    return answer.json


def earned(report: Any) -> dict[str, int]:
    """What each source brought in the period, of those that brought something."""
    figures = report["overview"]["earnings"]
    assert figures["total"]["value"] == sum(figures[one]["value"] for one in BY_SOURCE)
    return {one: figures[one]["value"] for one in BY_SOURCE if figures[one]["value"]}


@pytest.fixture(params=["before the job has run", "after the job has run"])
def settled(request: pytest.FixtureRequest) -> Any:
    """Runs the job, or leaves everything to be read as it came: the answer is the same."""
    if request.param == "before the job has run":
        return lambda: None
    return lambda: refresh_analytics.handler({}, _context())


def _context() -> Any:
    class Context:
        aws_request_id = "r"

        @staticmethod
        def get_remaining_time_in_millis() -> int:
            return 30_000

    return Context()


def test_a_creator_to_whom_nothing_happened_has_zeros_and_no_averages(
    api: Api, creator: Person
) -> None:
    answer = api.get(PATH, creator.token)

    report = answer.json
    assert (answer.status, report["period"]) == (200, "30")
    assert answer.headers["cache-control"] == "no-store"
    assert report["overview"] == {
        "earnings": dict.fromkeys(("total", *BY_SOURCE), NOTHING),
        "newFollowers": NOTHING,
        "views": NOTHING,
    }
    assert report["streams"] == {
        "count": 0, "hours": 0, "totalViews": 0, "peakViewers": 0, "averageViews": None,
    }  # fmt: skip
    assert report["calls"] == {"count": 0, "minutes": 0, "averageCallLength": None, "coins": 0}
    assert report["shows"] == {"count": 0, "tickets": 0, "coins": 0, "sellThrough": None}
    assert report["gifts"] == {"count": 0, "coins": 0, "averageGiftValue": None, "top": []}
    assert (report["topGifters"], report["recentActivity"]) == ([], [])
    assert [day["total"] for day in report["daily"]] == [0] * 30


def test_gifts_are_counted_one_by_one_and_by_who_gave_them(
    api: Api, people: People, fan: Person, creator: Person, stream: str, fund: Fund, settled: Any
) -> None:
    other = people.fan()
    fund(fan, 100)
    fund(other, 100)
    give(api, stream, fan, "Star", 4)
    give(api, stream, other, "Diamond")
    settled()
    give(api, stream, other, "Star")

    report = analytics(api, creator)

    assert earned(report) == {"gifts": 45}
    gifts = report["gifts"]
    assert (gifts["count"], gifts["coins"], gifts["averageGiftValue"]) == (6, 45, 7.5)
    assert [(one["name"], one["count"], one["coins"]) for one in gifts["top"]] == [
        ("Star", 5, 25),
        ("Diamond", 1, 20),
    ]
    assert [(one["username"], one["coins"], one["gifts"]) for one in report["topGifters"]] == [
        (other.username, 25, 2),
        (fan.username, 20, 4),
    ]
    assert report["daily"][-1]["gifts"] == 45
    newest = report["recentActivity"][0]
    assert (newest["type"], newest["coins"], newest["user"]["id"]) == ("gift", 5, str(other.id))


def test_five_gifters_are_shown_those_who_gave_most(
    api: Api, people: People, creator: Person, stream: str, fund: Fund, settled: Any
) -> None:
    fans = [people.fan() for _ in range(7)]
    for number, one in enumerate(fans, start=1):
        fund(one, number)
        give(api, stream, one, "Rose", number)
    settled()

    shown = analytics(api, creator, "all")["topGifters"]

    assert [(one["id"], one["coins"]) for one in shown] == [
        (str(fans[number - 1].id), number) for number in (7, 6, 5, 4, 3)
    ]


def test_a_stream_brings_tips_tickets_views_and_hours(
    api: Api, owner: Owner, people: People, fan: Person, creator: Person,
    open_stream: OpenStream, fund: Fund, settled: Any,
) -> None:  # fmt: skip
    stream = open_stream(privacy="ticketed", ticketPrice=30)
    fund(fan, 100)
    assert api.pay(f"/api/streams/{stream}/ticket", fan.token, UNSET).status == 201
    assert tip(api, stream, fan, 12).status == 201
    assert api.post(f"/api/streams/{stream}/join", fan.token).status == 200
    owner.execute(
        "update public.streams set started_at = started_at - interval '90 minutes' where id = %s",
        (stream,),
    )
    live = analytics(api, creator, "all")
    api.post(f"/api/streams/{stream}/end", creator.token)
    settled()
    report = analytics(api, creator, "all")

    assert earned(report) == {"tips": 12, "tickets": 30}
    assert report["streams"] == {
        "count": 1, "hours": 1.5, "totalViews": 1, "peakViewers": 1, "averageViews": 1.0,
    }  # fmt: skip
    assert live["streams"] == report["streams"]
    assert report["overview"]["views"]["value"] == 1
    assert [one["type"] for one in report["recentActivity"]] == ["tip", "ticket"]


def test_a_call_brings_its_billed_minutes(
    api: Api, fan: Person, creator: Person, line: Telephone, stopped_clock: StoppedClock,
    settled: Any,
) -> None:  # fmt: skip
    for minutes in (5, 8):
        call = line.active(10)
        stopped_clock.advance(minutes=minutes)
        assert line.act(call, "end", fan).status == 200
    line.act(line.pending(), "cancel", fan)
    settled()

    report = analytics(api, creator)

    assert earned(report) == {"calls": 130}
    assert report["calls"] == {
        "count": 2, "minutes": 13, "averageCallLength": 6.5, "coins": 130,
    }  # fmt: skip
    newest = report["recentActivity"][0]
    assert (newest["type"], newest["coins"], newest["user"]["id"]) == ("call", 80, str(fan.id))


def test_a_show_earns_when_it_ends(
    api: Api, people: People, creator: Person, fund: Fund, settled: Any
) -> None:
    limited, unlimited = (acts.announce(api, creator, maxTickets=seats) for seats in (3, None))
    for show in (limited, limited, unlimited):
        buyer = people.fan()
        fund(buyer, 30)
        acts.ticket(api, show, buyer)
    before = analytics(api, creator)
    for show in (limited, unlimited):
        acts.start(api, show, creator)
        assert acts.end(api, show, creator).status == 200
    settled()

    report = analytics(api, creator)

    assert earned(before) == {}
    assert earned(report) == {"shows": 90}
    assert report["shows"] == {"count": 2, "tickets": 3, "coins": 90, "sellThrough": 67}
    assert report["recentActivity"][0]["type"] == "show"
    assert report["recentActivity"][0]["user"] is None


def test_messages_bring_unlocks_and_tips(
    api: Api, fan: Person, creator: Person, fund: Fund, settled: Any
) -> None:
    fund(fan, 100)
    sent = send_locked(api, creator, fan, 40).json
    unlock(api, fan, sent["id"])
    tip_in_messages(api, fan, sent["conversationId"], 25)
    settled()

    report = analytics(api, creator)

    assert earned(report) == {"messages": 65}
    assert [(one["type"], one["coins"]) for one in report["recentActivity"]] == [
        ("message_tip", 25),
        ("message_unlock", 40),
    ]


def test_a_follower_who_leaves_is_none_of_the_new_ones(
    api: Api, people: People, fan: Person, creator: Person, settled: Any
) -> None:
    people.follow(fan, creator)
    people.follow(people.fan(), creator)
    settled()
    both = analytics(api, creator)
    api.call("DELETE", f"/api/follow/{creator.id}", token=fan.token)

    left = analytics(api, creator)

    assert both["overview"]["newFollowers"]["value"] == 2
    assert left["overview"]["newFollowers"]["value"] == 1
    assert [(one["type"], one["coins"]) for one in left["recentActivity"]] == [("follow", None)]


def test_the_platforms_share_is_not_earned(
    api: Api, owner: Owner, fan: Person, creator: Person, stream: str, fund: Fund, settled: Any
) -> None:
    fund(fan, 100)
    owner.execute("insert into ledger.fee_rates values ('gift', 2000)")
    try:
        give(api, stream, fan, "Crown")
    finally:
        owner.execute("delete from ledger.fee_rates where operation = 'gift'")
    settled()

    report = analytics(api, creator)

    assert earned(report) == {"gifts": 80}
    assert report["gifts"]["averageGiftValue"] == 80.0


def test_what_a_creator_gives_and_is_given_by_the_platform_is_not_earned(
    api: Api, people: People, creator: Person, stream: str, fund: Fund, settled: Any
) -> None:
    fund(creator, 50)
    host = people.creator()
    elsewhere = api.post(
        "/api/streams/create", host.token, {"title": "Guitar", "category": "music"}
    ).json["id"]
    give(api, elsewhere, creator, "Diamond")
    settled()

    assert earned(analytics(api, creator)) == {}
    assert earned(analytics(api, host)) == {"gifts": 20}


def test_a_day_ends_at_midnight_utc_and_a_period_with_its_last_day(
    api: Api, fan: Person, creator: Person, stream: str, fund: Fund, stopped_clock: StoppedClock,
    settled: Any,
) -> None:  # fmt: skip
    now = stopped_clock.now
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    to_midnight = 24 * 3600 - (now - midnight).total_seconds()
    fund(fan, 100)
    stopped_clock.advance(seconds=to_midnight - 1)
    give(api, stream, fan, "Star")
    stopped_clock.advance(seconds=1)
    give(api, stream, fan, "Fire")
    settled()

    on_the_day = analytics(api, creator)
    stopped_clock.advance(days=6)
    settled()
    last_day = analytics(api, creator)
    stopped_clock.advance(days=1)
    too_late = analytics(api, creator)
    settled()

    assert [day["gifts"] for day in on_the_day["daily"]] == [0, 0, 0, 0, 0, 5, 10]
    assert [day["gifts"] for day in last_day["daily"]] == [10, 0, 0, 0, 0, 0, 0]
    assert last_day["overview"]["earnings"]["total"] == {
        "value": 10, "previous": 5, "change": 100.0,
    }  # fmt: skip
    assert [one["coins"] for one in last_day["topGifters"]] == [10]
    assert too_late["overview"]["earnings"]["gifts"] == {
        "value": 0, "previous": 15, "change": -100.0,
    }  # fmt: skip
    assert too_late["topGifters"] == []
    assert analytics(api, creator) == too_late
    assert earned(analytics(api, creator, 30)) == {"gifts": 15}


def test_all_time_begins_with_the_first_earning_and_has_nothing_before_it(
    api: Api, fan: Person, creator: Person, stream: str, fund: Fund, clock: Clock, settled: Any
) -> None:
    fund(fan, 5)
    give(api, stream, fan, "Star")
    clock.advance(days=400)
    settled()

    report = analytics(api, creator, "all")
    none = analytics(api, creator, 90)

    assert report["overview"]["earnings"]["total"] == {"value": 5, "previous": None, "change": None}
    assert len(report["daily"]) == 366
    assert [one["coins"] for one in report["topGifters"]] == [5]
    assert (none["topGifters"], len(none["daily"])) == ([], 90)


@pytest.mark.parametrize("period", [0, 8, -7, "week", "7.0", ""])
def test_there_are_four_periods(api: Api, creator: Person, period: object) -> None:
    refused = api.get(PATH, creator.token, period=period)

    assert (refused.status, refused.code) == (422, "validation_failed")


def test_a_fan_has_no_analytics(api: Api, fan: Person) -> None:
    refused = api.get(PATH, fan.token)

    assert (refused.status, refused.code) == (403, "role_required")


def test_nobody_sees_what_another_creator_earned(
    api: Api, people: People, fan: Person, stream: str, fund: Fund
) -> None:
    fund(fan, 5)
    give(api, stream, fan, "Star")

    report = analytics(api, people.creator(), "all")

    assert (earned(report), report["recentActivity"]) == ({}, [])


def test_an_outage_is_no_zero(api: Api, backing: Backing, creator: Person) -> None:
    analytics(api, creator)
    with outage(backing, database=True, supabase=False, keys=False):
        refused = api.get(PATH, creator.token)

    assert (refused.status, refused.code) == (503, "upstream_unavailable")
    assert "retry-after" in refused.headers


def test_it_is_one_query(api: Api, creator: Person, queries: list[str]) -> None:
    analytics(api, creator)
    queries.clear()

    analytics(api, creator)

    assert queries == ["analytics.report"]
