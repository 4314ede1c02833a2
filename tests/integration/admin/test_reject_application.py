"""POST /api/admin/applications/{applicationId}/reject."""

from uuid import uuid4

from tests.integration.admin.conftest import Apply
from tests.integration.api import Answer, Api, Post
from tests.integration.people import People, Person


def reject(api: Api, admin: Person, application: object) -> Answer:
    return api.post(f"/api/admin/applications/{application}/reject", admin.token)


def test_a_rejection_is_answered_and_audited(
    api: Api, people: People, admin: Person, fan: Person, apply: Apply
) -> None:
    filed = apply(fan)

    rejected = reject(api, admin, filed)

    assert (rejected.status, rejected.json["status"]) == (200, "rejected")
    assert rejected.json["reviewedBy"] == str(admin.id)
    row = people.row("select * from audit_log where subject_id = %(id)s", {"id": filed})
    assert (row["actor_id"], row["action"]) == (admin.id, "application.reject")
    assert (row["before"], row["after"]) == (
        {"status": "pending"},
        {"status": "rejected", "userId": str(fan.id)},
    )
    assert row["request_id"] == rejected.headers["x-request-id"]


def test_who_is_rejected_stays_a_fan_and_may_apply_again(
    api: Api, admin: Person, fan: Person, apply: Apply
) -> None:
    reject(api, admin, apply(fan))

    assert api.get("/api/user/me", fan.token).json["role"] == "fan"
    assert apply(fan)


def test_an_application_is_reviewed_once(
    api: Api, admin: Person, fan: Person, apply: Apply
) -> None:
    filed = apply(fan)
    approve = f"/api/admin/applications/{filed}/approve"

    paths = [f"/api/admin/applications/{filed}/reject", approve]
    answers = api.at_once([Post(path, admin.token) for path in paths * 3])

    assert sorted(one.status for one in answers) == [200] + [409] * 5
    assert reject(api, admin, filed).code == "application_reviewed"


def test_an_application_that_is_not_there_cannot_be_rejected(api: Api, admin: Person) -> None:
    refused = reject(api, admin, uuid4())

    assert (refused.status, refused.code) == (404, "not_found")
