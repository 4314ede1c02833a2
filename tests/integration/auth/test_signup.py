"""POST /api/auth/signup."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from limelight.people.service import CONFIRM, WELCOME
from tests.integration.api import Answer, Api, Post
from tests.integration.people import PASSWORD, Owner, People, Person

LETTERS = str.maketrans("0123456789", "ghijklmnop")


def new_name() -> str:
    return f"n{uuid4().hex[:12]}"


def application(**fields: object) -> dict[str, Any]:
    """A sign-up that nobody has sent before."""
    name = new_name()
    return {"email": f"{name}@example.com", "password": PASSWORD, "username": name} | fields


def sign_up(api: Api, **fields: object) -> Answer:
    return api.post("/api/auth/signup", body=application(**fields))


def accounts(owner: Owner) -> int:
    """How many accounts there are, none of them half an account."""
    counts = owner.execute(
        """
        select
          (select count(*) from auth.users),
          (select count(*) from public.users),
          (select count(*) from public.profiles),
          (select count(*) from public.wallets where user_id is not null)
        """
    ).fetchone()
    assert counts is not None
    assert len(set(counts)) == 1, "there is half an account"
    return int(counts[0])


@pytest.fixture(autouse=True)
def no_half_accounts(owner: Owner) -> Iterator[None]:
    yield
    accounts(owner)


# A new account


def test_a_new_account_is_answered_with_its_user_and_session(api: Api) -> None:
    body = application(displayName="  Nova 🎹 ")

    made = api.post("/api/auth/signup", body=body)

    assert made.status == 201
    assert made.headers["cache-control"] == "no-store"
    assert made.json.keys() == {"user", "session", "message"}
    assert made.json["message"] == WELCOME
    user = made.json["user"]
    assert UUID(user.pop("id"))
    assert user == {
        "email": body["email"], "username": body["username"], "displayName": "Nova 🎹",
    }  # fmt: skip
    session = made.json["session"]
    assert session.keys() == {"accessToken", "refreshToken", "tokenType", "expiresIn", "expiresAt"}
    assert session["tokenType"] == "bearer"
    assert session["expiresIn"] > 0


def test_a_new_account_is_a_fan_with_an_empty_wallet(api: Api) -> None:
    made = sign_up(api, username=(name := new_name())).json

    me = api.get("/api/user/me", made["session"]["accessToken"])

    assert me.status == 200
    assert (me.json["id"], me.json["username"]) == (made["user"]["id"], name)
    assert (me.json["displayName"], me.json["role"]) == (name, "fan")
    assert me.json["isCreatorVerified"] is False
    assert me.json["wallet"] == {"balance": 0, "heldBalance": 0, "availableBalance": 0}


def test_a_user_name_is_kept_in_lower_case(api: Api) -> None:
    name = new_name()

    made = sign_up(api, username=f" {name.upper()} ")

    assert (made.status, made.json["user"]["username"]) == (201, name)


@pytest.mark.parametrize("length", [3, 20])
def test_user_names_at_the_limits_are_accepted(api: Api, length: int) -> None:
    names = (uuid4().hex.translate(LETTERS)[:length] for _ in range(20))
    free = next(
        name
        for name in names
        if api.get("/api/auth/check-username", username=name).json["available"]
    )

    assert sign_up(api, username=free).json["user"]["username"] == free


ROLE_GRABS: list[dict[str, object]] = [
    {"role": "admin"},
    {"isCreatorVerified": True},
    {"id": "00000000-0000-4000-8000-000000000000"},
    {"balance": 1000},
    {"data": {"role": "admin"}},
    {"app_metadata": {"role": "admin"}},
    {"display_name": "snake"},
]


@pytest.mark.parametrize("grab", ROLE_GRABS, ids=str)
def test_nobody_signs_up_as_more_than_a_fan(
    api: Api, owner: Owner, grab: dict[str, object]
) -> None:
    before = accounts(owner)

    refused = sign_up(api, **grab)

    assert (refused.status, refused.code) == (422, "validation_failed")
    assert accounts(owner) == before


# User names


@pytest.mark.parametrize(
    "name",
    [
        "ab",
        "a" * 21,
        "1abc",
        "_abc",
        "abc_",
        "a__b",
        "a-b",
        "a b",
        "añb",
        "abc.",
        "\uff41\uff42\uff43",
        "a\tb",
    ],
)
def test_a_user_name_that_is_none_is_refused(api: Api, owner: Owner, name: str) -> None:
    before = accounts(owner)

    refused = sign_up(api, username=name)

    assert (refused.status, refused.code) == (422, "username_invalid")
    assert [fault["pointer"] for fault in refused.json["errors"]] == ["/username"]
    assert accounts(owner) == before


@pytest.mark.parametrize(
    "name",
    [
        "admin", "Admin", "api", "support", "help", "about", "terms", "privacy", "settings",
        "explore", "discover", "trending", "wallet", "streams", "stripe", "calls", "shows",
        "messages", "profile", "creator", "follow", "auth", "user", "google", "limelight",
    ],
)  # fmt: skip
def test_a_reserved_user_name_is_refused(api: Api, owner: Owner, name: str) -> None:
    before = accounts(owner)

    refused = sign_up(api, username=name)

    assert (refused.status, refused.code) == (422, "username_reserved")
    assert accounts(owner) == before


def test_a_taken_user_name_is_refused_with_names_that_are_free(
    api: Api, owner: Owner, fan: Person
) -> None:
    before = accounts(owner)

    refused = sign_up(api, username=fan.username.upper())

    assert (refused.status, refused.code) == (409, "username_taken")
    assert [fault["pointer"] for fault in refused.json["errors"]] == ["/username"]
    assert len(refused.json["suggestions"]) == 3
    assert accounts(owner) == before
    made = sign_up(api, username=refused.json["suggestions"][0])
    assert made.status == 201


@pytest.mark.parametrize("spelling", [str.lower, str.upper])
def test_of_many_who_want_one_name_at_once_one_gets_it(
    api: Api, owner: Owner, spelling: Any
) -> None:
    name = new_name()
    before = accounts(owner)

    answers = api.at_once(
        [
            Post("/api/auth/signup", None, application(username=spelling(name) if n % 2 else name))
            for n in range(6)
        ]
    )

    assert sorted(one.status for one in answers) == [201] + [409] * 5
    assert {one.code for one in answers if one.status == 409} == {"username_taken"}
    assert accounts(owner) == before + 1


# E-mail addresses


def test_an_address_that_has_an_account_is_answered_like_one_that_must_be_confirmed(
    api: Api, owner: Owner, fan: Person
) -> None:
    before = accounts(owner)

    answers = [sign_up(api, email=email) for email in (fan.email, fan.email.upper(), fan.email)]

    assert accounts(owner) == before
    for answer in answers:
        assert answer.status == 201
        assert answer.json.keys() == {"user", "session", "message"}
        assert answer.json["user"].keys() == {"id", "email", "username", "displayName"}
        assert (answer.json["session"], answer.json["message"]) == (None, CONFIRM)
    made_up = {answer.json["user"]["id"] for answer in answers}
    assert len(made_up) == 3
    assert str(fan.id) not in made_up


def test_signing_up_again_changes_nothing_about_the_account_that_is_there(
    api: Api, people: People, fan: Person
) -> None:
    def account() -> dict[str, Any]:
        return people.row(
            """
            select u.encrypted_password, u.raw_user_meta_data, p.username, p.display_name
            from auth.users u join public.profiles p on p.user_id = u.id where u.id = %(id)s
            """,
            {"id": fan.id},
        )

    before = account()

    sign_up(api, email=fan.email, password="another password", displayName="Mallory")

    assert account() == before


def test_of_many_who_want_one_address_at_once_one_gets_it(api: Api, owner: Owner) -> None:
    address = f"{new_name()}@example.com"
    before = accounts(owner)

    answers = api.at_once(
        [Post("/api/auth/signup", None, application(email=address)) for _ in range(5)]
    )

    assert [one.status for one in answers] == [201] * 5
    assert sum(one.json["session"] is not None for one in answers) == 1
    assert accounts(owner) == before + 1


@pytest.mark.parametrize(
    "address",
    ["", "nova", "nova@", "@example.com", "nova@example", "a b@example.com", "a@b@example.com",
     "n" * 250 + "@example.com"],
)  # fmt: skip
def test_an_address_that_is_none_is_refused(api: Api, owner: Owner, address: str) -> None:
    before = accounts(owner)

    refused = sign_up(api, email=address)

    assert refused.status == 422
    assert [fault["pointer"] for fault in refused.json["errors"]] == ["/email"]
    assert accounts(owner) == before


# Passwords and names


def test_a_weak_password_is_refused_and_the_name_stays_free(api: Api, owner: Owner) -> None:
    before, name = accounts(owner), new_name()

    refused = sign_up(api, username=name, password="12345")

    assert (refused.status, refused.code) == (422, "password_weak")
    assert [fault["pointer"] for fault in refused.json["errors"]] == ["/password"]
    assert "12345" not in refused.text
    assert accounts(owner) == before
    assert api.get("/api/auth/check-username", username=name).json["available"] is True


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"password": "p" * 72}, 201),
        ({"password": "p" * 73}, 422),
        ({"password": ""}, 422),
        ({"displayName": "d" * 50}, 201),
        ({"displayName": "d" * 51}, 422),
        ({"displayName": " "}, 422),
        ({"displayName": None}, 201),
    ],
    ids=["72", "73", "empty", "name of 50", "name of 51", "blank name", "no name"],
)
def test_passwords_and_display_names_have_limits(
    api: Api, fields: dict[str, object], status: int
) -> None:
    assert sign_up(api, **fields).status == status


@pytest.mark.parametrize("missing", ["email", "password", "username"])
def test_every_field_but_the_display_name_is_needed(api: Api, missing: str) -> None:
    body = application()
    del body[missing]

    refused = api.post("/api/auth/signup", body=body)

    assert (refused.status, refused.code) == (422, "validation_failed")
    assert [fault["pointer"] for fault in refused.json["errors"]] == [f"/{missing}"]


# Past the API


@pytest.mark.parametrize("name", ["admin", "ab", "A__B", "1abc", ""])
def test_names_are_held_to_the_same_rules_whoever_asks_auth(
    supabase: httpx.Client, owner: Owner, name: str
) -> None:
    before = accounts(owner)

    refused = supabase.post(
        "/auth/v1/signup", json=application() | {"data": {"username": name, "role": "admin"}}
    )

    assert refused.status_code >= 400
    assert accounts(owner) == before


def test_an_account_made_without_a_name_gets_one(api: Api, supabase: httpx.Client) -> None:
    made = supabase.post(
        "/auth/v1/signup", json=application() | {"data": {"role": "admin", "display_name": " "}}
    ).json()

    me = api.get("/api/user/me", made["access_token"]).json

    assert me["username"] == me["displayName"]
    assert me["username"].startswith("user_")
    assert (me["role"], me["wallet"]["balance"]) == ("fan", 0)
