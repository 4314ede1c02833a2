"""The pages of every list."""

import base64
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from pydantic import TypeAdapter

from limelight.admin import service as admin_desk
from limelight.calls import service as calls
from limelight.chat import service as chat
from limelight.discovery import service as discovery
from limelight.messages import service as messages
from limelight.polls import service as polls
from limelight.relations import service as relations
from limelight.shows import service as shows
from limelight.streams import service as streams
from limelight.support import service as support
from limelight.wallet import service as wallet
from local.facts.endpoints import HttpFunction
from tests.integration.api import Api
from tests.integration.every_endpoint.asking import (
    LISTS,
    SOME_ID,
    ask,
    every,
)
from tests.integration.people import Person
from tests.integration.shows.acts import announce


@every(LISTS)
@pytest.mark.parametrize("limit", [0, -1, 101, "many", 1.5, "1e2", 2**70, ""])
def test_a_page_has_one_to_a_hundred_rows(
    api: Api, admin: Person, function: HttpFunction, limit: object
) -> None:
    refused = ask(api, function, admin.token, query={"limit": limit})

    assert (refused.status, refused.code) == (422, "validation_failed")
    assert [fault["parameter"] for fault in refused.json["errors"]] == ["limit"]


@every(LISTS)
@pytest.mark.parametrize("cursor", ["nova", "AAAA", "é", "0", "W10=", "a" * 513], ids=ascii)
def test_a_cursor_that_no_list_made_is_refused(
    api: Api, admin: Person, function: HttpFunction, cursor: str
) -> None:
    refused = ask(api, function, admin.token, query={"cursor": cursor})

    assert (refused.status, refused.code) == (422, "validation_failed")
    assert [fault["parameter"] for fault in refused.json["errors"]] == ["cursor"]


CURSORS = {
    "admin/applications": admin_desk.NEWEST_FIRST.cursor((datetime.now(UTC), uuid4())),
    "calls/history": calls.NEWEST_FIRST.cursor((datetime.now(UTC), uuid4())),
    "calls/pending": calls.OLDEST_FIRST.cursor((datetime.now(UTC), uuid4())),
    "admin/users": admin_desk.USERS_NEWEST_FIRST.cursor((datetime.now(UTC), uuid4())),
    "messages/conversation": messages.NEWEST_FIRST.cursor((datetime.now(UTC), uuid4())),
    "messages/conversations": messages.CONVERSATIONS_NEWEST_FIRST.cursor(
        (datetime.now(UTC), uuid4())
    ),
    "messages/requests": messages.REQUESTS_NEWEST_FIRST.cursor((datetime.now(UTC), uuid4())),
    "gifts/catalogue": support.BY_PRICE.cursor((5, uuid4())),
    "streams/goals": support.GOALS_NEWEST_FIRST.cursor((datetime.now(UTC), uuid4())),
    "shows/attendees": shows.BY_NUMBER.cursor((5,)),
    "shows/creator": shows.NEWEST.cursor((datetime.now(UTC), uuid4())),
    "shows/my_tickets": shows.TICKETS_NEWEST.cursor((datetime.now(UTC), uuid4())),
    "shows/upcoming": shows.SOONEST.cursor(("live", datetime.now(UTC), uuid4())),
    "explore/creators": discovery.BY_RANK.cursor((5, uuid4())),
    "messages/blocked": relations.NEWEST_FIRST.cursor((datetime.now(UTC), uuid4())),
    "profiles/followers": discovery.FOLLOWERS_NEWEST_FIRST.cursor((datetime.now(UTC), uuid4())),
    "profiles/following": discovery.FOLLOWING_NEWEST_FIRST.cursor((datetime.now(UTC), uuid4())),
    "streams/leaderboard": support.BY_COINS.cursor((5, uuid4())),
    "streams/live": streams.BY_VIEWERS.cursor((5, uuid4())),
    "streams/messages": chat.BY_TIME.cursor((datetime.now(UTC), uuid4())),
    "streams/my_streams": streams.NEWEST_FIRST.cursor((datetime.now(UTC), uuid4())),
    "streams/viewers": streams.LATEST_FIRST.cursor((datetime.now(UTC), uuid4())),
    "streams/polls": polls.BY_TIME.cursor((datetime.now(UTC), uuid4())),
    "wallet/payouts": wallet.PAYOUTS_NEWEST_FIRST.cursor((datetime.now(UTC), uuid4())),
    "wallet/transactions": wallet.NEWEST_FIRST.cursor((5,)),
}
"""A cursor of every list."""


@pytest.fixture
def places(api: Api, admin: Person, fan: Person, stream: str) -> dict[str, str]:
    """What the paths of lists name, by parameter: each a place whose lists the admin may see."""
    profile = api.get("/api/user/profile", admin.token)
    written = api.post(
        "/api/messages/send", fan.token, {"recipientId": str(admin.id), "content": "Hello"}
    )
    return {
        "streamId": stream,
        "showId": announce(api, admin),
        "conversationId": written.json["conversationId"],
        "username": profile.json["user"]["username"],
    }


@every(LISTS)
def test_a_cursor_of_another_list_is_refused_and_its_own_is_not(
    api: Api, admin: Person, places: dict[str, str], function: HttpFunction
) -> None:
    path = function.path.format_map(places)

    answers = {
        name: ask(api, function, admin.token, path=path, query={"cursor": cursor}).status
        for name, cursor in CURSORS.items()
    }

    assert answers == {name: 200 if name == function.name else 422 for name in CURSORS}


@every(LISTS)
@pytest.mark.parametrize(
    "key",
    [
        (2**63, SOME_ID), (2**31 - 1, "nova"), (-1, SOME_ID), (1.5, SOME_ID), (5, SOME_ID, 5),
        ("2026-01-01T00:00:00", SOME_ID), ("then", SOME_ID), (2**63,), (), (None,), ([5],),
    ],
    ids=repr,
)  # fmt: skip
def test_a_cursor_that_was_tampered_with_is_refused(
    api: Api,
    admin: Person,
    places: dict[str, str],
    function: HttpFunction,
    key: tuple[object, ...],
) -> None:
    name = base64.urlsafe_b64decode(CURSORS[function.name]).split()[0]
    tampered = base64.urlsafe_b64encode(name + b" " + TypeAdapter(tuple).dump_json(key)).decode()

    refused = ask(
        api,
        function,
        admin.token,
        path=function.path.format_map(places),
        query={"cursor": tampered},
    )

    assert (refused.status, refused.code) == (422, "validation_failed")
