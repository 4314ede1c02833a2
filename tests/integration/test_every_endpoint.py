"""What holds for every endpoint, whatever it does: who is let in, and how anything else is refused.

Endpoints are named by their files; each is sent the example of its own documentation.
"""

import base64
import os
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID, uuid4

import pytest
from pydantic import BaseModel, TypeAdapter

from limelight.admin import service as admin_desk
from limelight.calls import service as calls
from limelight.chat import service as chat
from limelight.discovery import service as discovery
from limelight.http import Page, Pattern, Who, accounts
from limelight.http.accounts import Account
from limelight.messages import service as messages
from limelight.platform.secrets import read_secret
from limelight.polls import service as polls
from limelight.relations import service as relations
from limelight.schema import UserId
from limelight.shows import service as shows
from limelight.streams import service as streams
from limelight.support import service as support
from limelight.wallet import service as wallet
from local.facts.endpoints import HttpFunction, http_functions
from local.services.backing import Backing
from local.services.stripe import Delivery, StandIn
from tests.integration.api import UNSET, Answer, Api
from tests.integration.people import People, Person
from tests.integration.sandbox import outage
from tests.integration.shows.acts import announce
from tests.integration.tokens import Tokens

QUERIES: Mapping[str, Mapping[str, str]] = {"auth/check_username": {"username": "nova"}}
"""What a query must hold for the endpoint to get as far as its work."""

SOME_ID = "4f8f2d52-6f3b-4c57-9a50-0c2e0e3f8a11"
PROBLEM_MEMBERS = {"type", "title", "status", "detail", "instance", "code"}
LIMIT_BYTES = 65_536


def _body_model(function: HttpFunction) -> type[BaseModel] | None:
    model: type[BaseModel] | None = function.route.endpoint.__annotations__.get("body")
    return model


ALL = http_functions()
WITH_TOKEN = [one for one in ALL if not one.router.who.token_is_optional]
WITHOUT_TOKEN = [one for one in ALL if one.router.who.token_is_optional]
WITH_ROLE = [one for one in ALL if one.router.who in (Who.CREATOR, Who.ADMIN)]
WITH_BODY = [one for one in ALL if _body_model(one)]
WITH_ID = [one for one in ALL if "Id}" in one.path]
POSTS = [one for one in ALL if one.method == "POST"]
LISTS = [one for one in ALL if Page in one.route.endpoint.__annotations__.values()]
SIGNED = [one for one in ALL if one.router.who is Who.SIGNED]
PAID = [one for one in ALL if one.router.pattern is Pattern.MONEY and one not in SIGNED]
ON_SQL = [one for one in ALL if one.router.pattern in (Pattern.SQL, Pattern.MONEY)]
ON_REST = [one for one in ALL if one.router.pattern in (Pattern.REST, Pattern.ADMIN)]


def _samples() -> list[HttpFunction]:
    """One endpoint for each way in: the kernel that guards it is the same for all of its kind."""
    kinds = {(one.router.pattern, one.router.who.token_is_optional): one for one in ALL}
    return list(kinds.values())


SAMPLES = _samples()


def every(functions: list[HttpFunction] | tuple[HttpFunction, ...]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("function", functions, ids=lambda one: str(one.name))


def ask(
    api: Api,
    function: HttpFunction,
    token: str | None = None,
    *,
    path: str | None = None,
    body: object = UNSET,
    raw: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, object] | None = None,
) -> Answer:
    """A good request to the endpoint, about resources that nobody has, except for what is said."""
    model = _body_model(function)
    if model is not None and body is UNSET and raw is None:
        body = example(model)
    if function in SIGNED and raw is None:
        event = stripe_event()
        raw, headers = event.body, {"Stripe-Signature": event.signature} | dict(headers or {})
    paid = {"Idempotency-Key": str(uuid4())} if function in PAID else {}
    return api.call(
        function.method,
        path or re.sub(r"\{\w+\}", str(uuid4()), function.path),
        token=token,
        body=body if raw is None else UNSET,
        raw=raw,
        headers=paid | dict(headers or {}),
        query={**QUERIES.get(function.name, {}), **(query or {})},
    )


