"""GET and PUT /user, POST /logout, and the tokens that they take."""

import time
from typing import Any
from uuid import uuid4

import jwt
import pytest

from local.gateway.keys import LocalKeys
from tests.gateway.harness import PASSWORD, Served, fresh_email


def claims_of(gateway: Served, **changes: Any) -> dict[str, Any]:
    user = gateway.new_user()
    claims = {
        "sub": user["id"],
        "aud": "authenticated",
        "role": "authenticated",
        "exp": int(time.time()) + 60,
    }
    return {name: value for name, value in (claims | changes).items() if value is not None}


def legacy_token(gateway: Served, **changes: Any) -> str:
    return jwt.encode(claims_of(gateway, **changes), gateway.keys.jwt_secret, algorithm="HS256")


def get_user(gateway: Served, token: str) -> tuple[int, str]:
    answer = gateway.auth("GET", "/user", headers=gateway.as_user(token))
    return answer.status_code, answer.json().get("code", "")


def test_a_legacy_token_is_accepted_beside_the_projects_own(gateway: Served) -> None:
    assert get_user(gateway, legacy_token(gateway))[0] == 200


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"exp": 1}, 403, "bad_jwt"),
        ({"sub": None}, 403, "bad_jwt"),
        ({"sub": "not a uuid"}, 400, "bad_jwt"),
        ({"sub": str(uuid4())}, 403, "user_not_found"),
        ({"session_id": str(uuid4())}, 403, "session_not_found"),
        ({"session_id": "not a uuid"}, 403, "bad_jwt"),
        ({"aud": "someone else"}, 400, "validation_failed"),
    ],
)
def test_a_token_that_means_nobody_is_refused(
    gateway: Served, changes: dict[str, Any], status: int, code: str
) -> None:
    assert get_user(gateway, legacy_token(gateway, **changes)) == (status, code)


def test_tokens_of_strangers_are_refused(gateway: Served) -> None:
    stranger, claims = LocalKeys.create(), claims_of(gateway)
    forged = [
        "no.jwt.atall",
        "nothing",
        jwt.encode(claims, stranger.jwt_secret, algorithm="HS256"),
        jwt.encode(claims, "", algorithm="none"),
        jwt.encode(claims, stranger.signing_key.key, algorithm="ES256"),
        jwt.encode(
            claims,
            stranger.signing_key.key,
            algorithm="ES256",
            headers={"kid": gateway.keys.signing_key.key_id},
        ),
        # The public key as an HMAC secret: the classic confusion of algorithms.
        jwt.encode(
            claims,
            gateway.keys.jwt_secret,
            algorithm="HS256",
            headers={"kid": gateway.keys.signing_key.key_id},
        ),
    ]

    assert [get_user(gateway, token) for token in forged] == [(403, "bad_jwt")] * len(forged)


def test_the_service_role_token_is_no_user(gateway: Served) -> None:
    answer = gateway.auth("GET", "/user", headers=gateway.secret)

    assert answer.status_code == 403
    assert answer.json() == {
        "code": "bad_jwt",
        "message": "invalid claim: missing sub claim",
    }


@pytest.mark.parametrize("authorization", ["", "Basic abc", "Bearer"])
def test_without_a_bearer_token_there_is_nobody(gateway: Served, authorization: str) -> None:
    # An empty Authorization is filled in from the API key, which is no user either.
    headers = {**gateway.anon, "Authorization": authorization}

    answer = gateway.auth("GET", "/user", headers=headers)

    expected = (403, "bad_jwt") if authorization == "" else (401, "no_authorization")
    assert (answer.status_code, answer.json()["code"]) == expected


def test_metadata_is_merged_and_null_removes(gateway: Served) -> None:
    client = gateway.client()
    client.auth.sign_up(
        {
            "email": fresh_email(),
            "password": PASSWORD,
            "options": {"data": {"name": "Ada", "age": 36}},
        }
    )

    answer = client.auth.update_user({"data": {"age": None, "city": "London"}})

    metadata = answer.user.user_metadata
    assert metadata["name"] == "Ada"
    assert metadata["city"] == "London"
    assert "age" not in metadata


