"""GET /api/auth/check-username."""

import re
from uuid import uuid4

import pytest

from tests.integration.api import Api
from tests.integration.people import Owner, Person

VALID = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


def test_a_free_name_is_available(api: Api) -> None:
    name = f"n{uuid4().hex[:12]}"

    answer = api.get("/api/auth/check-username", username=name)

    assert answer.status == 200
    assert answer.json == {"available": True, "reason": None, "suggestions": []}
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("spelling", [str.lower, str.upper, str.title, " {} ".format])
def test_a_taken_name_is_not_however_it_is_spelt(api: Api, fan: Person, spelling: object) -> None:
    assert callable(spelling)

    answer = api.get("/api/auth/check-username", username=spelling(fan.username))

    assert (answer.json["available"], answer.json["reason"]) == (False, "taken")


@pytest.mark.parametrize("name", ["admin", "API", "wallet", "google"])
def test_a_reserved_name_is_not(api: Api, name: str) -> None:
    answer = api.get("/api/auth/check-username", username=name)

    assert (answer.json["available"], answer.json["reason"]) == (False, "reserved")


@pytest.mark.parametrize(
    "name",
    ["a", "ab", "a" * 21, "1abc", "_abc", "abc_", "a__b", "a-b", "añb", "' or 1=1", "%", "🎹🎹🎹"],
)
def test_a_name_that_is_none_is_not(api: Api, name: str) -> None:
    answer = api.get("/api/auth/check-username", username=name)

    assert (answer.json["available"], answer.json["reason"]) == (False, "invalid")


def test_every_first_segment_of_the_api_is_reserved(api: Api) -> None:
    segments = (
        "auth", "user", "follow", "creator", "admin", "streams", "gifts", "wallet", "stripe",
        "calls", "shows", "profile", "explore", "messages",
    )  # fmt: skip

    reasons = {
        name: api.get("/api/auth/check-username", username=name).json["reason"] for name in segments
    }

    assert set(reasons.values()) == {"reserved"}


@pytest.mark.parametrize("name", ["admin", "a" * 25, "??", "1", "a__b_", "ADMIN", "x" * 64, "_9_"])
def test_suggestions_can_be_had_and_differ(api: Api, name: str) -> None:
    suggestions = api.get("/api/auth/check-username", username=name).json["suggestions"]

    assert len(suggestions) == len(set(suggestions)) == 3
    for one in suggestions:
        assert VALID.fullmatch(one), one
        assert 3 <= len(one) <= 20
        assert api.get("/api/auth/check-username", username=one).json["available"] is True


def test_a_name_of_which_all_near_ones_are_taken_still_has_suggestions(
    api: Api, owner: Owner, fan: Person
) -> None:
    stem = f"s{uuid4().hex[:8]}x"
    ends = ["", "_live", "_tv", "1", "2", "7", "_hq", "11", "21", "42", "77", "99", "101", "202",
            "365", "808"]  # fmt: skip
    for end in ends:
        owner.execute(
            """
            insert into auth.users (id, email, raw_user_meta_data)
            values (gen_random_uuid(), %(name)s || '@example.com',
                    jsonb_build_object('username', %(name)s::text))
            """,
            {"name": stem + end},
        )

    answer = api.get("/api/auth/check-username", username=stem)

    assert answer.json["reason"] == "taken"
    assert len(answer.json["suggestions"]) == 3
    assert not set(answer.json["suggestions"]) & {stem + end for end in ends}


@pytest.mark.parametrize("name", ["", "x" * 65, None, "a\x00b"], ids=ascii)
def test_a_question_that_is_none_is_refused(api: Api, name: str | None) -> None:
    query = {} if name is None else {"username": name}

    refused = api.get("/api/auth/check-username", **query)

    assert (refused.status, refused.code) == (422, "validation_failed")
    assert [fault["parameter"] for fault in refused.json["errors"]] == ["username"]
