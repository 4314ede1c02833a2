"""Secrets from AWS Secrets Manager: through the Parameters and Secrets extension, else by boto3.

The extension answers on loopback and costs no import; boto3 costs a quarter of a second of a cold
start and is loaded only where the extension is not attached.
"""

import json
import os
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping

_EXTENSION_TIMEOUT_SECONDS = 3.0


class SecretUnavailable(Exception):
    """The secret store did not give the secret."""


def read_secret(secret_id: str, *, past_cache: bool = False) -> Mapping[str, str]:
    """The secret's JSON object, read anew: callers keep what they need.

    The extension keeps what it read for minutes. `past_cache` asks Secrets Manager itself, for a
    secret that has just turned out to be old.

    Raises SecretUnavailable when the store does not answer or the secret is not a JSON object.
    """
    port = os.environ.get("PARAMETERS_SECRETS_EXTENSION_HTTP_PORT")
    if port and past_cache and "AWS_ACCESS_KEY_ID" in os.environ:
        try:
            return _parsed(secret_id, _from_secrets_manager(secret_id))
        except SecretUnavailable:
            pass  # the extension may still know better
    text = _from_extension(secret_id, port) if port else _from_secrets_manager(secret_id)
    return _parsed(secret_id, text)


def _parsed(secret_id: str, text: str) -> Mapping[str, str]:
    try:
        secret = json.loads(text)
    except ValueError:
        raise SecretUnavailable(f"{secret_id} is not JSON") from None
    if not isinstance(secret, dict):
        raise SecretUnavailable(f"{secret_id} is not a JSON object")
    return secret


def _from_extension(secret_id: str, port: str) -> str:
    query = urllib.parse.urlencode({"secretId": secret_id})
    request = urllib.request.Request(
        f"http://127.0.0.1:{int(port)}/secretsmanager/get?{query}",
        headers={"X-Aws-Parameters-Secrets-Token": os.environ.get("AWS_SESSION_TOKEN", "")},
    )
    try:
        with urllib.request.urlopen(request, timeout=_EXTENSION_TIMEOUT_SECONDS) as answer:  # noqa: S310 - http, to loopback
            return str(json.load(answer)["SecretString"])
    except urllib.error.HTTPError as refusal:
        refusal.close()
        raise SecretUnavailable(secret_id) from refusal
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SecretUnavailable(secret_id) from error


def _from_secrets_manager(secret_id: str) -> str:
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    patience = Config(connect_timeout=2, read_timeout=2, retries={"total_max_attempts": 2})
    try:
        client = boto3.client("secretsmanager", config=patience)
        return str(client.get_secret_value(SecretId=secret_id)["SecretString"])
    except (BotoCoreError, ClientError, KeyError) as error:
        raise SecretUnavailable(secret_id) from error