def stripe_event() -> Delivery:
    """An event that moves nothing, with the signature that the stage's secret makes."""
    secret = read_secret(os.environ["STRIPE_SECRET_ID"])
    return StandIn(secret["secretKey"], secret["webhookSecret"]).delivery("product.created", {})


def example(model: type[BaseModel]) -> dict[str, Any]:
    """The body that the API document shows."""
    extra: Any = model.model_config["json_schema_extra"]
    return dict(extra["examples"][0])


@pytest.fixture(scope="session")
def fan_of_all(people: People) -> Person:
    """A fan that the tests of this file share and never change."""
    return people.fan()


@pytest.fixture(scope="session")
def suspended(people: People) -> Person:
    person = people.fan("suspended")
    people.suspend(person)
    return person


@pytest.fixture(scope="session")
def deleted(people: People) -> Person:
    person = people.fan("deleted")
    people.set(person, status="deleted")
    return person


# Who is let in


@every(WITH_TOKEN)
def test_an_endpoint_for_accounts_asks_for_a_token(api: Api, function: HttpFunction) -> None:
    refused = ask(api, function)

    assert (refused.status, refused.code) == (401, "authentication_required")
    assert refused.headers["www-authenticate"].startswith("Bearer")
    assert refused.headers["cache-control"] == "no-store"


@every(WITH_TOKEN)
@pytest.mark.parametrize("header", ["Basic bm92YTpwYXNz", "Bearer", "Bearer ", "Token abc", ""])
def test_an_authorization_that_is_no_bearer_token_is_none(
    api: Api, function: HttpFunction, header: str
) -> None:
    refused = ask(api, function, headers={"Authorization": header})

    assert (refused.status, refused.code) == (401, "authentication_required")


type Make = Callable[[Tokens, UUID], str]

BAD_TOKENS: Mapping[str, Make] = {
    "forged with another key": lambda tokens, who: tokens.forged(who),
    "signed with an unknown key": lambda tokens, who: tokens.forged(who, "nobody's key"),
    "changed after it was signed": lambda tokens, who: tokens.tampered(who, app_metadata={"a": 1}),
    "not signed": lambda tokens, who: tokens.unsigned(who),
    "signed with the public key": lambda tokens, who: tokens.by_public_key(who),
    "signed with a legacy secret": lambda tokens, who: tokens.by_legacy_secret(who),
    "for another audience": lambda tokens, who: tokens.signed(who, aud="elsewhere"),
    "for no audience": lambda tokens, who: tokens.signed(who, aud=None),
    "of another issuer": lambda tokens, who: tokens.signed(who, iss="https://evil.example/auth/v1"),
    "of no issuer": lambda tokens, who: tokens.signed(who, iss=None),
    "without an end": lambda tokens, who: tokens.signed(who, exp=None),
    "not yet valid": lambda tokens, who: tokens.signed(who, nbf=4_000_000_000),
    "of nobody": lambda tokens, who: tokens.signed(who, sub=None),
    "of a subject that is no id": lambda tokens, who: tokens.signed(who, sub="nova"),
    "of an anonymous session": lambda tokens, who: tokens.signed(who, is_anonymous=True),
    "of the service role": lambda tokens, who: tokens.signed(who, role="service_role"),
    "without a key's name": lambda tokens, who: tokens.signed(who, headers={"kid": ""}),
    "of an account that never was": lambda tokens, _: tokens.signed(uuid4()),
    "too long": lambda tokens, who: tokens.signed(who, app_metadata={"a": "a" * 10_000}),
    "not a token": lambda *_: "nova",
    "three empty parts": lambda *_: "..",
    "not ASCII": lambda *_: "é.é.é",
}


@every(SAMPLES)
@pytest.mark.parametrize("make", BAD_TOKENS.values(), ids=BAD_TOKENS)
def test_a_token_that_is_not_ours_lets_nobody_in(
    api: Api, tokens: Tokens, admin: Person, function: HttpFunction, make: Make
) -> None:
    refused = ask(api, function, make(tokens, admin.id))

    assert (refused.status, refused.code) == (401, "token_invalid")
    assert refused.headers["www-authenticate"].startswith("Bearer")


@every(ALL)
def test_a_forged_token_lets_nobody_in_anywhere(
    api: Api, tokens: Tokens, admin: Person, function: HttpFunction
) -> None:
    refused = ask(api, function, tokens.forged(admin.id))

    assert (refused.status, refused.code) == (401, "token_invalid")


