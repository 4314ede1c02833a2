"""Access tokens and refresh tokens: what they say, how they are signed and checked."""

import secrets
import string
import time
from dataclasses import dataclass
from typing import Any

import jwt
from jwt import PyJWK
from jwt.algorithms import ECAlgorithm

from local.gateway.auth.database import Row
from local.gateway.auth.errors import bad_jwt
from local.gateway.settings import GatewaySettings

AUDIENCE = "authenticated"
_REFRESH_ALPHABET = string.ascii_lowercase + string.digits
_REFRESH_LENGTH = 12


def new_refresh_token() -> str:
    return "".join(secrets.choice(_REFRESH_ALPHABET) for _ in range(_REFRESH_LENGTH))


def is_refresh_token(token: str) -> bool:
    return len(token) == _REFRESH_LENGTH and set(token) <= set(_REFRESH_ALPHABET)


@dataclass(frozen=True)
class AccessToken:
    """A signed token and when it ends (Unix seconds)."""

    text: str
    expires_at: int


class TokenSigner:
    """Signs with the project's ES256 key; accepts that key's tokens and the legacy HS256 ones."""

    def __init__(self, settings: GatewaySettings) -> None:
        self._settings = settings
        self._key = settings.signing_key
        self._public = public_jwk(settings.signing_key)

    @property
    def jwks(self) -> dict[str, list[dict[str, Any]]]:
        return {"keys": [self._public]}

    def sign(self, user: Row, session_id: str, amr: list[dict[str, object]]) -> AccessToken:
        """The access token of one session. `amr` says how the user proved who they are."""
        now = int(time.time())
        expires_at = now + self._settings.access_token_seconds
        claims = {
            "iss": self._settings.issuer,
            "sub": str(user["id"]),
            "aud": user["aud"],
            "exp": expires_at,
            "iat": now,
            "email": user["email"] or "",
            "phone": user["phone"] or "",
            "app_metadata": user["raw_app_meta_data"] or {},
            "user_metadata": user["raw_user_meta_data"] or {},
            "role": user["role"],
            "aal": "aal1",
            "amr": amr,
            "session_id": session_id,
            "is_anonymous": user["is_anonymous"],
        }
        headers = {"kid": self._public["kid"]}
        text = jwt.encode(claims, self._key.key, algorithm="ES256", headers=headers)
        return AccessToken(text, expires_at)

    def verify(self, token: str) -> dict[str, Any]:
        """The claims of a token of this project; 403 `bad_jwt` for any other."""
        try:
            key, algorithm = self._key_for(jwt.get_unverified_header(token))
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                options={"verify_aud": False, "verify_iat": False},
            )
        except jwt.PyJWTError as error:
            raise bad_jwt(
                f"invalid JWT: unable to parse or verify signature, {_reason(error)}"
            ) from error
        return claims

    def _key_for(self, header: dict[str, Any]) -> tuple[Any, str]:
        if header.get("kid") == self._public["kid"]:
            return self._key.key.public_key(), "ES256"
        if "kid" in header:
            raise jwt.InvalidKeyError("unrecognized JWT kid")
        if header.get("alg") == "HS256":
            return self._settings.jwt_secret, "HS256"
        raise jwt.InvalidAlgorithmError("signing method is invalid")


def public_jwk(key: PyJWK) -> dict[str, Any]:
    """The public half of a private signing key, as the JWKS shows it."""
    public: dict[str, Any] = ECAlgorithm.to_jwk(key.key.public_key(), as_dict=True)
    return {
        **public,
        "alg": "ES256",
        "use": "sig",
        "key_ops": ["verify"],
        "ext": True,
        "kid": key.key_id,
    }


def _reason(error: jwt.PyJWTError) -> str:
    if isinstance(error, jwt.ExpiredSignatureError):
        return "token has invalid claims: token is expired"
    if isinstance(error, jwt.DecodeError) and not isinstance(error, jwt.InvalidSignatureError):
        return f"token is malformed: {error}"
    return str(error)
