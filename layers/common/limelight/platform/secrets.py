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


def read_secret(secret_id: str) -> Mapping[str, str]:
    """The secret's JSON object, read anew: callers keep what they need.

    Raises SecretUnavailable when the store does not answer or the secret is not a JSON object.
    """
    port = os.environ.get("PARAMETERS_SECRETS_EXTENSION_HTTP_PORT")
    text = _from_extension(secret_id, port) if port else _from_secrets_manager(secret_id)
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
        with urllib.request.urlopen(request, timeout=_EXTENSION_TIMEOUT_SECONDS) as answer:  # noqa: S310
            return str(json.load(answer)["SecretString"])
    except urllib.error.HTTPError as refusal:
        refusal.close()
        raise SecretUnavailable(secret_id) from refusal
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SecretUnavailable(secret_id) from error


def _from_secrets_manager(secret_id: str) -> str:
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return str(
            boto3.client("secretsmanager").get_secret_value(SecretId=secret_id)["SecretString"]
        )
    except (BotoCoreError, ClientError, KeyError) as error:
        raise SecretUnavailable(secret_id) from error