@every(ALL)
def test_a_token_that_has_expired_says_so(
    api: Api, tokens: Tokens, admin: Person, function: HttpFunction
) -> None:
    refused = ask(api, function, tokens.signed(admin.id, exp=1_700_000_000))

    assert (refused.status, refused.code) == (401, "token_expired")


@every(ALL)
def test_the_token_of_a_deleted_account_lets_nobody_in(
    api: Api, deleted: Person, function: HttpFunction
) -> None:
    refused = ask(api, function, deleted.token)

    assert (refused.status, refused.code) == (401, "token_invalid")


@every(ALL)
def test_a_suspended_account_is_told_so_even_where_no_token_is_needed(
    api: Api, suspended: Person, function: HttpFunction
) -> None:
    refused = ask(api, function, suspended.token)

    assert (refused.status, refused.code) == (403, "account_suspended")


@every(WITH_ROLE)
def test_an_endpoint_of_a_role_refuses_the_others(
    api: Api, fan_of_all: Person, function: HttpFunction
) -> None:
    refused = ask(api, function, fan_of_all.token)

    assert (refused.status, refused.code) == (403, "role_required")


@every(WITH_ROLE)
def test_a_role_that_a_token_claims_has_no_effect(
    api: Api, tokens: Tokens, fan_of_all: Person, function: HttpFunction
) -> None:
    boast = {"role": "admin", "app_role": "admin", "is_admin": True}
    token = tokens.signed(fan_of_all.id, user_metadata=boast, user_role="admin")

    refused = ask(api, function, token)

    assert (refused.status, refused.code) == (403, "role_required")


@every(ALL)
def test_a_good_token_gets_past_the_door(api: Api, admin: Person, function: HttpFunction) -> None:
    answer = ask(api, function, admin.token)

    assert answer.status not in (401, 500, 503), answer.text


@every(WITHOUT_TOKEN)
def test_an_open_endpoint_needs_no_token(api: Api, function: HttpFunction) -> None:
    answer = ask(api, function)

    assert answer.status not in (401, 403, 500, 503), answer.text


# What is sent


@every(WITH_BODY)
@pytest.mark.parametrize(
    "raw",
    [b"{", b"nova", b'{"a":1,}', b"\xff\xfe{}", b"[" * 60_000, b"9" * 5_000, b'{"a":"\x01"}'],
    ids=["cut off", "bare word", "comma", "not UTF-8", "deep", "long number", "control character"],
)
def test_a_body_that_is_not_json_is_malformed(
    api: Api, admin: Person, function: HttpFunction, raw: bytes
) -> None:
    refused = ask(api, function, admin.token, raw=raw)

    assert (refused.status, refused.code) == (400, "malformed_json")


@every([one for one in PAID if one not in WITH_BODY])
@pytest.mark.parametrize("raw", [b"{", b"\xff\xfe{}", b"[" * 60_000, b"9" * 5_000], ids=len)
def test_a_payment_that_takes_no_body_refuses_one_that_is_not_json(
    api: Api, admin: Person, function: HttpFunction, raw: bytes
) -> None:
    refused = ask(api, function, admin.token, raw=raw)

    assert (refused.status, refused.code) == (400, "malformed_json")


@every(WITH_BODY)
@pytest.mark.parametrize("body", [[], ["nova"], "nova", 1, True, None], ids=repr)
def test_a_body_that_is_not_an_object_is_refused(
    api: Api, admin: Person, function: HttpFunction, body: object
) -> None:
    refused = ask(api, function, admin.token, body=body)

    assert (refused.status, refused.code) == (422, "validation_failed")
    assert refused.json["errors"][0]["pointer"] == ""


@every(WITH_BODY)
def test_a_body_must_be_there(api: Api, admin: Person, function: HttpFunction) -> None:
    refused = ask(api, function, admin.token, raw=b"")

    assert (refused.status, refused.code) == (422, "validation_failed")


@every(WITH_BODY)
def test_an_unknown_field_is_refused_by_name(
    api: Api, admin: Person, function: HttpFunction
) -> None:
    model = _body_model(function)
    assert model is not None

    refused = ask(api, function, admin.token, body=example(model) | {"isAdmin/~": True})

    assert (refused.status, refused.code) == (422, "validation_failed")
    assert [fault["pointer"] for fault in refused.json["errors"]] == ["/isAdmin~1~0"]


