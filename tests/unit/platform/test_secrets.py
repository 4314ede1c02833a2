"""Secrets come from the Lambda extension, or from Secrets Manager where there is none."""

import json
import subprocess
import sys
from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from limelight.platform.secrets import SecretUnavailable, read_secret
from local.host.state import PROJECT
from tests.unit.servers import Served, serving

VALUE = {"url": "postgresql://nobody@127.0.0.1:6543/postgres"}


def answering(value: object) -> tuple[int, bytes]:
    return 200, json.dumps({"Name": "n", "SecretString": value}).encode()


@pytest.fixture
def extension(monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """The Parameters and Secrets extension, with one secret."""
    with serving(lambda: answering(json.dumps(VALUE))) as served:
        monkeypatch.setenv("PARAMETERS_SECRETS_EXTENSION_HTTP_PORT", str(served.port))
        monkeypatch.setenv("AWS_SESSION_TOKEN", "the session's")
        yield served


@pytest.fixture
def manager(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Secrets Manager, and no extension."""
    monkeypatch.delenv("PARAMETERS_SECRETS_EXTENSION_HTTP_PORT", raising=False)
    for name, value in {
        "AWS_DEFAULT_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test", "AWS_SESSION_TOKEN": "test",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    with mock_aws():
        yield


def test_a_secret_is_asked_of_the_extension_with_the_sessions_token(extension: Served) -> None:
    assert read_secret("limelight/prod & co/database") == VALUE

    (asked,) = extension.asked
    assert asked.path == "/secretsmanager/get?secretId=limelight%2Fprod+%26+co%2Fdatabase"
    assert asked.headers["X-Aws-Parameters-Secrets-Token"] == "the session's"


def test_a_secret_is_read_anew_every_time(extension: Served) -> None:
    read_secret("limelight/database")
    extension.answer = lambda: answering('{"url": "rotated"}')

    assert read_secret("limelight/database") == {"url": "rotated"}


@pytest.mark.parametrize(
    "answer",
    [
        (400, b"{}"),
        (403, b"{}"),
        (500, b""),
        (200, b"not JSON"),
        (200, b"{}"),
        (200, b"[]"),
        (200, b"\xff"),
        None,
        answering("not JSON"),
        answering("[]"),
        answering('"nova"'),
        answering(None),
    ],
    ids=repr,
)
def test_whatever_else_the_extension_answers_is_an_outage_that_tells_no_secret(
    extension: Served, answer: tuple[int, bytes] | None
) -> None:
    extension.answer = lambda: answer

    with pytest.raises(SecretUnavailable) as caught:
        read_secret("limelight/database")

    assert "nova" not in str(caught.value)


def test_an_extension_that_is_gone_is_an_outage(
    extension: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARAMETERS_SECRETS_EXTENSION_HTTP_PORT", "1")

    with pytest.raises(SecretUnavailable):
        read_secret("limelight/database")


def test_a_secret_that_turned_out_old_is_asked_of_secrets_manager_past_the_extension(
    manager: None, extension: Served
) -> None:
    new = {"url": "postgresql://rotated@127.0.0.1:6543/postgres"}
    boto3.client("secretsmanager").create_secret(Name="n", SecretString=json.dumps(new))

    assert read_secret("n") == VALUE
    assert read_secret("n", past_cache=True) == new


def test_a_secret_is_asked_of_the_extension_when_secrets_manager_does_not_answer(
    manager: None, extension: Served
) -> None:
    assert read_secret("n", past_cache=True) == VALUE


def test_without_the_extension_secrets_manager_is_asked(manager: None) -> None:
    client = boto3.client("secretsmanager")
    client.create_secret(Name="limelight/database", SecretString=json.dumps(VALUE))

    assert read_secret("limelight/database") == VALUE


def test_a_secret_that_secrets_manager_does_not_know_is_an_outage(manager: None) -> None:
    with pytest.raises(SecretUnavailable):
        read_secret("limelight/unknown")


def test_a_binary_secret_is_an_outage(manager: None) -> None:
    boto3.client("secretsmanager").create_secret(Name="limelight/binary", SecretBinary=b"\x00")

    with pytest.raises(SecretUnavailable):
        read_secret("limelight/binary")


def test_boto3_is_not_loaded_before_it_is_needed() -> None:
    program = "import sys, limelight.platform.secrets; sys.exit('boto3' in sys.modules)"

    environment = {"PYTHONPATH": str(PROJECT / "layers" / "common")}

    ran = subprocess.run([sys.executable, "-c", program], env=environment, check=False)

    assert ran.returncode == 0
