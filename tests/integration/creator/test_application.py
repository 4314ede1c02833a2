"""GET /api/creator/apply."""

from typing import Any

from tests.integration.api import Api
from tests.integration.moments import is_moment
from tests.integration.people import Owner, Person

PATH = "/api/creator/apply"


def test_whoever_never_applied_has_none(api: Api, fan: Person) -> None:
    answer = api.get(PATH, fan.token)

    assert (answer.status, answer.json) == (200, {"application": None})
    assert answer.headers["cache-control"] == "no-store"


def test_an_applicant_sees_what_they_sent(api: Api, fan: Person, form: dict[str, Any]) -> None:
    made = api.post(PATH, fan.token, form).json

    assert api.get(PATH, fan.token).json == {"application": made}


def test_an_applicant_sees_the_latest_with_its_outcome(
    api: Api, fan: Person, admin: Person, owner: Owner, form: dict[str, Any]
) -> None:
    first = api.post(PATH, fan.token, form).json["id"]
    owner.execute(
        "update creator_applications set status = 'rejected', reviewed_at = now() where id = %s",
        (first,),
    )
    second = api.post(PATH, fan.token, form | {"bio": "Better"}).json["id"]
    api.post(f"/api/admin/applications/{second}/approve", admin.token)

    shown = api.get(PATH, fan.token).json["application"]

    assert (shown["id"], shown["bio"], shown["status"]) == (second, "Better", "approved")
    assert is_moment(shown["reviewedAt"])
    assert "reviewedBy" not in shown


def test_one_sees_ones_own_only(
    api: Api, fan: Person, creator: Person, form: dict[str, Any]
) -> None:
    api.post(PATH, fan.token, form)

    assert api.get(PATH, creator.token).json == {"application": None}