@every(WITH_BODY)
@pytest.mark.parametrize("name", ["\ud800", "a\x00", "", "__class__", "é" * 1000], ids=ascii)
def test_a_field_of_any_name_is_refused_in_good_order(
    api: Api, admin: Person, function: HttpFunction, name: str
) -> None:
    model = _body_model(function)
    assert model is not None

    refused = ask(api, function, admin.token, body=example(model) | {name: 1})

    assert (refused.status, refused.code) == (422, "validation_failed")


@every(WITH_BODY)
@pytest.mark.parametrize("poison", ["a\x00b", "\ud800", {}, [], 1.5, True], ids=ascii)
def test_no_field_takes_a_value_of_another_kind_or_one_that_cannot_be_stored(
    api: Api, admin: Person, function: HttpFunction, poison: object
) -> None:
    model = _body_model(function)
    assert model is not None

    for name, value in example(model).items():
        if type(value) is type(poison):
            continue
        refused = ask(api, function, admin.token, body=example(model) | {name: poison})

        assert (refused.status, refused.code) == (422, "validation_failed"), name
        assert {fault["pointer"].split("/")[1] for fault in refused.json["errors"]} == {name}


@every(POSTS)
@pytest.mark.parametrize("media_type", ["text/plain", "application/xml", "multipart/form-data", ""])
def test_a_body_of_another_media_type_is_refused(
    api: Api, admin: Person, function: HttpFunction, media_type: str
) -> None:
    refused = ask(api, function, admin.token, raw=b"{}", headers={"Content-Type": media_type})

    assert (refused.status, refused.code) == (415, "unsupported_media_type")


@every(WITH_BODY)
def test_json_may_name_its_charset(api: Api, admin: Person, function: HttpFunction) -> None:
    headers = {"Content-Type": "Application/JSON; charset=utf-8"}

    refused = ask(api, function, admin.token, raw=b"[]", headers=headers)

    assert (refused.status, refused.code) == (422, "validation_failed")


@every(POSTS)
def test_a_body_over_64_kib_is_refused(api: Api, admin: Person, function: HttpFunction) -> None:
    refused = ask(api, function, admin.token, raw=b" " * (LIMIT_BYTES + 1))

    assert (refused.status, refused.code) == (413, "body_too_large")


@every(WITH_BODY)
def test_a_body_of_just_64_kib_is_read(api: Api, admin: Person, function: HttpFunction) -> None:
    refused = ask(api, function, admin.token, raw=b"[]".ljust(LIMIT_BYTES))

    assert (refused.status, refused.code) == (422, "validation_failed")


@every(WITH_ID)
@pytest.mark.parametrize(
    "segment", ["nova", "1", "' or 1=1 --", "%00", "7a7a85aa-2b4a-40f1-8a45-42d162bf2dfc0"]
)
def test_an_id_that_is_no_uuid_is_refused_before_any_query(
    api: Api, backing: Backing, admin: Person, function: HttpFunction, segment: str
) -> None:
    known = Account(UserId(admin.id), "admin", "active")
    with outage(backing, database=True, supabase=True, keys=False):
        accounts.cache.put(known)

        refused = ask(api, function, admin.token, path=re.sub(r"\{\w+\}", segment, function.path))

    assert (refused.status, refused.code) == (422, "validation_failed")
    parameter = re.findall(r"\{(\w+)\}", function.path)
    assert [fault["parameter"] for fault in refused.json["errors"]] == parameter


# Money


@every(PAID)
@pytest.mark.parametrize("key", [None, "", " ", "a b", "é", "k" * 256, "tab\tkey"], ids=ascii)
def test_a_payment_needs_a_key(
    api: Api, admin: Person, function: HttpFunction, key: str | None
) -> None:
    model = _body_model(function)

    refused = api.call(
        function.method,
        re.sub(r"\{\w+\}", str(uuid4()), function.path),
        token=admin.token,
        body=example(model) if model else UNSET,
        headers={} if key is None else {"Idempotency-Key": key},
    )

    assert (refused.status, refused.code) == (400, "idempotency_key_required")


