"""POST /api/admin/applications/{applicationId}/approve."""

import threading
from uuid import UUID, uuid4

import psycopg
import pytest

from limelight.admin import service
from limelight.data.errors import DataError
from limelight.schema import UserId
from local.services.backing import Backing
from tests.integration.admin.conftest import Apply
from tests.integration.api import Answer, Api, Post
from tests.integration.moments import is_moment, just_now
from tests.integration.people import Owner, People, Person


def approve(api: Api, admin: Person, application: object) -> Answer:
    return api.post(f"/api/admin/applications/{application}/approve", admin.token)


def reviews(owner: Owner, application: str) -> int:
    row = owner.execute(
        "select count(*) from audit_log where subject_id = %s", (application,)
    ).fetchone()
    assert row is not None
    return int(row[0])


def test_an_approval_is_answered_with_the_reviewed_application(
    api: Api, admin: Person, fan: Person, apply: Apply
) -> None:
    filed = apply(fan)

    approved = approve(api, admin, filed)

    assert approved.status == 200
    assert approved.headers["cache-control"] == "no-store"
    shown = approved.json
    assert is_moment(shown.pop("createdAt"))
    assert is_moment(shown["reviewedAt"])
    assert just_now(shown.pop("reviewedAt"))
    assert shown == {
        "id": filed, "userId": str(fan.id), "displayName": "Nova", "bio": "b", "whyCreator": "w",
        "contentType": "music", "instagramHandle": None, "twitterHandle": None, "website": None,
        "status": "approved", "reviewedBy": str(admin.id),
    }  # fmt: skip


def test_an_applicant_becomes_a_verified_creator_with_default_settings(
    api: Api, people: People, admin: Person, fan: Person, apply: Apply
) -> None:
    approve(api, admin, apply(fan))

    me = api.get("/api/user/me", fan.token).json
    assert me["isCreatorVerified"] is True
    row = people.row(
        """
        select u.role, s.call_rate_per_minute, s.minimum_call_duration, s.is_available_for_calls,
          s.auto_accept_calls, s.message_rate
        from users u join creator_settings s on s.user_id = u.id where u.id = %(id)s
        """,
        {"id": fan.id},
    )
    assert tuple(row.values()) == ("creator", 25, 5, False, False, 0)


def test_an_approval_writes_who_did_what_and_when(
    api: Api, people: People, admin: Person, fan: Person, apply: Apply
) -> None:
    filed = apply(fan)

    approved = approve(api, admin, filed)

    row = people.row("select * from audit_log where subject_id = %(id)s", {"id": filed})
    assert (row["actor_id"], row["action"]) == (admin.id, "application.approve")
    assert row["subject_type"] == "creator_application"
    assert row["before"] == {"status": "pending"}
    assert row["after"] == {"status": "approved", "userId": str(fan.id)}
    assert row["request_id"] == approved.headers["x-request-id"]


def test_a_new_creator_can_go_live_once_the_sandbox_hears_of_it(
    api: Api, people: People, admin: Person, fan: Person, apply: Apply
) -> None:
    piano = {"title": "Piano", "category": "music"}
    assert api.post("/api/streams/create", fan.token, piano).code == "role_required"

    approve(api, admin, apply(fan))
    people.set(fan)

    assert api.post("/api/streams/create", fan.token, piano).status == 201


def test_an_application_is_reviewed_once(
    api: Api, owner: Owner, people: People, admin: Person, fan: Person, apply: Apply
) -> None:
    filed = apply(fan)
    first = approve(api, admin, filed)

    refused = approve(api, people.admin(), filed)

    assert first.status == 200
    assert (refused.status, refused.code) == (409, "application_reviewed")
    assert reviews(owner, filed) == 1


def test_of_many_approvals_at_once_one_is_written(
    api: Api, owner: Owner, admin: Person, fan: Person, apply: Apply
) -> None:
    filed = apply(fan)

    answers = api.at_once([Post(f"/api/admin/applications/{filed}/approve", admin.token)] * 6)

    assert sorted(one.status for one in answers) == [200] + [409] * 5
    assert reviews(owner, filed) == 1


def test_an_approval_waits_for_another_that_is_under_way(
    backing: Backing, owner: Owner, admin: Person, fan: Person, apply: Apply
) -> None:
    filed = apply(fan)
    refusals: list[str] = []

    def approve_as_well() -> None:
        try:
            service.approve(UUID(filed), UserId(admin.id), "second")
        except DataError as refusal:
            refusals.append(refusal.message)

    with psycopg.connect(backing.direct_url) as desk:
        desk.execute(
            "select public.approve_creator_application(%s, %s, 'first')", (filed, admin.id)
        )
        second = threading.Thread(target=approve_as_well)
        second.start()
        second.join(0.1)
        assert second.is_alive()
    second.join(5)

    assert refusals == ["application_reviewed"]
    assert reviews(owner, filed) == 1


def test_a_rejected_application_cannot_be_approved(
    api: Api, owner: Owner, admin: Person, fan: Person, apply: Apply
) -> None:
    filed = apply(fan)
    owner.execute(
        "update creator_applications set status = 'rejected', reviewed_at = now() where id = %s",
        (filed,),
    )

    refused = approve(api, admin, filed)

    assert (refused.status, refused.code) == (409, "application_reviewed")
    assert api.get("/api/user/profile", fan.token).json["user"]["role"] == "fan"


def test_an_application_that_never_was_cannot_be_approved(api: Api, admin: Person) -> None:
    refused = approve(api, admin, uuid4())

    assert (refused.status, refused.code) == (404, "not_found")


def test_a_suspended_applicant_cannot_be_approved(
    api: Api, owner: Owner, people: People, admin: Person, fan: Person, apply: Apply
) -> None:
    filed = apply(fan)
    people.suspend(fan)

    refused = approve(api, admin, filed)

    assert (refused.status, refused.code) == (409, "applicant_inactive")
    assert reviews(owner, filed) == 0


def test_settings_that_are_there_are_kept(
    api: Api, owner: Owner, people: People, admin: Person, fan: Person, apply: Apply
) -> None:
    owner.execute(
        "insert into creator_settings (user_id, call_rate_per_minute) values (%s, 99)", (fan.id,)
    )

    approve(api, admin, apply(fan))

    row = people.row("select * from creator_settings where user_id = %(id)s", {"id": fan.id})
    assert row["call_rate_per_minute"] == 99


def test_an_admin_who_applied_stays_an_admin(
    api: Api, people: People, admin: Person, fan: Person, apply: Apply
) -> None:
    filed = apply(fan)
    people.set(fan, role="admin")

    approve(api, admin, filed)

    assert api.get("/api/user/profile", fan.token).json["user"]["role"] == "admin"


@pytest.mark.parametrize("role", ["fan", "creator"])
def test_only_an_admin_approves(
    api: Api, owner: Owner, people: People, fan: Person, apply: Apply, role: str
) -> None:
    filed = apply(fan)
    people.set(fan, role=role)

    refused = approve(api, fan, filed)

    assert (refused.status, refused.code) == (403, "role_required")
    assert reviews(owner, filed) == 0
