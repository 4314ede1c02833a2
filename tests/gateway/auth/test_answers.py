"""The shapes of errors, the open endpoints, and what is not served."""

import pytest

from tests.gateway.harness import CURRENT, PASSWORD, Served, fresh_email, serve

WRONG = {"email": "nobody@example.com", "password": "wrong"}


@pytest.mark.parametrize("version", ["2024-01-01", "2025-06-30"])
def test_clients_of_the_current_version_read_code_and_message(
    gateway: Served, version: str
) -> None:
    answer = gateway.auth(
        "POST",
        "/token?grant_type=password",
        headers={"X-Supabase-Api-Version": version},
        json=WRONG,
    )

    assert answer.json() == {
        "code": "invalid_credentials",
        "message": "Invalid login credentials",
    }
    assert answer.headers["X-Supabase-Api-Version"] == "2024-01-01"
    assert answer.headers["x-sb-error-code"] == "invalid_credentials"


@pytest.mark.parametrize("version", [None, "", "2023-12-31", "nonsense", "2024-1-1"])
def test_clients_of_the_first_version_read_the_status_and_msg(
    gateway: Served, version: str | None
) -> None:
    headers = {**gateway.anon} | ({} if version is None else {"X-Supabase-Api-Version": version})

    answer = gateway.http.post("/auth/v1/token?grant_type=password", headers=headers, json=WRONG)

    assert answer.json() == {
        "code": 400,
        "error_code": "invalid_credentials",
        "msg": "Invalid login credentials",
    }
    assert "X-Supabase-Api-Version" not in answer.headers
    assert answer.headers["x-sb-error-code"] == "invalid_credentials"


def test_a_weak_password_names_its_reasons_in_both_shapes(gateway: Served) -> None:
    body = {"email": fresh_email(), "password": "abc"}
    message = "Password should be at least 6 characters."

    current = gateway.auth("POST", "/signup", json=body)
    first = gateway.http.post("/auth/v1/signup", headers=gateway.anon, json=body)

    assert current.status_code == first.status_code == 422
    weak = {"reasons": ["length"]}
    assert current.json() == {"code": "weak_password", "message": message, "weak_password": weak}
    assert first.json() == {
        "code": 422,
        "error_code": "weak_password",
        "msg": message,
        "weak_password": weak,
    }


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"email": 1}',
        b"\xff",
        b'{"password": "\\ud800"}',
        b'{"email": "a\\u0000b"}',
        b'{"data": {"\\u0000": 1}}',
        b"[" * 100_000,
    ],
)
def test_a_body_that_is_not_the_json_expected_is_refused(gateway: Served, body: bytes) -> None:
    answer = gateway.auth("POST", "/signup", content=body)

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_json")


def test_fields_that_nobody_knows_are_ignored(gateway: Served) -> None:
    body = {"email": fresh_email(), "password": PASSWORD, "nonsense": 1}

    assert gateway.auth("POST", "/signup", json=body).status_code == 200


def test_the_jwks_is_open_public_and_cached(gateway: Served) -> None:
    answer = gateway.http.get("/auth/v1/.well-known/jwks.json")

    (key,) = answer.json()["keys"]
    assert answer.headers["Cache-Control"] == "public, max-age=600"
    assert (key["kty"], key["crv"], key["alg"]) == ("EC", "P-256", "ES256")
    assert key["kid"] == gateway.settings.signing_key.key_id
    assert "d" not in key


def test_health_and_settings_need_a_key(gateway: Served) -> None:
    health, settings = gateway.auth("GET", "/health"), gateway.auth("GET", "/settings")

    assert health.json()["name"] == "GoTrue"
    assert settings.json()["mailer_autoconfirm"] is True
    assert settings.json()["external"]["email"] is True
    assert gateway.http.get("/auth/v1/settings").status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("POST", "/otp", 422, "otp_disabled"),
        ("POST", "/magiclink", 422, "otp_disabled"),
        ("POST", "/sso", 404, "saml_provider_disabled"),
        ("GET", "/authorize?provider=github", 400, "provider_disabled"),
        ("POST", "/factors", 422, "mfa_totp_enroll_not_enabled"),
        ("DELETE", "/user/identities/1", 422, "manual_linking_disabled"),
        ("POST", "/invite", 422, "validation_failed"),
        ("POST", "/admin/generate_link", 422, "validation_failed"),
        ("GET", "/reauthenticate", 422, "validation_failed"),
        ("GET", "/nonsense", 404, "validation_failed"),
        ("DELETE", "/signup", 404, "validation_failed"),
    ],
)
def test_what_is_not_served_is_refused_by_name(
    gateway: Served, method: str, path: str, status: int, code: str
) -> None:
    answer = gateway.auth(method, path, headers=CURRENT)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert "not served by the local gateway" in answer.json()["message"]


def test_sign_ups_can_be_switched_off(gateway: Served) -> None:
    with serve(gateway.settings.database_url, gateway.keys, signup_enabled=False) as closed:
        answer = closed.auth("POST", "/signup", json={"email": "a@b.c", "password": PASSWORD})

        assert (answer.status_code, answer.json()) == (
            422,
            {"code": "signup_disabled", "message": "Signups not allowed for this instance"},
        )
        assert closed.auth("GET", "/settings").json()["disable_signup"] is True
