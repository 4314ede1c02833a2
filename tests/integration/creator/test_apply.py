"""POST /api/creator/apply."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from limelight.http import accounts
from limelight.http.accounts import Account
from limelight.schema import UserId
from tests.integration.api import Api, Post
from tests.integration.moments import is_moment, just_now
from tests.integration.people import Owner, People, Person

PATH = "/api/creator/apply"
OPTIONAL = ("instagramHandle", "twitterHandle", "website")


def filed(owner: Owner, person: Person) -> list[str]:
    """The states of a person's applications, oldest first."""
    rows = owner.execute(
        "select status from creator_applications where user_id = %s order by created_at",
        (person.id,),
    )
    return [str(status) for (status,) in rows]


def test_a_fan_applies(api: Api, fan: Person, form: dict[str, Any]) -> None:
    made = api.post(PATH, fan.token, form)

    assert made.status == 201
    assert made.headers["cache-control"] == "no-store"
    application = made.json
    assert UUID(application.pop("id"))
    assert is_moment(application["createdAt"])
    assert just_now(application.pop("createdAt"))
    assert application == form | {
        "userId": str(fan.id), "status": "pending", "reviewedAt": None,
    }  # fmt: skip


def test_handles_and_website_may_be_left_out(api: Api, fan: Person, form: dict[str, Any]) -> None:
    for name in OPTIONAL:
        del form[name]

    made = api.post(PATH, fan.token, form)

    assert made.status == 201
    assert {name: made.json[name] for name in OPTIONAL} == dict.fromkeys(OPTIONAL)


def test_one_application_is_pending_at_a_time(
    api: Api, owner: Owner, fan: Person, form: dict[str, Any]
) -> None:
    api.post(PATH, fan.token, form)

    refused = api.post(PATH, fan.token, form | {"bio": "Another"})

    assert (refused.status, refused.code) == (409, "application_pending")
    assert filed(owner, fan) == ["pending"]


def test_of_many_applications_at_once_one_is_filed(
    api: Api, owner: Owner, fan: Person, form: dict[str, Any]
) -> None:
    answers = api.at_once([Post(PATH, fan.token, form)] * 6)

    assert sorted(one.status for one in answers) == [201] + [409] * 5
    assert filed(owner, fan) == ["pending"]


def test_whoever_was_rejected_can_apply_again_and_the_past_is_kept(
    api: Api, owner: Owner, fan: Person, form: dict[str, Any]
) -> None:
    first = api.post(PATH, fan.token, form).json["id"]
    owner.execute(
        """
        update creator_applications set status = 'rejected', reviewed_at = now() where id = %s
        """,
        (first,),
    )

    second = api.post(PATH, fan.token, form)

    assert second.status == 201
    assert filed(owner, fan) == ["rejected", "pending"]


@pytest.mark.parametrize("role", ["creator", "admin"])
def test_whoever_is_a_creator_need_not_apply(
    api: Api, owner: Owner, people: People, fan: Person, form: dict[str, Any], role: str
) -> None:
    people.set(fan, role=role)

    refused = api.post(PATH, fan.token, form)

    assert (refused.status, refused.code) == (409, "already_creator")
    assert filed(owner, fan) == []


@pytest.mark.parametrize("change", ["suspended", "made a creator"])
def test_row_level_security_knows_what_the_sandbox_does_not_know_yet(
    api: Api, owner: Owner, people: People, fan: Person, form: dict[str, Any], change: str
) -> None:
    if change == "suspended":
        people.suspend(fan)
    else:
        people.set(fan, role="creator")
    accounts.cache.put(Account(UserId(fan.id), "fan", "active"))

    refused = api.post(PATH, fan.token, form)

    assert (refused.status, refused.code) == (403, "forbidden")
    assert filed(owner, fan) == []


@pytest.mark.parametrize(
    ("name", "longest"),
    [("displayName", 50), ("bio", 500), ("whyCreator", 2000), ("contentType", 100),
     ("instagramHandle", 50), ("twitterHandle", 50)],
)  # fmt: skip
def test_every_text_has_its_limit(
    api: Api, owner: Owner, fan: Person, form: dict[str, Any], name: str, longest: int
) -> None:
    refused = api.post(PATH, fan.token, form | {name: "é" * (longest + 1)})
    assert (refused.status, refused.code) == (422, "validation_failed")
    assert [fault["pointer"] for fault in refused.json["errors"]] == [f"/{name}"]
    assert filed(owner, fan) == []

    made = api.post(PATH, fan.token, form | {name: "é" * longest})

    assert (made.status, made.json[name]) == (201, "é" * longest)


