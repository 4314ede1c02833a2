"""/admin/users."""

from typing import Any
from uuid import uuid4

import pytest
from supabase_auth.errors import AuthApiError

from tests.gateway.harness import PASSWORD, Served, fresh_email


def test_a_server_creates_reads_changes_and_deletes_an_account(gateway: Served) -> None:
    admin, email = gateway.admin().auth.admin, fresh_email()

    user = admin.create_user(
        {
            "email": email,
            "password": PASSWORD,
            "email_confirm": True,
            "user_metadata": {"name": "Ada"},
            "app_metadata": {"plan": "gold"},
        }
    ).user
    assert user.email == email
    assert user.role == "authenticated"
    assert user.email_confirmed_at is not None
    assert user.user_metadata["name"] == "Ada"
    assert user.app_metadata == {"plan": "gold", "provider": "email", "providers": ["email"]}

    changed = admin.update_user_by_id(
        user.id, {"user_metadata": {"age": 36}, "app_metadata": {"plan": None}}
    ).user
    assert changed.user_metadata["name"] == "Ada"
    assert changed.user_metadata["age"] == 36
    assert "plan" not in changed.app_metadata
    assert admin.get_user_by_id(user.id).user == changed

    admin.delete_user(user.id)
    with pytest.raises(AuthApiError) as refusal:
        admin.get_user_by_id(user.id)
    assert (refusal.value.status, refusal.value.code) == (404, "user_not_found")
    assert refusal.value.message == "User not found"


def test_an_account_made_without_confirmation_cannot_sign_in(gateway: Served) -> None:
    user = gateway.new_user(email_confirm=False)

    answer = gateway.auth(
        "POST",
        "/token?grant_type=password",
        json={"email": user["email"], "password": PASSWORD},
    )

    assert answer.json()["code"] == "email_not_confirmed"


def test_an_account_made_without_a_password_has_one_that_nobody_knows(gateway: Served) -> None:
    user = gateway.new_user(password=None)

    (row,) = gateway.sql("select encrypted_password from auth.users where id = %s", user["id"])
    answer = gateway.auth(
        "POST", "/token?grant_type=password", json={"email": user["email"], "password": ""}
    )

    assert row["encrypted_password"].startswith("$2")
    assert answer.json()["code"] == "invalid_credentials"


def test_an_accounts_own_id_and_role_are_kept(gateway: Served) -> None:
    user_id = str(uuid4())

    user = gateway.new_user(id=user_id, role="moderator")

    assert (user["id"], user["role"]) == (user_id, "moderator")


@pytest.mark.parametrize(
    ("changes", "status", "code", "message"),
    [
        (
            {"email": None},
            400,
            "validation_failed",
            "Cannot create a user without either an email or phone",
        ),
        (
            {"email": "nonsense"},
            400,
            "validation_failed",
            "Unable to validate email address: invalid format",
        ),
        (
            {"id": "nonsense"},
            400,
            "validation_failed",
            "ID must conform to the uuid v4 format",
        ),
        (
            {"ban_duration": "1 day"},
            400,
            "validation_failed",
            'invalid format for ban duration: time: invalid duration "1 day"',
        ),
        (
            {"ban_duration": "9999999h"},
            400,
            "validation_failed",
            'invalid format for ban duration: time: invalid duration "9999999h"',
        ),
        (
            {"password": "x" * 73},
            400,
            "validation_failed",
            "bcrypt: password length exceeds 72 bytes",
        ),
        (
            {"password_hash": "$2a$04$abc"},
            400,
            "validation_failed",
            "Only a password or a password hash should be provided",
        ),
    ],
)
def test_an_account_that_cannot_be_made_says_why(
    gateway: Served, changes: dict[str, Any], status: int, code: str, message: str
) -> None:
    body = {"email": fresh_email(), "password": PASSWORD} | changes

    answer = gateway.auth("POST", "/admin/users", headers=gateway.secret, json=body)

    assert answer.status_code == status
    assert answer.json() == {"code": code, "message": message}


def test_a_taken_address_is_refused_at_creation_and_fails_on_update(gateway: Served) -> None:
    first, second = gateway.new_user(), gateway.new_user()

    created = gateway.auth(
        "POST", "/admin/users", headers=gateway.secret, json={"email": first["email"].upper()}
    )
    updated = gateway.auth(
        "PUT",
        f"/admin/users/{second['id']}",
        headers=gateway.secret,
        json={"email": first["email"]},
    )

    assert (created.status_code, created.json()) == (
        422,
        {
            "code": "email_exists",
            "message": "A user with this email address has already been registered",
        },
    )
    assert (updated.status_code, updated.json()) == (
        500,
        {"code": "unexpected_failure", "message": "Error updating user"},
    )


