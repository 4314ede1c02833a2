"""GET /api/user/me."""

from limelight.http import accounts
from limelight.http.accounts import Account
from limelight.schema import UserId
from tests.integration.api import Api
from tests.integration.ledger import GIFTS, hold
from tests.integration.moments import is_moment, just_now
from tests.integration.people import Fund, Owner, People, Person
from tests.integration.tokens import Tokens


def test_an_account_sees_all_of_itself(api: Api, fan: Person) -> None:
    me = api.get("/api/user/me", fan.token)

    assert me.status == 200
    assert me.headers["cache-control"] == "no-store"
    shown = me.json
    for moment in ("createdAt", "updatedAt"):
        assert is_moment(shown[moment])
        assert just_now(shown.pop(moment))
    assert shown == {
        "id": str(fan.id), "email": fan.email, "username": fan.username,
        "displayName": fan.username, "bio": None, "avatarUrl": None, "bannerUrl": None,
        "location": None, "website": None, "twitterHandle": None, "instagramHandle": None,
        "role": "fan", "isCreatorVerified": False, "followerCount": 0, "followingCount": 0,
        "wallet": {"balance": 0, "heldBalance": 0, "availableBalance": 0},
    }  # fmt: skip


def test_the_wallet_is_what_the_wallet_endpoint_says(
    api: Api, owner: Owner, fan: Person, creator: Person, stream: str, fund: Fund
) -> None:
    fund(fan, 100)
    api.pay(f"/api/streams/{stream}/gift", fan.token, {"giftId": GIFTS["Star"], "quantity": 1})
    hold(owner, fan, 20)

    for person in (fan, creator):
        wallet = api.get("/api/user/me", person.token).json["wallet"]

        assert wallet == api.get("/api/wallet/balance", person.token).json
    assert api.get("/api/user/me", fan.token).json["wallet"] == {
        "balance": 95, "heldBalance": 20, "availableBalance": 75,
    }  # fmt: skip


def test_the_role_is_the_databases_not_the_tokens(
    api: Api, people: People, tokens: Tokens, fan: Person
) -> None:
    boast = tokens.signed(fan.id, user_metadata={"role": "admin"}, user_role="admin")
    assert api.get("/api/user/me", boast).json["role"] == "fan"
    people.set(fan, role="creator")

    assert api.get("/api/user/me", fan.token).json["role"] == "creator"


def test_two_callers_in_turn_each_see_themselves(api: Api, fan: Person, creator: Person) -> None:
    seen = [api.get("/api/user/me", one.token).json["id"] for one in (fan, creator) * 3]

    assert seen == [str(fan.id), str(creator.id)] * 3


def test_a_suspension_bites_in_a_sandbox_that_knew_the_account(
    api: Api, people: People, fan: Person
) -> None:
    assert api.get("/api/user/me", fan.token).status == 200
    people.suspend(fan)

    refused = api.get("/api/user/me", fan.token)

    assert (refused.status, refused.code) == (403, "account_suspended")


def test_a_suspended_account_sees_no_wallet_even_where_it_is_still_trusted(
    api: Api, people: People, fan: Person
) -> None:
    account = Account(UserId(fan.id), "fan", "active")
    people.suspend(fan)
    accounts.cache.put(account)

    refused = api.get("/api/user/me", fan.token)

    assert (refused.status, refused.code) == (403, "forbidden")