@pytest.mark.parametrize("name", ["displayName", "bio", "whyCreator", "contentType"])
@pytest.mark.parametrize("nothing", ["", "  ", None])
def test_what_is_needed_cannot_be_blank(
    api: Api, owner: Owner, fan: Person, form: dict[str, Any], name: str, nothing: object
) -> None:
    refused = api.post(PATH, fan.token, form | {name: nothing})

    assert (refused.status, refused.code) == (422, "validation_failed")
    assert [fault["pointer"] for fault in refused.json["errors"]] == [f"/{name}"]
    assert filed(owner, fan) == []


GRABS: list[dict[str, object]] = [
    {"status": "approved"},
    {"userId": "4f8f2d52-6f3b-4c57-9a50-0c2e0e3f8a11"},
    {"user_id": "4f8f2d52-6f3b-4c57-9a50-0c2e0e3f8a11"},
    {"reviewedBy": "4f8f2d52-6f3b-4c57-9a50-0c2e0e3f8a11"},
    {"reviewedAt": "2026-01-01T00:00:00Z"},
    {"id": "4f8f2d52-6f3b-4c57-9a50-0c2e0e3f8a11"},
    {"website": "http://nova.example.com"},
]


@pytest.mark.parametrize("grab", GRABS, ids=str)
def test_an_applicant_does_not_decide(
    api: Api, owner: Owner, fan: Person, form: dict[str, Any], grab: dict[str, object]
) -> None:
    refused = api.post(PATH, fan.token, form | grab)

    assert (refused.status, refused.code) == (422, "validation_failed")
    assert filed(owner, fan) == []


@pytest.mark.parametrize("column", ["status", "user_id", "reviewed_by", "created_at", "id"])
def test_an_applicant_does_not_decide_over_rest_either(
    supabase: httpx.Client, owner: Owner, fan: Person, creator: Person, column: str
) -> None:
    values = {
        "status": "approved", "user_id": str(creator.id), "reviewed_by": str(creator.id),
        "created_at": "2020-01-01T00:00:00Z", "id": str(creator.id),
    }  # fmt: skip
    row = {"display_name": "N", "bio": "b", "why_creator": "w", "content_type": "c"}

    refused = supabase.post(
        "/rest/v1/creator_applications",
        json=row | {column: values[column]},
        headers={"Authorization": f"Bearer {fan.token}"},
    )

    assert (refused.status_code, refused.json()["code"]) == (403, "42501")
    assert filed(owner, fan) == filed(owner, creator) == []


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_what_was_filed_cannot_be_changed_over_rest(
    api: Api, supabase: httpx.Client, owner: Owner, fan: Person, form: dict[str, Any], method: str
) -> None:
    api.post(PATH, fan.token, form)

    refused = supabase.request(
        method,
        f"/rest/v1/creator_applications?user_id=eq.{fan.id}",
        json={"status": "approved"} if method == "PATCH" else None,
        headers={"Authorization": f"Bearer {fan.token}"},
    )

    assert (refused.status_code, refused.json()["code"]) == (403, "42501")
    assert filed(owner, fan) == ["pending"]


@pytest.mark.parametrize("who", ["nobody", "the applicant"])
def test_nobody_approves_over_rest(
    api: Api, supabase: httpx.Client, owner: Owner, fan: Person, form: dict[str, Any], who: str
) -> None:
    filed_id = api.post(PATH, fan.token, form).json["id"]
    headers = {"Authorization": f"Bearer {fan.token}"} if who == "the applicant" else {}

    refused = supabase.post(
        "/rest/v1/rpc/approve_creator_application",
        json={"application_id": filed_id, "reviewer_id": str(fan.id), "request_id": "mine"},
        headers=headers,
    )

    assert (refused.status_code, refused.json()["code"]) == (
        403 if headers else 401,
        "42501",
    )
    assert filed(owner, fan) == ["pending"]
