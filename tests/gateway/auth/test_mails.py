"""What mails carry, and what redeeming them does. Nothing is sent: mails are on record."""

import base64
import hashlib
from urllib.parse import parse_qs, urlsplit

import pytest
from supabase_auth.errors import AuthApiError

from tests.gateway.harness import PASSWORD, Served, fresh_email


def sign_up(gateway: Served) -> str:
    email = fresh_email()
    gateway.auth("POST", "/signup", json={"email": email, "password": PASSWORD})
    return email


def test_the_code_of_a_mail_confirms_the_account_and_signs_in(mailing_gateway: Served) -> None:
    email = sign_up(mailing_gateway)
    client = mailing_gateway.client()

    answer = client.auth.verify_otp(
        {"type": "signup", "email": email, "token": mailing_gateway.mails(email)[0]["otp"]}
    )

    assert answer.session is not None
    assert answer.user is not None
    assert answer.user.email_confirmed_at is not None
    assert mailing_gateway.session(email)


def test_a_token_hash_confirms_the_account_once(mailing_gateway: Served) -> None:
    email = sign_up(mailing_gateway)
    token_hash = mailing_gateway.mails(email)[0]["token_hash"]
    body = {"type": "signup", "token_hash": token_hash}

    first = mailing_gateway.auth("POST", "/verify", json=body)
    second = mailing_gateway.auth("POST", "/verify", json=body)

    assert first.status_code == 200
    assert (second.status_code, second.json()) == (
        403,
        {"code": "otp_expired", "message": "Email link is invalid or has expired"},
    )


def test_the_link_of_a_mail_needs_no_key_and_leads_back_with_a_session(
    mailing_gateway: Served,
) -> None:
    email = fresh_email()
    mailing_gateway.auth(
        "POST",
        "/signup?redirect_to=https://app.example/welcome?a=1",
        json={"email": email, "password": PASSWORD},
    )
    link = mailing_gateway.mails(email)[0]["link"]

    answer = mailing_gateway.http.get(link)

    target = urlsplit(answer.headers["Location"])
    fragment = parse_qs(target.fragment)
    assert answer.status_code == 303
    assert (target.netloc, target.path, target.query) == ("app.example", "/welcome", "a=1")
    assert fragment["type"] == ["signup"]
    assert fragment["access_token"]
    assert fragment["refresh_token"]


def test_a_link_that_was_used_leads_back_with_an_error(mailing_gateway: Served) -> None:
    link = mailing_gateway.mails(sign_up(mailing_gateway))[0]["link"]
    mailing_gateway.http.get(link)

    answer = mailing_gateway.http.get(link)

    error = parse_qs(urlsplit(answer.headers["Location"]).fragment)
    assert answer.status_code == 303
    assert error["error"] == ["access_denied"]
    assert error["error_code"] == ["otp_expired"]


def test_a_pkce_sign_up_ends_with_a_code_that_only_its_client_can_exchange(
    mailing_gateway: Served,
) -> None:
    email, verifier = fresh_email(), "v" * 64
    digest = hashlib.sha256(verifier.encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    mailing_gateway.auth(
        "POST",
        "/signup",
        json={
            "email": email,
            "password": PASSWORD,
            "code_challenge": challenge,
            "code_challenge_method": "s256",
        },
    )

    link = mailing_gateway.mails(email)[0]["link"]
    location = mailing_gateway.http.get(link).headers["Location"]
    code = parse_qs(urlsplit(location).query)["code"][0]

    def exchange(proof: str) -> tuple[int, str]:
        answer = mailing_gateway.auth(
            "POST",
            "/token?grant_type=pkce",
            json={"auth_code": code, "code_verifier": proof},
        )
        return answer.status_code, answer.json().get("code", "")

    assert exchange("w" * 64) == (400, "bad_code_verifier")
    assert exchange(verifier) == (200, "")
    assert exchange(verifier) == (404, "flow_state_not_found")


def test_a_link_is_worth_nothing_after_an_hour(mailing_gateway: Served) -> None:
    email = sign_up(mailing_gateway)
    mail = mailing_gateway.mails(email)[0]
    mailing_gateway.sql(
        "update auth.users set confirmation_sent_at = now() - interval '1 hour' where email = %s",
        email,
    )

    answer = mailing_gateway.auth(
        "POST", "/verify", json={"type": "signup", "email": email, "token": mail["otp"]}
    )

    assert (answer.status_code, answer.json()) == (
        403,
        {"code": "otp_expired", "message": "Token has expired or is invalid"},
    )


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"token": "1"}, "Verify requires a verification type"),
        ({"type": "signup"}, "Verify requires either a token or a token hash"),
        (
            {"type": "signup", "token": "1"},
            "Only an email address or phone number should be provided on verify",
        ),
        (
            {"type": "signup", "token_hash": "1", "email": "a@b.c"},
            "Only the token_hash and type should be provided",
        ),
    ],
)
def test_a_verification_that_cannot_be_says_why(
    gateway: Served, body: dict[str, str], message: str
) -> None:
    answer = gateway.auth("POST", "/verify", json=body)

    assert (answer.status_code, answer.json()) == (
        400,
        {"code": "validation_failed", "message": message},
    )