def test_app_metadata_is_not_the_users_to_write(gateway: Served) -> None:
    session = gateway.session(gateway.new_user()["email"])

    answer = gateway.auth(
        "PUT",
        "/user",
        headers=gateway.as_user(session["access_token"]),
        json={"app_metadata": {"role": "admin"}},
    )

    assert (answer.status_code, answer.json()["code"]) == (403, "not_admin")


def test_a_new_password_ends_the_other_sessions_and_keeps_this_one(gateway: Served) -> None:
    user = gateway.new_user()
    here, elsewhere = gateway.session(user["email"]), gateway.session(user["email"])

    changed = gateway.auth(
        "PUT",
        "/user",
        headers=gateway.as_user(here["access_token"]),
        json={"password": "another password"},
    )

    assert changed.status_code == 200
    assert get_user(gateway, here["access_token"])[0] == 200
    assert get_user(gateway, elsewhere["access_token"]) == (403, "session_not_found")
    assert gateway.session(user["email"], "another password")


@pytest.mark.parametrize(
    ("password", "status", "code"),
    [
        (PASSWORD, 422, "same_password"),
        ("12345", 422, "weak_password"),
        ("x" * 73, 400, "validation_failed"),
    ],
)
def test_a_new_password_must_be_new_and_good(
    gateway: Served, password: str, status: int, code: str
) -> None:
    session = gateway.session(gateway.new_user()["email"])

    answer = gateway.auth(
        "PUT",
        "/user",
        headers=gateway.as_user(session["access_token"]),
        json={"password": password},
    )

    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_an_address_of_someone_else_cannot_be_taken(gateway: Served) -> None:
    other, session = gateway.new_user(), gateway.session(gateway.new_user()["email"])

    answer = gateway.auth(
        "PUT",
        "/user",
        headers=gateway.as_user(session["access_token"]),
        json={"email": other["email"]},
    )

    assert (answer.status_code, answer.json()["code"]) == (422, "email_exists")


@pytest.mark.parametrize(
    ("scope", "survivors"), [("local", [False, True]), ("others", [True, False])]
)
def test_signing_out_ends_the_sessions_of_its_scope(
    gateway: Served, scope: str, survivors: list[bool]
) -> None:
    user = gateway.new_user()
    here, elsewhere = gateway.session(user["email"]), gateway.session(user["email"])

    answer = gateway.auth(
        "POST", f"/logout?scope={scope}", headers=gateway.as_user(here["access_token"])
    )

    assert (answer.status_code, answer.content) == (204, b"")
    tokens = [here["access_token"], elsewhere["access_token"]]
    assert [get_user(gateway, token)[0] == 200 for token in tokens] == survivors


def test_signing_out_everywhere_is_the_default(gateway: Served) -> None:
    user = gateway.new_user()
    tokens = [gateway.session(user["email"])["access_token"] for _ in range(2)]

    gateway.auth("POST", "/logout", headers=gateway.as_user(tokens[0]))

    assert [get_user(gateway, token) for token in tokens] == [(403, "session_not_found")] * 2


def test_an_unknown_scope_is_refused(gateway: Served) -> None:
    token = gateway.session(gateway.new_user()["email"])["access_token"]

    answer = gateway.auth("POST", "/logout?scope=galaxy", headers=gateway.as_user(token))

    assert (answer.status_code, answer.json()["code"]) == (400, "validation_failed")
    assert get_user(gateway, token)[0] == 200


def test_a_server_signs_a_user_out_with_the_users_token(gateway: Served) -> None:
    token = gateway.session(gateway.new_user()["email"])["access_token"]

    gateway.admin().auth.admin.sign_out(token)

    assert get_user(gateway, token) == (403, "session_not_found")
