"""POST /api/shows/{showId}/join."""

from uuid import uuid4

import jwt
import pytest

from limelight.platform import media
from local.services.backing import Backing
from tests.integration.api import Api, Post
from tests.integration.clock import Clock
from tests.integration.ledger import nothing_moves
from tests.integration.moments import is_moment, just_now
from tests.integration.people import Owner, People, Person
from tests.integration.shows.acts import Announce, cancel, detail, end, join, start, ticket


@pytest.fixture
def holder(api: Api, show: str, buyers: list[Person], creator: Person) -> Person:
    """Somebody with ticket 1 of the show, which has started since."""
    ticket(api, show, buyers[0])
    start(api, show, creator)
    return buyers[0]


def grants(backing: Backing, token: str) -> dict[str, object]:
    """What LiveKit would read in the token."""
    secret = backing.secret_values[f"limelight/{backing.stage}/livekit"]
    claims: dict[str, object] = jwt.decode(token, secret["apiSecret"], algorithms=["HS256"])
    return claims


def test_a_holder_gets_a_token_that_opens_the_room_to_watch(
    api: Api, backing: Backing, owner: Owner, show: str, holder: Person
) -> None:
    joined = join(api, show, holder)

    assert joined.status == 200
    assert joined.headers["cache-control"] == "no-store"
    assert joined.json.keys() == {"url", "token", "expiresAt", "ticketNumber", "checkedInAt"}
    assert joined.json["url"] == "wss://media.example.com"
    assert is_moment(joined.json["expiresAt"])
    claims = grants(backing, joined.json["token"])
    row = owner.execute("select room_name from shows where id = %s", (show,)).fetchone()
    assert row is not None
    assert claims["sub"] == str(holder.id)
    video = claims["video"]
    assert isinstance(video, dict)
    assert (video["roomJoin"], video["room"], video["canSubscribe"]) == (True, row[0], True)
    assert (video["canPublish"], video["canPublishData"]) == (False, False)


def test_the_owner_gets_a_token_to_be_seen_and_heard_and_needs_no_ticket(
    api: Api, backing: Backing, creator: Person, live: str
) -> None:
    joined = join(api, live, creator)

    assert joined.status == 200
    assert (joined.json["ticketNumber"], joined.json["checkedInAt"]) == (None, None)
    video = grants(backing, joined.json["token"])["video"]
    assert isinstance(video, dict)
    assert (video["canPublish"], video["canSubscribe"]) == (True, True)


def test_the_first_join_checks_in(api: Api, show: str, holder: Person) -> None:
    assert detail(api, show, holder)["ticket"]["checkedInAt"] is None

    joined = join(api, show, holder).json

    assert joined["ticketNumber"] == 1
    assert just_now(joined["checkedInAt"])
    assert detail(api, show, holder)["ticket"]["checkedInAt"] == joined["checkedInAt"]


def test_coming_back_leaves_the_first_check_in(
    api: Api, show: str, holder: Person, clock: Clock
) -> None:
    first = join(api, show, holder).json
    clock.advance(minutes=10)

    again = join(api, show, holder)

    assert (again.status, again.json["checkedInAt"]) == (200, first["checkedInAt"])


def test_of_many_first_joins_at_once_one_checks_in(
    api: Api, show: str, holder: Person, crowd: None
) -> None:
    answers = api.at_once([Post(f"/api/shows/{show}/join", holder.token) for _ in range(8)])

    assert [one.status for one in answers] == [200] * 8
    assert len({one.json["checkedInAt"] for one in answers}) == 1


def test_a_ticket_bought_during_the_show_opens_it(
    api: Api, live: str, buyers: list[Person]
) -> None:
    ticket(api, live, buyers[0])

    assert join(api, live, buyers[0]).status == 200


def test_without_a_ticket_nobody_gets_in_and_the_price_is_told(
    api: Api, owner: Owner, admin: Person, fan: Person, live: str
) -> None:
    with nothing_moves(owner):
        refusals = [join(api, live, one) for one in (fan, admin)]

    assert [(one.status, one.code) for one in refusals] == [(403, "ticket_required")] * 2
    assert [one.json["ticketPrice"] for one in refusals] == [30, 30]


def test_a_free_show_needs_a_ticket_too(
    api: Api, creator: Person, fan: Person, announce: Announce
) -> None:
    show = announce(ticketPrice=0)
    start(api, show, creator)

    refused = join(api, show, fan)
    ticket(api, show, fan)

    assert (refused.code, refused.json["ticketPrice"]) == ("ticket_required", 0)
    assert join(api, show, fan).status == 200


@pytest.mark.parametrize("blocker", ["creator", "fan"])
def test_a_block_either_way_shuts_a_holder_out(
    api: Api, people: People, creator: Person, show: str, holder: Person, blocker: str
) -> None:
    people.block(*((creator, holder) if blocker == "creator" else (holder, creator)))

    refused = join(api, show, holder)

    assert (refused.status, refused.code) == (403, "blocked")


def test_a_show_opens_when_it_starts_and_closes_when_it_ends(
    api: Api, creator: Person, show: str, buyers: list[Person]
) -> None:
    ticket(api, show, buyers[0])

    seen = [join(api, show, one) for one in (creator, buyers[0])]
    start(api, show, creator)
    seen += [join(api, show, one) for one in (creator, buyers[0])]
    end(api, show, creator)
    seen += [join(api, show, one) for one in (creator, buyers[0])]

    assert [one.status for one in seen] == [409, 409, 200, 200, 409, 409]
    assert {(one.code, one.json["showStatus"]) for one in seen if one.status == 409} == {
        ("show_not_live", "scheduled"), ("show_not_live", "ended"),
    }  # fmt: skip


def test_who_came_too_early_is_not_checked_in(api: Api, show: str, buyers: list[Person]) -> None:
    ticket(api, show, buyers[0])

    join(api, show, buyers[0])

    assert detail(api, show, buyers[0])["ticket"]["checkedInAt"] is None


def test_a_refunded_ticket_opens_nothing(
    api: Api, creator: Person, show: str, buyers: list[Person]
) -> None:
    ticket(api, show, buyers[0])
    cancel(api, show, creator)

    refused = join(api, show, buyers[0])

    assert (refused.status, refused.code) == (403, "ticket_required")


def test_a_show_that_never_was_is_not_found(api: Api, fan: Person) -> None:
    assert join(api, str(uuid4()), fan).code == "not_found"


def test_without_the_secret_nobody_gets_in_and_everybody_is_told_to_come_back(
    api: Api, show: str, holder: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVEKIT_SECRET_ID", "limelight/no-such-secret")
    media.forget()

    refused = join(api, show, holder)
    monkeypatch.undo()
    media.forget()

    assert (refused.status, refused.code) == (503, "upstream_unavailable")
    assert int(refused.headers["retry-after"]) >= 1
    assert join(api, show, holder).status == 200