def test_recovery_signs_in_and_the_password_can_be_changed(gateway: Served) -> None:
    user = gateway.new_user()
    client = gateway.client()

    client.auth.reset_password_for_email(user["email"])
    code = gateway.mails(user["email"])[0]["otp"]
    client.auth.verify_otp({"type": "recovery", "email": user["email"], "token": code})
    client.auth.update_user({"password": "a new password"})

    assert gateway.session(user["email"], "a new password")


@pytest.mark.parametrize(("path", "extra"), [("/recover", {}), ("/resend", {"type": "signup"})])
def test_asking_for_a_mail_does_not_tell_who_has_an_account(
    mailing_gateway: Served, path: str, extra: dict[str, str]
) -> None:
    known, unknown = sign_up(mailing_gateway), fresh_email()

    answers = [
        mailing_gateway.auth("POST", path, json={"email": email, **extra})
        for email in (known, unknown)
    ]

    assert [(answer.status_code, answer.text) for answer in answers] == [(200, "{}")] * 2
    assert len(mailing_gateway.mails(known)) == 2
    assert mailing_gateway.mails(unknown) == []


def test_a_mail_that_is_sent_again_replaces_the_first(mailing_gateway: Served) -> None:
    email = sign_up(mailing_gateway)
    mailing_gateway.client().auth.resend({"type": "signup", "email": email})

    second, first = mailing_gateway.mails(email)

    def verify(token_hash: str) -> int:
        body = {"type": "signup", "token_hash": token_hash}
        return mailing_gateway.auth("POST", "/verify", json=body).status_code

    assert verify(first["token_hash"]) == 403
    assert verify(second["token_hash"]) == 200


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/recover", {}),
        ("/recover", {"email": "nonsense"}),
        ("/resend", {"email": "a@b.c"}),
        ("/resend", {"type": "signup"}),
        ("/resend", {"type": "signup", "email": "nonsense"}),
    ],
)
def test_a_mail_needs_an_address_and_a_kind(
    gateway: Served, path: str, body: dict[str, str]
) -> None:
    answer = gateway.auth("POST", path, json=body)

    assert (answer.status_code, answer.json()["code"]) == (400, "validation_failed")


def test_a_change_of_address_waits_until_both_addresses_agree(gateway: Served) -> None:
    user, new_email = gateway.new_user(), fresh_email()
    client = gateway.client()
    client.auth.sign_in_with_password({"email": user["email"], "password": PASSWORD})

    pending = client.auth.update_user({"email": new_email}).user

    assert pending.email == user["email"]
    assert pending.new_email == new_email
    codes = [gateway.mails(address)[0]["otp"] for address in (new_email, user["email"])]
    answers = [
        gateway.auth("POST", "/verify", json={"type": "email_change", "email": e, "token": t})
        for e, t in zip((new_email, user["email"]), codes, strict=True)
    ]
    assert answers[0].json()["msg"].startswith("Confirmation link accepted.")
    assert answers[1].json()["user"]["email"] == new_email
    assert answers[1].json()["user"]["identities"][0]["identity_data"]["email"] == new_email
    assert gateway.session(new_email)


def test_a_banned_user_redeems_nothing(mailing_gateway: Served) -> None:
    email = sign_up(mailing_gateway)
    mailing_gateway.sql(
        "update auth.users set banned_until = now() + interval '1 day' where email = %s", email
    )

    with pytest.raises(AuthApiError) as refusal:
        mailing_gateway.client().auth.verify_otp(
            {"type": "signup", "email": email, "token": mailing_gateway.mails(email)[0]["otp"]}
        )

    assert refusal.value.code == "user_banned"


def test_mails_are_shown_to_servers_only(gateway: Served) -> None:
    answer = gateway.auth("GET", "/_local/mails")

    assert (answer.status_code, answer.json()["code"]) == (403, "not_admin")
