"""POST /signup."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jwt
import pytest
from supabase_auth.errors import AuthApiError, AuthWeakPasswordError

from tests.gateway.harness import PASSWORD, Served, fresh_email


def test_a_sign_up_returns_a_session_when_accounts_are_confirmed_at_once(gateway: Served) -> None:
    email = fresh_email()

    answer = gateway.client().auth.sign_up(
        {"email": email.upper(), "password": PASSWORD, "options": {"data": {"username": "ada"}}}
    )

    assert answer.session is not None
    assert answer.user is not None
    assert answer.user.email == email
    assert answer.user.app_metadata == {"provider": "email", "providers": ["email"]}
    assert answer.user.user_metadata["username"] == "ada"
    assert answer.user.user_metadata["email_verified"] is True
    assert answer.user.confirmed_at is not None
    assert answer.user.identities is not None
    assert answer.user.identities[0].identity_data["email"] == email


def test_the_access_token_says_who_and_how_and_is_signed_with_the_published_key(
    gateway: Served,
) -> None:
    client = gateway.client()
    session = client.auth.sign_up({"email": fresh_email(), "password": PASSWORD}).session
    assert session is not None

    header = jwt.get_unverified_header(session.access_token)
    claims: Any = client.auth.get_claims(session.access_token)

    assert header["alg"] == "ES256"
    assert header["kid"] == gateway.settings.signing_key.key_id
    assert claims["claims"]["sub"] == session.user.id
    assert claims["claims"]["iss"] == f"{gateway.url}/auth/v1"
    assert claims["claims"]["aud"] == claims["claims"]["role"] == "authenticated"
    assert claims["claims"]["aal"] == "aal1"
    assert claims["claims"]["amr"][0]["method"] == "password"
    assert claims["claims"]["is_anonymous"] is False
    assert claims["claims"]["session_id"]


def test_an_address_that_is_taken_is_refused_when_accounts_are_confirmed_at_once(
    gateway: Served,
) -> None:
    user = gateway.new_user()

    with pytest.raises(AuthApiError) as refusal:
        gateway.client().auth.sign_up({"email": user["email"], "password": PASSWORD})

    assert (refusal.value.status, refusal.value.code) == (422, "user_already_exists")
    assert refusal.value.message == "User already registered"


def test_a_confirmed_address_answers_like_a_new_one_when_mails_are_required(
    mailing_gateway: Served,
) -> None:
    user = mailing_gateway.new_user()

    answer = mailing_gateway.client().auth.sign_up({"email": user["email"], "password": PASSWORD})

    assert answer.session is None
    assert answer.user is not None
    assert answer.user.id != user["id"]
    assert answer.user.identities == []
    assert answer.user.confirmation_sent_at is not None
    assert answer.user.email_confirmed_at is None
    assert mailing_gateway.mails(user["email"]) == []


def test_a_new_account_waits_for_its_mail_when_mails_are_required(mailing_gateway: Served) -> None:
    email = fresh_email()

    answer = mailing_gateway.client().auth.sign_up({"email": email, "password": PASSWORD})

    assert answer.session is None
    assert answer.user is not None
    assert answer.user.confirmation_sent_at is not None
    assert answer.user.email_confirmed_at is None
    assert [mail["kind"] for mail in mailing_gateway.mails(email)] == ["signup"]
    refused = mailing_gateway.auth(
        "POST", "/token?grant_type=password", json={"email": email, "password": PASSWORD}
    )
    assert refused.status_code == 400
    assert refused.json() == {"code": "email_not_confirmed", "message": "Email not confirmed"}


def test_a_repeated_sign_up_does_not_change_the_first_ones_password(
    mailing_gateway: Served,
) -> None:
    email = fresh_email()
    body = {"email": email, "password": PASSWORD}
    first = mailing_gateway.auth("POST", "/signup", json=body).json()

    second = mailing_gateway.auth("POST", "/signup", json=body | {"password": "other one"}).json()

    assert second["id"] == first["id"]
    code = mailing_gateway.mails(email)[0]["otp"]
    mailing_gateway.auth("POST", "/verify", json={"type": "signup", "email": email, "token": code})
    assert mailing_gateway.session(email, PASSWORD)


def test_a_password_that_is_too_short_names_its_reasons(gateway: Served) -> None:
    with pytest.raises(AuthWeakPasswordError) as refusal:
        gateway.client().auth.sign_up({"email": fresh_email(), "password": "12345"})

    assert refusal.value.status == 422
    assert refusal.value.reasons == ["length"]
    assert refusal.value.message == "Password should be at least 6 characters."


@pytest.mark.parametrize(
    ("body", "status", "code", "message"),
    [
        (
            {"email": "a@b.c", "password": ""},
            400,
            "validation_failed",
            "Signup requires a valid password",
        ),
        (
            {"email": "a@b.c", "password": "x" * 73},
            400,
            "validation_failed",
            "Password cannot be longer than 72 characters",
        ),
        (
            {"email": "not an address", "password": PASSWORD},
            400,
            "validation_failed",
            "Unable to validate email address: invalid format",
        ),
        (
            {"email": "a@b.c", "phone": "+4912345", "password": PASSWORD},
            400,
            "validation_failed",
            "Only an email address or phone number should be provided on signup.",
        ),
        (
            {"phone": "+4912345", "password": PASSWORD},
            400,
            "phone_provider_disabled",
            "Phone numbers are not served by the local gateway",
        ),
        ({}, 422, "anonymous_provider_disabled", "Anonymous sign-ins are disabled"),
        (
            {"email": "a@b.c", "password": PASSWORD, "code_challenge": "x" * 43},
            400,
            "validation_failed",
            "PKCE flow requires code_challenge_method and code_challenge",
        ),
    ],
)
def test_a_sign_up_that_cannot_be_says_why(
    gateway: Served, body: dict[str, str], status: int, code: str, message: str
) -> None:
    answer = gateway.auth("POST", "/signup", json=body)

    assert answer.status_code == status
    assert answer.json() == {"code": code, "message": message}


def test_a_client_that_is_signed_in_may_sign_up_with_its_old_token(gateway: Served) -> None:
    headers = {"Authorization": "Bearer stale.or.broken"}

    answer = gateway.auth(
        "POST", "/signup", headers=headers, json={"email": fresh_email(), "password": PASSWORD}
    )

    assert answer.status_code == 200


def test_two_sign_ups_race_for_one_address_and_one_account_exists(gateway: Served) -> None:
    email = fresh_email()
    body = {"email": email, "password": PASSWORD}

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: gateway.auth("POST", "/signup", json=body), range(8)))

    accepted = [answer for answer in answers if answer.status_code == 200]
    assert len(accepted) == 1
    assert {answer.status_code for answer in answers} <= {200, 422, 500}
    assert len(gateway.sql("select id from auth.users where email = %s", email)) == 1
    assert len(gateway.sql("select id from auth.identities where email = %s", email)) == 1
