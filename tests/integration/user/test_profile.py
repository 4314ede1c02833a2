"""GET /api/user/profile."""

from tests.integration.api import Api
from tests.integration.people import Fund, Person


def test_a_profile_is_the_callers_account_without_the_wallet(
    api: Api, fan: Person, fund: Fund
) -> None:
    fund(fan, 100)
    me = api.get("/api/user/me", fan.token).json

    profile = api.get("/api/user/profile", fan.token)

    assert profile.status == 200
    assert profile.headers["cache-control"] == "no-store"
    assert profile.json == {"user": {name: me[name] for name in me if name != "wallet"}}


def test_a_creator_sees_that_they_are_one(api: Api, creator: Person) -> None:
    assert api.get("/api/user/profile", creator.token).json["user"]["role"] == "creator"


def test_a_profile_is_the_callers_whatever_the_query_says(
    api: Api, fan: Person, creator: Person
) -> None:
    seen = api.get("/api/user/profile", fan.token, id=creator.id, user_id=f"eq.{creator.id}")

    assert seen.json["user"]["id"] == str(fan.id)
