"""POST /api/admin/users/{userId}/suspend."""

from uuid import uuid4

import pytest

from tests.integration.admin.desk import act, audit
from tests.integration.api import Answer, Api
from tests.integration.people import Owner, People, Person


def suspend(api: Api, admin: Person, person: Person) -> Answer:
    return act(api, admin, person, "suspend", action="suspend", reason="Spam")


def unsuspend(api: Api, admin: Person, person: Person) -> Answer:
    return act(api, admin, person, "suspend", action="unsuspend", reason="Said sorry")


def test_a_suspension_is_answered_and_audited(
    api: Api, owner: Owner, admin: Person, fan: Person
) -> None:
    answer = suspend(api, admin, fan)

    assert answer.status == 200
    assert (answer.json["status"], answer.json["suspensionReason"]) == ("suspended", "Spam")
    assert answer.json["suspendedAt"].endswith("Z")
    ((actor, action, before, after, request_id),) = audit(owner, fan)
    assert (actor, action, before) == (admin.id, "user.suspend", {"status": "active"})
    assert after == {"status": "suspended", "reason": "Spam"}
    assert request_id == answer.headers["x-request-id"]


def test_the_token_of_a_suspended_user_works_no_more(
    api: Api, people: People, admin: Person, fan: Person
) -> None:
    suspend(api, admin, fan)
    people.set(fan)  # a minute passes: the kernel asks for the account again

    assert api.get("/api/user/me", fan.token).code == "account_suspended"


def test_the_live_stream_of_a_suspended_creator_ends_and_is_listed_nowhere(
    api: Api, people: People, admin: Person, creator: Person, stream: str
) -> None:
    suspend(api, admin, creator)

    assert people.row("select status from streams where id = %(id)s", {"id": stream}) == {
        "status": "ended"
    }
    assert api.get(f"/api/streams/{stream}").status == 404
    assert stream not in [one["id"] for one in api.get("/api/streams/live").json["streams"]]


def test_who_is_let_back_in_may_act_again(
    api: Api, people: People, owner: Owner, admin: Person, fan: Person
) -> None:
    suspend(api, admin, fan)

    answer = unsuspend(api, admin, fan)
    people.set(fan)

    assert (answer.status, answer.json["status"]) == (200, "active")
    assert (answer.json["suspendedAt"], answer.json["suspensionReason"]) == (None, None)
    assert api.get("/api/user/me", fan.token).status == 200
    assert [row[1] for row in audit(owner, fan)] == ["user.suspend", "user.unsuspend"]
    assert audit(owner, fan)[1][2:4] == (
        {"status": "suspended", "reason": "Spam"},
        {"status": "active", "reason": "Said sorry"},
    )


def test_nobody_is_suspended_twice(api: Api, owner: Owner, admin: Person, fan: Person) -> None:
    suspend(api, admin, fan)

    refused = suspend(api, admin, fan)

    assert (refused.status, refused.code) == (409, "already_suspended")
    assert len(audit(owner, fan)) == 1


def test_who_is_not_suspended_cannot_be_let_back_in(api: Api, admin: Person, fan: Person) -> None:
    refused = unsuspend(api, admin, fan)

    assert (refused.status, refused.code) == (409, "not_suspended")


@pytest.mark.parametrize("action", ["suspend", "unsuspend"])
def test_no_admin_does_it_to_themselves(api: Api, people: People, action: str) -> None:
    admin = people.admin()

    refused = act(api, admin, admin, "suspend", action=action, reason="Why not")

    assert (refused.status, refused.code) == (403, "own_account")


def test_an_admin_is_suspended_by_another(api: Api, people: People, admin: Person) -> None:
    assert suspend(api, admin, people.admin()).json["status"] == "suspended"


@pytest.mark.parametrize(
    "body",
    [
        {"action": "suspend"},
        {"action": "suspend", "reason": "  "},
        {"action": "suspend", "reason": "x" * 501},
        {"action": "ban", "reason": "x"},
        {"reason": "x"},
    ],
    ids=repr,
)
def test_a_suspension_says_what_and_why(
    api: Api, admin: Person, fan: Person, body: dict[str, str]
) -> None:
    refused = act(api, admin, fan, "suspend", **body)

    assert (refused.status, refused.code) == (422, "validation_failed")
    assert api.get("/api/user/me", fan.token).status == 200


def test_somebody_who_is_not_there_is_not_suspended(api: Api, admin: Person) -> None:
    refused = api.post(
        f"/api/admin/users/{uuid4()}/suspend", admin.token, {"action": "suspend", "reason": "x"}
    )

    assert (refused.status, refused.code) == (404, "not_found")
