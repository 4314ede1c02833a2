"""GET /api/admin/applications."""

from typing import Any

import pytest

from tests.integration.admin.conftest import Apply
from tests.integration.api import Api
from tests.integration.moments import is_moment
from tests.integration.people import Owner, People, Person

PATH = "/api/admin/applications"


@pytest.fixture(autouse=True)
def empty_table(owner: Owner) -> None:
    """Applications of other tests are gone."""
    owner.execute("delete from creator_applications")


def applicants(pages: list[list[dict[str, Any]]]) -> list[list[str]]:
    return [[one["applicant"]["id"] for one in page] for page in pages]


def test_an_application_is_shown_with_its_applicant(
    api: Api, admin: Person, fan: Person, apply: Apply
) -> None:
    filed = apply(fan)

    answer = api.get(PATH, admin.token)

    assert answer.status == 200
    assert answer.headers["cache-control"] == "no-store"
    (shown,) = answer.json["applications"]
    assert is_moment(shown.pop("createdAt"))
    assert shown == {
        "id": filed, "userId": str(fan.id), "displayName": "Nova", "bio": "b", "whyCreator": "w",
        "contentType": "music", "instagramHandle": None, "twitterHandle": None, "website": None,
        "status": "pending", "reviewedAt": None, "reviewedBy": None,
        "applicant": {
            "id": str(fan.id), "username": fan.username, "displayName": fan.username,
            "avatarUrl": None, "email": fan.email,
        },
    }  # fmt: skip


def test_an_empty_table_is_an_empty_list(api: Api, admin: Person) -> None:
    assert api.get(PATH, admin.token).json == {"applications": [], "nextCursor": None}


def test_applications_can_be_of_one_state(
    api: Api, people: People, admin: Person, apply: Apply
) -> None:
    pending, approved = people.fan(), people.fan()
    apply(pending)
    api.post(f"{PATH}/{apply(approved)}/approve", admin.token)

    def of(status: str) -> list[str]:
        listed = api.get(PATH, admin.token, status=status).json["applications"]
        return [one["userId"] for one in listed]

    assert (of("pending"), of("approved"), of("rejected")) == (
        [str(pending.id)],
        [str(approved.id)],
        [],
    )


@pytest.mark.parametrize("status", ["", "PENDING", "done", "eq.pending", "pending,approved"])
def test_a_state_that_is_none_is_refused(api: Api, admin: Person, status: str) -> None:
    refused = api.get(PATH, admin.token, status=status)

    assert (refused.status, refused.code) == (422, "validation_failed")
    assert [fault["parameter"] for fault in refused.json["errors"]] == ["status"]


def test_the_newest_come_first_page_by_page(
    api: Api, people: People, admin: Person, apply: Apply
) -> None:
    fans = [people.fan() for _ in range(5)]
    for one in fans:
        apply(one)

    pages = list(api.pages(PATH, "applications", admin.token, limit=2))

    newest = [str(one.id) for one in reversed(fans)]
    assert applicants(pages) == [newest[:2], newest[2:4], newest[4:]]


def test_pages_keep_their_place_while_people_apply(
    api: Api, people: People, admin: Person, apply: Apply
) -> None:
    fans = [people.fan() for _ in range(4)]
    for one in fans:
        apply(one)
    pages = api.pages(PATH, "applications", admin.token, limit=2, status="pending")

    seen = [next(pages)]
    apply(people.fan())
    seen += pages

    newest = [str(one.id) for one in reversed(fans)]
    assert applicants(seen) == [newest[:2], newest[2:]]


def test_applications_of_the_same_moment_are_each_shown_once(
    api: Api, owner: Owner, people: People, admin: Person, apply: Apply
) -> None:
    fans = [people.fan() for _ in range(5)]
    for one in fans:
        apply(one)
    owner.execute("update creator_applications set created_at = '2026-01-01T00:00:00.000001Z'")

    pages = list(api.pages(PATH, "applications", admin.token, limit=2))

    shown = [one for page in applicants(pages) for one in page]
    assert sorted(shown) == sorted(str(one.id) for one in fans)


@pytest.mark.parametrize("role", ["fan", "creator"])
def test_only_an_admin_sees_them(api: Api, people: People, fan: Person, role: str) -> None:
    people.set(fan, role=role)

    refused = api.get(PATH, fan.token)

    assert (refused.status, refused.code) == (403, "role_required")
