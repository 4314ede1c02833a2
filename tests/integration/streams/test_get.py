"""GET /api/streams/{streamId}."""

import pytest

from tests.integration.api import Api
from tests.integration.ledger import GIFTS
from tests.integration.people import Fund, OpenStream, Owner, People, Person
from tests.integration.streams.conftest import Closed


def test_anybody_sees_a_public_stream(api: Api, fan: Person, creator: Person, stream: str) -> None:
    seen = [api.get(f"/api/streams/{stream}", token) for token in (None, fan.token, creator.token)]

    assert [one.status for one in seen] == [200, 200, 200]
    assert seen[0].json == seen[1].json == seen[2].json
    assert seen[0].json["id"] == stream
    assert seen[0].json["creator"]["username"] == creator.username
    assert {one.headers["cache-control"] for one in seen} == {"no-store"}


def test_a_fan_with_access_sees_the_stream(api: Api, fan: Person, admitted: str) -> None:
    seen = api.get(f"/api/streams/{admitted}", fan.token)

    assert (seen.status, seen.json["id"]) == (200, admitted)


def test_a_fan_without_access_is_told_why(api: Api, fan: Person, closed: Closed) -> None:
    refused = api.get(f"/api/streams/{closed.stream}", fan.token)

    assert (refused.status, refused.code) == (closed.status, closed.code)
    assert refused.json.get("ticketPrice") == (70 if closed.code == "ticket_required" else None)


@pytest.mark.parametrize(
    "fields", [{"privacy": "followers"}, {"privacy": "ticketed", "ticketPrice": 70}], ids=str
)
def test_a_visitor_is_asked_who_they_are_where_it_matters(
    api: Api, open_stream: OpenStream, fields: dict[str, object]
) -> None:
    refused = api.get(f"/api/streams/{open_stream(**fields)}")

    assert (refused.status, refused.code) == (401, "authentication_required")
    assert refused.headers["www-authenticate"] == "Bearer"


def test_an_admin_is_a_viewer_like_any_other(
    api: Api, admin: Person, open_stream: OpenStream
) -> None:
    refused = api.get(f"/api/streams/{open_stream(privacy='followers')}", admin.token)

    assert (refused.status, refused.code) == (403, "follow_required")


def test_a_host_sees_their_own_stream_though_it_is_for_others(
    api: Api, creator: Person, open_stream: OpenStream
) -> None:
    stream = open_stream(privacy="ticketed", ticketPrice=70)

    assert api.get(f"/api/streams/{stream}", creator.token).status == 200


def test_the_host_of_a_stream_may_watch_it_though_banned_from_their_own(
    api: Api, people: People, creator: Person, stream: str
) -> None:
    people.ban(stream, creator)

    assert api.get(f"/api/streams/{stream}", creator.token).status == 200


def test_a_visitor_does_not_see_the_stream_of_a_suspended_host(
    api: Api, people: People, creator: Person, stream: str
) -> None:
    people.suspend(creator)

    refused = api.get(f"/api/streams/{stream}")

    assert (refused.status, refused.code) == (404, "not_found")


def test_coins_given_are_shown_as_their_sum(
    api: Api, people: People, fan: Person, stream: str, fund: Fund
) -> None:
    for giver in (fan, people.fan()):
        fund(giver, 100)
        for gift in ("Star", "Fire"):
            api.pay(
                f"/api/streams/{stream}/gift", giver.token, {"giftId": GIFTS[gift], "quantity": 2}
            )

    assert api.get(f"/api/streams/{stream}").json["totalCoins"] == 60


def test_an_ended_stream_says_how_long_it_ran(
    api: Api, owner: Owner, creator: Person, stream: str
) -> None:
    owner.execute(
        "update streams set started_at = started_at - interval '90.7 seconds' where id = %s",
        (stream,),
    )

    api.post(f"/api/streams/{stream}/end", creator.token)

    seen = api.get(f"/api/streams/{stream}").json
    assert (seen["status"], seen["durationSeconds"]) == ("ended", 90)


def test_a_stream_never_shows_its_room_or_key(
    api: Api, owner: Owner, creator: Person, stream: str
) -> None:
    secrets = owner.execute(
        "select room_name, stream_key from streams where id = %s", (stream,)
    ).fetchone()
    assert secrets is not None

    shown = api.get(f"/api/streams/{stream}", creator.token).text

    assert not [secret for secret in secrets if secret in shown]
