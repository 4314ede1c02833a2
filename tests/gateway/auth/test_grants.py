"""POST /token: passwords and refresh tokens."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from supabase_auth.errors import AuthApiError

from tests.gateway.harness import PASSWORD, Served, fresh_email


def refresh(gateway: Served, token: str) -> httpx.Response:
    return gateway.auth("POST", "/token?grant_type=refresh_token", json={"refresh_token": token})


def age_refresh_tokens(gateway: Served, session_token: str, seconds: int) -> None:
    """Let `seconds` pass for the family of this refresh token."""
    gateway.sql(
        """
        update auth.refresh_tokens
        set updated_at = updated_at - make_interval(secs => %s)
        where session_id = (select session_id from auth.refresh_tokens where token = %s)
        """,
        seconds,
        session_token,
    )


def test_a_password_opens_a_session(gateway: Served) -> None:
    user = gateway.new_user()
    client = gateway.client()

    answer = client.auth.sign_in_with_password({"email": user["email"], "password": PASSWORD})

    assert answer.session is not None
    assert answer.session.token_type == "bearer"
    assert answer.session.expires_in == 3600
    assert answer.user is not None
    assert answer.user.id == user["id"]
    assert answer.user.last_sign_in_at is not None
    found = client.auth.get_user()
    assert found is not None
    assert found.user.id == user["id"]


@pytest.mark.parametrize("password", ["wrong password", ""])
def test_a_wrong_password_and_an_unknown_user_answer_alike(gateway: Served, password: str) -> None:
    user = gateway.new_user()
    path = "/token?grant_type=password"

    wrong = gateway.auth("POST", path, json={"email": user["email"], "password": password})
    unknown = gateway.auth("POST", path, json={"email": fresh_email(), "password": PASSWORD})

    assert wrong.status_code == unknown.status_code == 400
    assert wrong.json() == unknown.json()
    assert wrong.json() == {
        "code": "invalid_credentials",
        "message": "Invalid login credentials",
    }


def test_a_password_that_has_become_weak_still_signs_in_and_says_so(gateway: Served) -> None:
    user = gateway.new_user(password="abc")

    session = gateway.session(user["email"], "abc")

    assert session["weak_password"]["reasons"] == ["length"]


@pytest.mark.parametrize(
    ("query", "body", "code", "message"),
    [
        ("grant_type=password", {"password": "x"}, "validation_failed", "missing email or phone"),
        (
            "grant_type=password",
            {"email": "a@b.c", "phone": "1", "password": "x"},
            "validation_failed",
            "Only an email address or phone number should be provided on login.",
        ),
        (
            "grant_type=password",
            {"phone": "1", "password": "x"},
            "phone_provider_disabled",
            "Phone numbers are not served by the local gateway",
        ),
        ("grant_type=magic", {}, "invalid_credentials", "unsupported_grant_type"),
        ("", {}, "invalid_credentials", "unsupported_grant_type"),
        (
            "grant_type=id_token",
            {},
            "provider_disabled",
            "The id_token grant is not served by the local gateway",
        ),
        (
            "grant_type=refresh_token",
            {"refresh_token": "not one"},
            "validation_failed",
            "Refresh token is not valid",
        ),
        (
            "grant_type=refresh_token",
            {"refresh_token": "aaaaaaaaaaaa"},
            "refresh_token_not_found",
            "Invalid Refresh Token: Refresh Token Not Found",
        ),
    ],
)
def test_a_grant_that_cannot_be_says_why(
    gateway: Served, query: str, body: dict[str, str], code: str, message: str
) -> None:
    answer = gateway.auth("POST", f"/token?{query}", json=body)

    assert answer.status_code == 400
    assert answer.json() == {"code": code, "message": message}


def test_a_missing_refresh_token_is_an_oauth_error(gateway: Served) -> None:
    answer = gateway.auth("POST", "/token?grant_type=refresh_token", json={})

    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_request"


def test_refreshing_rotates_the_refresh_token_and_keeps_the_session(gateway: Served) -> None:
    user = gateway.new_user()
    client = gateway.client()
    first = client.auth.sign_in_with_password(
        {"email": user["email"], "password": PASSWORD}
    ).session
    assert first is not None

    second = client.auth.refresh_session(first.refresh_token).session

    assert second is not None
    assert second.refresh_token != first.refresh_token
    assert len(gateway.sql("select id from auth.sessions where user_id = %s", user["id"])) == 1
    tokens = gateway.sql(
        "select revoked, parent from auth.refresh_tokens where user_id = %s order by id",
        user["id"],
    )
    assert tokens == [
        {"revoked": True, "parent": None},
        {"revoked": False, "parent": first.refresh_token},
    ]


def test_the_parent_of_the_active_token_returns_the_active_token(gateway: Served) -> None:
    session = gateway.session(gateway.new_user()["email"])
    second = refresh(gateway, session["refresh_token"]).json()
    age_refresh_tokens(gateway, session["refresh_token"], 3600)

    again = refresh(gateway, session["refresh_token"])

    assert again.status_code == 200
    assert again.json()["refresh_token"] == second["refresh_token"]


def test_an_older_token_within_ten_seconds_still_works(gateway: Served) -> None:
    session = gateway.session(gateway.new_user()["email"])
    second = refresh(gateway, session["refresh_token"]).json()
    refresh(gateway, second["refresh_token"])

    assert refresh(gateway, session["refresh_token"]).status_code == 200


def test_a_replayed_refresh_token_ends_its_whole_family(gateway: Served) -> None:
    session = gateway.session(gateway.new_user()["email"])
    second = refresh(gateway, session["refresh_token"]).json()
    third = refresh(gateway, second["refresh_token"]).json()
    age_refresh_tokens(gateway, session["refresh_token"], 11)

    replay = refresh(gateway, session["refresh_token"])

    assert replay.status_code == 400
    assert replay.json() == {
        "code": "refresh_token_already_used",
        "message": "Invalid Refresh Token: Already Used",
    }
    # The thief's token and the owner's newest are both dead once the window is over.
    age_refresh_tokens(gateway, session["refresh_token"], 11)
    assert refresh(gateway, third["refresh_token"]).json()["code"] == "refresh_token_already_used"


def test_clients_that_race_with_one_refresh_token_all_stay_signed_in(gateway: Served) -> None:
    session = gateway.session(gateway.new_user()["email"])

    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda _: refresh(gateway, session["refresh_token"]), range(6)))

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["refresh_token"] for answer in answers}) == 1


def test_a_refresh_token_of_a_session_that_was_ended_is_refused(gateway: Served) -> None:
    user = gateway.new_user()
    client = gateway.client()
    session = client.auth.sign_in_with_password(
        {"email": user["email"], "password": PASSWORD}
    ).session
    assert session is not None
    client.auth.sign_out()

    with pytest.raises(AuthApiError) as refusal:
        gateway.client().auth.refresh_session(session.refresh_token)

    assert str(refusal.value.code) == "refresh_token_not_found"


def test_a_banned_user_can_neither_sign_in_nor_refresh_nor_use_a_token(gateway: Served) -> None:
    user = gateway.new_user()
    session = gateway.session(user["email"])
    gateway.admin().auth.admin.update_user_by_id(user["id"], {"ban_duration": "24h"})

    login = gateway.auth(
        "POST",
        "/token?grant_type=password",
        json={"email": user["email"], "password": PASSWORD},
    )
    refreshed = refresh(gateway, session["refresh_token"])
    used = gateway.auth("GET", "/user", headers=gateway.as_user(session["access_token"]))

    assert (login.status_code, login.json()["code"]) == (400, "user_banned")
    assert (refreshed.status_code, refreshed.json()["code"]) == (400, "user_banned")
    assert refreshed.json()["message"] == "Invalid Refresh Token: User Banned"
    assert (used.status_code, used.json()["code"]) == (403, "user_banned")

    gateway.admin().auth.admin.update_user_by_id(user["id"], {"ban_duration": "none"})
    assert gateway.session(user["email"])
