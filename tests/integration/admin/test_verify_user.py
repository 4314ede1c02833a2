"""POST /api/admin/users/{userId}/verify."""

from uuid import uuid4

import pytest

from tests.integration.admin.desk import act, audit
from tests.integration.api import Api
from tests.integration.people import Owner, Person


def test_a_creator_is_verified_and_it_is_audited(
    api: Api, owner: Owner, admin: Person, creator: Person
) -> None:
    answer = act(api, admin, creator, "verify", isVerified=True)

    assert (answer.status, answer.json["isCreatorVerified"]) == (200, True)
    ((actor, action, before, after, _),) = audit(owner, creator)
    assert (actor, action) == (admin.id, "user.verify")
    assert (before, after) == ({"isCreatorVerified": False}, {"isCreatorVerified": True})


def test_saying_it_twice_is_no_toggle(
    api: Api, owner: Owner, admin: Person, creator: Person
) -> None:
    act(api, admin, creator, "verify", isVerified=True)

    again = act(api, admin, creator, "verify", isVerified=True)

    assert again.json["isCreatorVerified"] is True
    assert len(audit(owner, creator)) == 1


def test_a_verification_is_taken_back(api: Api, admin: Person, creator: Person) -> None:
    act(api, admin, creator, "verify", isVerified=True)

    assert act(api, admin, creator, "verify", isVerified=False).json["isCreatorVerified"] is False


@pytest.mark.parametrize("value", ["true", 1, None])
def test_it_is_said_outright(api: Api, admin: Person, creator: Person, value: object) -> None:
    refused = act(api, admin, creator, "verify", isVerified=value)

    assert (refused.status, refused.code) == (422, "validation_failed")


def test_somebody_who_is_not_there_is_not_verified(api: Api, admin: Person) -> None:
    refused = api.post(f"/api/admin/users/{uuid4()}/verify", admin.token, {"isVerified": True})

    assert (refused.status, refused.code) == (404, "not_found")