def test_a_server_changes_an_address_without_a_mail(gateway: Served) -> None:
    user, email = gateway.new_user(), fresh_email()

    changed = gateway.admin().auth.admin.update_user_by_id(
        user["id"], {"email": email, "email_confirm": True}
    )

    assert changed.user.email == email
    assert changed.user.identities is not None
    assert changed.user.identities[0].identity_data["email"] == email
    assert gateway.session(email)


def test_update_judges_a_password_that_creation_takes(gateway: Served) -> None:
    user = gateway.new_user(password="abc")

    answer = gateway.auth(
        "PUT", f"/admin/users/{user['id']}", headers=gateway.secret, json={"password": "abc"}
    )

    assert (answer.status_code, answer.json()["code"]) == (422, "weak_password")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_ids_must_be_uuids_of_users_that_exist(gateway: Served, method: str) -> None:
    malformed = gateway.auth(method, "/admin/users/42", headers=gateway.secret)
    unknown = gateway.auth(method, f"/admin/users/{uuid4()}", headers=gateway.secret)

    assert (malformed.status_code, malformed.json()) == (
        404,
        {"code": "validation_failed", "message": "user_id must be an UUID"},
    )
    assert (unknown.status_code, unknown.json()) == (
        404,
        {"code": "user_not_found", "message": "User not found"},
    )


def test_only_a_servers_token_is_an_admin(gateway: Served) -> None:
    user_token = gateway.session(gateway.new_user()["email"])["access_token"]
    not_admins = [
        gateway.anon,
        gateway.as_user(user_token),
        # A secret key with a user's token acts as that user.
        {**gateway.secret, "Authorization": f"Bearer {user_token}"},
    ]

    for headers in not_admins:
        answer = gateway.auth("GET", "/admin/users", headers=headers)
        assert (answer.status_code, answer.json()) == (
            403,
            {"code": "not_admin", "message": "User not allowed"},
        )


def test_users_are_listed_by_pages_newest_first(gateway: Served) -> None:
    newest = [gateway.new_user()["id"] for _ in range(3)][::-1]

    first = gateway.auth("GET", "/admin/users?page=1&per_page=2", headers=gateway.secret)
    second = gateway.auth("GET", "/admin/users?page=2&per_page=2", headers=gateway.secret)
    defaults = gateway.admin().auth.admin.list_users()

    total = int(first.headers["X-Total-Count"])
    last = -(-total // 2)
    assert [user["id"] for user in first.json()["users"]] == newest[:2]
    assert second.json()["users"][0]["id"] == newest[2]
    assert first.json()["aud"] == "authenticated"
    assert first.headers["Link"] == (
        '</auth/v1/admin/users?page=2&per_page=2>; rel="next", '
        f'</auth/v1/admin/users?page={last}&per_page=2>; rel="last"'
    )
    assert [user.id for user in defaults][:3] == newest
    assert len(defaults) == min(total, 50)


@pytest.mark.parametrize("query", ["page=0", "page=-1", "per_page=x", "page=²", "page=99999999999"])
def test_a_page_that_cannot_be_is_refused(gateway: Served, query: str) -> None:
    answer = gateway.auth("GET", f"/admin/users?{query}", headers=gateway.secret)

    assert (answer.status_code, answer.json()["code"]) == (400, "validation_failed")


def test_a_soft_deleted_account_keeps_its_row_and_loses_its_person(gateway: Served) -> None:
    user = gateway.new_user(user_metadata={"name": "Ada"})
    session = gateway.session(user["email"])
    admin = gateway.admin().auth.admin

    admin.delete_user(user["id"], should_soft_delete=True)

    kept = admin.get_user_by_id(user["id"]).user
    assert kept.deleted_at is not None
    assert kept.user_metadata == {}
    assert user["email"] not in kept.model_dump_json()
    used = gateway.auth("GET", "/user", headers=gateway.as_user(session["access_token"]))
    assert used.json()["code"] == "session_not_found"
    assert gateway.new_user(email=user["email"])["id"] != user["id"]


@pytest.mark.parametrize(
    ("duration", "seconds"), [("90m", 5400), ("1h30m", 5400), ("1.5h", 5400), ("300s", 300)]
)
def test_a_ban_lasts_as_long_as_a_go_duration_says(
    gateway: Served, duration: str, seconds: int
) -> None:
    user = gateway.new_user(ban_duration=duration)

    (row,) = gateway.sql(
        "select extract(epoch from banned_until - created_at)::int as s from auth.users"
        " where id = %s",
        user["id"],
    )
    assert row["s"] == seconds
