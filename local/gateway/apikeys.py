"""What stands in front of every product of a Supabase project: API keys.

The rules are those of the self-hosted stack's gateway (supabase/supabase `docker/volumes/api`):
a request names one of four keys in `apikey`, and the key decides the role of a request that
brings no token of its own. Two additions are the hosted platform's: secret keys are refused to
browsers, and `?apikey=` never reaches the product behind.
"""

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from local.gateway.keys import legacy_key
from local.gateway.settings import GatewaySettings

OPEN_PATHS = (
    "/auth/v1/verify",
    "/auth/v1/callback",
    "/auth/v1/authorize",
    "/auth/v1/.well-known/jwks.json",
    "/health",
)


@dataclass(frozen=True)
class ApiKeys:
    """The four keys of a project and the role token that each one stands for."""

    token_of: dict[str, str]

    @classmethod
    def of(cls, settings: GatewaySettings) -> "ApiKeys":
        anon = legacy_key("anon", settings.jwt_secret)
        service_role = legacy_key("service_role", settings.jwt_secret)
        return cls(
            {
                anon: anon,
                service_role: service_role,
                settings.anon_key: anon,
                settings.secret_key: service_role,
            }
        )

    def authorization(self, key: str, given: str | None) -> str:
        """The `Authorization` that the product behind sees.

        A token stays, and so does a secret key with a user's token act as that user. An
        `sb_…` key is no token: it is replaced by the JWT of the role that `key` has.
        """
        if given and not given.startswith("Bearer sb_"):
            return given
        return f"Bearer {self.token_of[key]}"


class RequireApiKey:
    """ASGI middleware: 401 without a known key, and the right `Authorization` behind it."""

    def __init__(self, app: ASGIApp, settings: GatewaySettings) -> None:
        self.app = app
        self.keys = ApiKeys.of(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or is_open(scope["path"]):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        key = headers.get("apikey") or _key_in_query(scope)
        refusal = self._refusal(key, headers.get("user-agent", ""))
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        authorization = self.keys.authorization(key, headers.get("authorization"))
        await self.app(_behind(scope, authorization), receive, send)

    def _refusal(self, key: str, user_agent: str) -> Response | None:
        if not key:
            return _unauthorized("No API key found in request")
        if key not in self.keys.token_of:
            return _unauthorized("Invalid authentication credentials")
        if key.startswith("sb_secret_") and is_browser(user_agent):
            return _unauthorized(
                "Forbidden use of secret API key in browser",
                hint="Secret API keys can only be used in a protected environment and should"
                " never be used in a browser.",
            )
        return None


def is_open(path: str) -> bool:
    """Whether a path is served without a key."""
    return any(path == prefix or path.startswith(f"{prefix}/") for prefix in OPEN_PATHS)


def is_browser(user_agent: str) -> bool:
    """Every browser calls itself Mozilla; HTTP libraries do not."""
    return user_agent.startswith("Mozilla/")


def _key_in_query(scope: Scope) -> str:
    query: str = scope["query_string"].decode("latin-1")
    return dict(parse_qsl(query)).get("apikey", "")


def _behind(scope: Scope, authorization: str) -> Scope:
    headers = [(name, value) for name, value in scope["headers"] if name != b"authorization"]
    headers.append((b"authorization", authorization.encode("latin-1")))
    return {**scope, "headers": headers, "query_string": _without_key(scope["query_string"])}


def _without_key(query: bytes) -> bytes:
    if b"apikey=" not in query:
        return query
    pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True, encoding="latin-1")
    kept = [(name, value) for name, value in pairs if name != "apikey"]
    return urlencode(kept, encoding="latin-1").encode("latin-1")


def _unauthorized(message: str, **more: str) -> Response:
    return JSONResponse(
        {"message": message, **more},
        status_code=401,
        headers={"WWW-Authenticate": 'Key realm="kong"'},
    )
