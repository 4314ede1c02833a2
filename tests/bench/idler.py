"""A warm sandbox with an endpoint that does nothing, for `tests.bench.kernel`."""

import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any, Final
from uuid import UUID, uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from limelight.http import accounts
from limelight.http.accounts import Account
from limelight.schema import UserId
from tests.unit.servers import Served, serving

HOUR: Final = 3600
KID: Final = "bench"
CALLER: Final = UserId(UUID("4f8f2d52-6f3b-4c57-9a50-0c2e0e3f8a11"))
BODY: Final = {"giftId": str(uuid4()), "quantity": 3, "message": "What a show!"}
CONTEXT: Final = SimpleNamespace(
    aws_request_id=str(uuid4()), get_remaining_time_in_millis=lambda: 15_000
)


class Sandbox:
    """The endpoint, and the tokens that its callers come with."""

    def __init__(self, auth: Served) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._issuer = f"{auth.url}/auth/v1"
        jwk = ECAlgorithm.to_jwk(self._key.public_key(), as_dict=True) | {"kid": KID, "use": "sig"}
        auth.answer = lambda: (200, json.dumps({"keys": [jwk]}).encode())
        from tests.bench import idle

        self._kernel, self._bare = idle.handler, idle.bare
        self._token = self._sign()

    def again(self, times: int) -> float:
        """Requests of a caller who was here before."""
        return self._each(self._kernel, [event(self._token)] * times)

    def anew(self, times: int) -> float:
        """Requests with a token each that has not been seen."""
        return self._each(self._kernel, [event(self._sign()) for _ in range(times)])

    def bare(self, times: int) -> float:
        """Requests to the same route without a kernel."""
        return self._each(self._bare, [event(self._token)] * times)

    def _each(
        self, handler: Callable[[dict[str, Any], Any], Any], events: list[dict[str, Any]]
    ) -> float:
        accounts.cache.put(Account(CALLER, "fan", "active"))
        began = time.perf_counter()
        answers = [handler(one, CONTEXT) for one in events]
        took = time.perf_counter() - began
        assert {answer["statusCode"] for answer in answers} == {201}, answers[0]
        return took * 1_000_000 / len(events)

    def _sign(self) -> str:
        now = int(time.time())
        claims = {
            "sub": str(CALLER),
            "aud": "authenticated",
            "iss": self._issuer,
            "role": "authenticated",
            "iat": now,
            "exp": now + HOUR,
            "session_id": str(uuid4()),
        }
        return jwt.encode(claims, self._key, "ES256", {"kid": KID})


def event(token: str) -> dict[str, Any]:
    """What API Gateway hands over."""
    headers: Mapping[str, str] = {
        "Accept": "application/json",
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
    }
    stream_id = str(uuid4())
    return {
        "resource": "/api/streams/{streamId}/idle",
        "path": f"/api/streams/{stream_id}/idle",
        "httpMethod": "POST",
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": {"streamId": stream_id},
        "stageVariables": None,
        "requestContext": {
            "requestId": str(uuid4()),
            "stage": "local",
            "httpMethod": "POST",
            "identity": {"sourceIp": "203.0.113.7", "userAgent": "bench"},
        },
        "body": json.dumps(BODY),
        "isBase64Encoded": False,
    }


def main() -> None:
    """Answers each line of the standard input with one line. What is logged goes nowhere."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1)
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123 - a device
        os.dup2(nowhere.fileno(), sys.stdout.fileno())
    with serving(lambda: (200, b"{}")) as auth:
        os.environ |= {
            "SUPABASE_URL": auth.url,
            "ACCOUNT_CACHE_SECONDS": "60",
            "DEFAULT_REQUESTS_PER_MINUTE": "10000000",
        }
        sandbox = Sandbox(auth)
        for line in sys.stdin:
            action, times = json.loads(line)
            print(json.dumps({"microseconds": getattr(sandbox, action)(times)}), file=answers)


if __name__ == "__main__":
    main()
