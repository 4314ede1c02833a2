"""A stand-in of the AWS Parameters and Secrets Lambda Extension: secrets are read as deployed.

`GET /secretsmanager/get?secretId=NAME` on loopback with the session token in the header
`X-Aws-Parameters-Secrets-Token`; the answer has the shape of Secrets Manager's GetSecretValue.
"""

import contextlib
import hmac
import json
import secrets
import threading
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from local.host.ports import LOOPBACK

PATH = "/secretsmanager/get"
TOKEN_HEADER = "X-Aws-Parameters-Secrets-Token"  # noqa: S105 - a header's name
ACCOUNT = "000000000000"
REGION = "us-east-1"

LIVEKIT_KEY = "devkey"
"""The name of the key that `livekit-server --dev` knows."""

type Secrets = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class SecretsEndpoint:
    """Where the secrets are served, and the token that opens them."""

    port: int
    token: str = field(repr=False)

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}{PATH}"

    def environment(self) -> dict[str, str]:
        """What a function's environment must hold to find the endpoint, as on Lambda."""
        return {
            "PARAMETERS_SECRETS_EXTENSION_HTTP_PORT": str(self.port),
            "AWS_SESSION_TOKEN": self.token,
        }


def stack_secrets(
    stage: str,
    *,
    database_url: str,
    secret_key: str,
    jwt_secret: str,
    stripe_key: str,
    webhook_secret: str,
    livekit_secret: str,
    limits_key: str,
) -> dict[str, dict[str, str]]:
    """The secrets of one stage by name: the same six that a deployed stack has."""
    return {
        f"limelight/{stage}/database": {"url": database_url},
        f"limelight/{stage}/supabase": {"secretKey": secret_key},
        f"limelight/{stage}/jwt": {"secret": jwt_secret},
        f"limelight/{stage}/stripe": {"secretKey": stripe_key, "webhookSecret": webhook_secret},
        f"limelight/{stage}/livekit": {"apiKey": LIVEKIT_KEY, "apiSecret": livekit_secret},
        f"limelight/{stage}/limits": {"key": limits_key},
    }


@contextlib.contextmanager
def serve_secrets(values: Secrets, port: int) -> Iterator[SecretsEndpoint]:
    """Serve `values` on loopback while the context lasts."""
    token = secrets.token_urlsafe(32)
    server = ThreadingHTTPServer((LOOPBACK, port), _handler(values, token))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield SecretsEndpoint(server.server_address[1], token)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def secret_value(name: str, value: Mapping[str, str]) -> dict[str, Any]:
    """One secret as GetSecretValue answers it. The version follows from the contents."""
    text = json.dumps(value)
    return {
        "ARN": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{name}",
        "Name": name,
        "VersionId": str(uuid.uuid5(uuid.NAMESPACE_URL, name + text)),
        "SecretString": text,
        "VersionStages": ["AWSCURRENT"],
        "ResultMetadata": {},
    }


def _handler(values: Secrets, token: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = _answer(self.path, self.headers.get(TOKEN_HEADER, ""))
            payload = body.encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, *_: object) -> None:
            """A line for each secret read tells nobody anything."""

    def _answer(path: str, given: str) -> tuple[HTTPStatus, str]:
        address = urlsplit(path)
        name = parse_qs(address.query).get("secretId", [""])[0]
        if address.path != PATH:
            return HTTPStatus.NOT_FOUND, "not found"
        if not hmac.compare_digest(given.encode(), token.encode()):
            return HTTPStatus.UNAUTHORIZED, "an AWS session token is required"
        if not name:
            return HTTPStatus.BAD_REQUEST, "secretId is required"
        if name not in values:
            return HTTPStatus.BAD_REQUEST, "ResourceNotFoundException: no such secret"
        return HTTPStatus.OK, json.dumps(secret_value(name, values[name]))

    return Handler
