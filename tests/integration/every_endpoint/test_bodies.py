"""What is sent to every endpoint: bodies, ids in paths, and how anything else is refused."""

import re

import pytest

from limelight.http import accounts
from limelight.http.accounts import Account
from limelight.schema import UserId
from local.facts.endpoints import HttpFunction
from local.services.backing import Backing
from tests.integration.api import Api
from tests.integration.every_endpoint.asking import (
    LIMIT_BYTES,
    PAID,
    POSTS,
    WITH_BODY,
    WITH_ID,
    ask,
    body_model,
    every,
    example,
)
from tests.integration.people import Person
from tests.integration.sandbox import outage


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
    model = body_model(function)
    assert model is not None

    refused = ask(api, function, admin.token, body=example(model) | {"isAdmin/~": True})

    assert (refused.status, refused.code) == (422, "validation_failed")
    assert [fault["pointer"] for fault in refused.json["errors"]] == ["/isAdmin~1~0"]


@every(WITH_BODY)
@pytest.mark.parametrize("name", ["\ud800", "a\x00", "", "__class__", "é" * 1000], ids=ascii)
def test_a_field_of_any_name_is_refused_in_good_order(
    api: Api, admin: Person, function: HttpFunction, name: str
) -> None:
    model = body_model(function)
    assert model is not None

    refused = ask(api, function, admin.token, body=example(model) | {name: 1})

    assert (refused.status, refused.code) == (422, "validation_failed")


@every(WITH_BODY)
@pytest.mark.parametrize("poison", ["a\x00b", "\ud800", {}, [], 1.5, True], ids=ascii)
def test_no_field_takes_a_value_of_another_kind_or_one_that_cannot_be_stored(
    api: Api, admin: Person, function: HttpFunction, poison: object
) -> None:
    model = body_model(function)
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
