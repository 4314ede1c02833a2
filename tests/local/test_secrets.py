import json
from collections.abc import Iterator

import httpx
import pytest

from local.host.ports import Ports
from local.services.secrets import TOKEN_HEADER, SecretsEndpoint, serve_secrets, stack_secrets

VALUES = stack_secrets(
    "local",
    database_url="postgresql://pooled",
    secret_key="sb_secret_x",
    jwt_secret="hush",
    stripe_key="sk_test_x",
    webhook_secret="whsec_x",
    livekit_secret="livekit-x",
    limits_key="limits-x",
)


@pytest.fixture(scope="module")
def endpoint() -> Iterator[SecretsEndpoint]:
    with serve_secrets(VALUES, Ports.free().secrets) as endpoint:
        yield endpoint


def get(endpoint: SecretsEndpoint, name: str | None, token: str | None = None) -> httpx.Response:
    return httpx.get(
        endpoint.url,
        params={"secretId": name} if name else {},
        headers={TOKEN_HEADER: token or endpoint.token},
        trust_env=False,
    )


def test_a_secret_is_answered_as_the_extension_answers_it(endpoint: SecretsEndpoint) -> None:
    answer = get(endpoint, "limelight/local/database")

    assert answer.status_code == 200
    body = answer.json()
    assert json.loads(body["SecretString"]) == {"url": "postgresql://pooled"}
    assert body["Name"] == "limelight/local/database"
    assert body["ARN"].endswith(":secret:limelight/local/database")
    assert body["VersionStages"] == ["AWSCURRENT"]
    assert body["VersionId"]


def test_every_secret_of_a_stage_is_there(endpoint: SecretsEndpoint) -> None:
    found = {name: json.loads(get(endpoint, name).json()["SecretString"]) for name in VALUES}

    assert found == {
        "limelight/local/database": {"url": "postgresql://pooled"},
        "limelight/local/supabase": {"secretKey": "sb_secret_x"},
        "limelight/local/jwt": {"secret": "hush"},
        "limelight/local/stripe": {"secretKey": "sk_test_x", "webhookSecret": "whsec_x"},
        "limelight/local/livekit": {"apiKey": "devkey", "apiSecret": "livekit-x"},
        "limelight/local/limits": {"key": "limits-x"},
    }


def test_a_wrong_token_opens_nothing(endpoint: SecretsEndpoint) -> None:
    answer = get(endpoint, "limelight/local/jwt", token="wrong")

    assert answer.status_code == 401
    assert "hush" not in answer.text


@pytest.mark.parametrize("name", ["limelight/prod/jwt", None])
def test_an_unknown_secret_is_refused(endpoint: SecretsEndpoint, name: str | None) -> None:
    assert get(endpoint, name).status_code == 400


def test_the_environment_points_functions_to_the_endpoint(endpoint: SecretsEndpoint) -> None:
    assert endpoint.environment() == {
        "PARAMETERS_SECRETS_EXTENSION_HTTP_PORT": str(endpoint.port),
        "AWS_SESSION_TOKEN": endpoint.token,
    }
