"""POST /api/admin/users/{userId}/role."""

import threading
from uuid import uuid4

import httpx
import pytest

from local.services.backing import Backing
from tests.integration.admin.desk import act, audit
from tests.integration.api import Api
from tests.integration.people import Owner, People, Person


def test_a_role_is_given_and_audited(api: Api, owner: Owner, admin: Person, fan: Person) -> None:
    answer = act(api, admin, fan, "role", role="creator")

    assert (answer.status, answer.json["role"]) == (200, "creator")
    request_id = answer.headers["x-request-id"]
    assert audit(owner, fan) == [
        (admin.id, "user.role", {"role": "fan"}, {"role": "creator"}, request_id)
    ]


def test_a_new_creator_has_settings(api: Api, people: People, admin: Person, fan: Person) -> None:
    act(api, admin, fan, "role", role="creator")
    people.set(fan)

    assert api.get("/api/creator/settings", fan.token).status == 200


def test_the_role_that_somebody_has_is_no_change(
    api: Api, owner: Owner, admin: Person, fan: Person
) -> None:
    answer = act(api, admin, fan, "role", role="fan")

    assert answer.status == 200
    assert audit(owner, fan) == []


def test_a_creator_who_becomes_a_fan_is_no_longer_live(
    api: Api, admin: Person, creator: Person, stream: str
) -> None:
    act(api, admin, creator, "role", role="fan")

    assert api.get(f"/api/streams/{stream}").json["status"] == "ended"


def test_an_admin_can_be_made_a_fan_while_there_is_another(
    api: Api, people: People, admin: Person
) -> None:
    other = people.admin()

    assert act(api, admin, other, "role", role="fan").json["role"] == "fan"


@pytest.fixture
def only_admin(people: People, owner: Owner, admin: Person) -> Person:
    """The one active admin that there is: the others of this database are fans meanwhile."""
    owner.execute("update users set role = 'fan' where role = 'admin' and id <> %s", [admin.id])
    people.set(admin)
    return admin


def test_the_last_admin_stays_one(api: Api, owner: Owner, only_admin: Person) -> None:
    before = audit(owner, only_admin)

    refused = act(api, only_admin, only_admin, "role", role="creator")

    assert (refused.status, refused.code) == (409, "last_admin")
    assert audit(owner, only_admin) == before


def test_a_suspended_admin_does_not_count_as_another(
    api: Api, people: People, only_admin: Person
) -> None:
    other = people.admin()
    people.suspend(other)

    refused = act(api, only_admin, only_admin, "role", role="fan")

    assert (refused.status, refused.code) == (409, "last_admin")


def test_two_admins_who_remove_each_other_at_once_leave_one(
    backing: Backing, people: People, owner: Owner, only_admin: Person
) -> None:
    other = people.admin()
    statuses: list[int] = []

    def remove(by: Person, person: Person) -> None:
        answer = httpx.post(
            f"{backing.supabase_url}/rest/v1/rpc/desk_set_role",
            headers={"apikey": backing.secret_key},
            json={
                "user_id": str(person.id), "role": "fan", "admin_id": str(by.id), "request_id": "q",
            },
        )  # fmt: skip
        statuses.append(answer.status_code)

    pairs = [(only_admin, other), (other, only_admin)]
    threads = [threading.Thread(target=remove, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    admins = owner.execute("select id from users where role = 'admin'").fetchall()
    assert sum(status == 200 for status in statuses) == 1
    assert len(admins) == 1
    people.set(only_admin, role="admin")


def test_a_role_that_there_is_not_is_refused(api: Api, admin: Person, fan: Person) -> None:
    refused = act(api, admin, fan, "role", role="owner")

    assert (refused.status, refused.code) == (422, "validation_failed")


def test_somebody_who_is_not_there_gets_no_role(api: Api, admin: Person) -> None:
    refused = api.post(f"/api/admin/users/{uuid4()}/role", admin.token, {"role": "fan"})

    assert (refused.status, refused.code) == (404, "not_found")


def test_no_user_calls_the_desk_over_rest(
    supabase: httpx.Client, fan: Person, admin: Person
) -> None:
    """Not even an admin's own token opens it: the secret key does, and the functions have it."""
    for person in (fan, admin):
        answer = supabase.post(
            "/rest/v1/rpc/desk_set_role",
            headers={"Authorization": f"Bearer {person.token}"},
            json={
                "user_id": str(fan.id), "role": "admin", "admin_id": str(admin.id),
                "request_id": "q",
            },
        )  # fmt: skip

        assert answer.status_code == 403