@every(PAID)
def test_a_key_of_255_characters_will_do(api: Api, admin: Person, function: HttpFunction) -> None:
    answer = ask(api, function, admin.token, headers={"Idempotency-Key": "k" * 255})

    assert answer.status in (201, 402, 404), answer.text


# Lists


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


# Outages


def must_be_an_outage(answer: Answer) -> None:
    assert (answer.status, answer.code) == (503, "upstream_unavailable"), answer.text
    assert int(answer.headers["retry-after"]) >= 1
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json.keys() == PROBLEM_MEMBERS


@every(ALL)
def test_when_all_is_gone_everybody_is_told_to_come_back(
    api: Api, backing: Backing, tokens: Tokens, admin: Person, function: HttpFunction
) -> None:
    token = None if function in WITHOUT_TOKEN else admin.token
    with outage(backing, database=True, supabase=True, keys=True):
        answer = ask(api, function, token)

    must_be_an_outage(answer)


@every(ON_SQL)
@pytest.mark.parametrize("known", [False, True], ids=["account unknown", "account known"])
def test_when_the_database_is_gone_nobody_is_shown_zeros(
    api: Api, backing: Backing, admin: Person, function: HttpFunction, *, known: bool
) -> None:
    with outage(backing, database=True, supabase=False, keys=False):
        if known:
            accounts.cache.put(Account(UserId(admin.id), "admin", "active"))

        answer = ask(api, function, admin.token)

    must_be_an_outage(answer)


def least_role(function: HttpFunction) -> Literal["fan", "creator", "admin"]:
    """The role that the endpoint asks for, and no more."""
    if function.router.who is Who.ADMIN:
        return "admin"
    return "creator" if function.router.who is Who.CREATOR else "fan"


@every(ON_REST)
@pytest.mark.parametrize("known", [False, True], ids=["account unknown", "account known"])
def test_when_supabase_is_gone_nobody_is_shown_an_empty_answer(
    api: Api, backing: Backing, admin: Person, function: HttpFunction, *, known: bool
) -> None:
    with outage(backing, database=False, supabase=True, keys=False):
        if known:
            account = Account(UserId(admin.id), least_role(function), "active")
            accounts.cache.put(account)

        answer = ask(api, function, admin.token)

    must_be_an_outage(answer)


@every(ON_SQL)
def test_when_the_secret_store_is_gone_the_database_is_too(
    api: Api, admin: Person, backing: Backing, function: HttpFunction
) -> None:
    with (
        outage(backing, database=True, supabase=False, keys=False),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("DATABASE_SECRET_ID", "limelight/no-such-secret")

        answer = ask(api, function, admin.token)

    must_be_an_outage(answer)


# The request's id


@every(SAMPLES)
@pytest.mark.parametrize("given", ["0b9d3c1e", "trace:1-2.3_4", "x" * 128])
def test_a_request_keeps_the_id_it_came_with(api: Api, function: HttpFunction, given: str) -> None:
    answer = ask(api, function, "nova", headers={"X-Request-Id": given})

    assert answer.headers["x-request-id"] == given
    assert answer.json["instance"] == given


@every(SAMPLES)
@pytest.mark.parametrize("given", ["", "a b", "x" * 129, "<script>", "é", "a\tb"], ids=ascii)
def test_an_id_that_cannot_be_logged_is_replaced_by_the_gateways(
    api: Api, function: HttpFunction, given: str
) -> None:
    answer = ask(api, function, "nova", headers={"X-Request-Id": given})

    assert answer.headers["x-request-id"] == answer.gateway_id
    assert answer.json["instance"] == answer.gateway_id


@every(ALL)
def test_a_request_without_an_id_has_the_gateways(api: Api, function: HttpFunction) -> None:
    answer = ask(api, function, "nova")

    assert answer.headers["x-request-id"] == answer.gateway_id


# Browsers


@every(ALL)
def test_a_browser_may_read_a_refusal(api: Api, function: HttpFunction) -> None:
    refused = ask(api, function, "nova", headers={"Origin": "https://limelight.example"})

    assert refused.headers["access-control-allow-origin"] == "*"
    assert "X-Request-Id" in refused.headers["access-control-expose-headers"]
