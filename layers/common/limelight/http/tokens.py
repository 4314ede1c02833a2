"""Verifies Supabase Auth's access tokens here, without asking Auth.

Signature, algorithm, `exp`, `iss` and `aud` are checked. The keys come from the project's JWKS,
kept for ten minutes; an unknown `kid` fetches them again at most every 30 seconds, so that a stream
of forged tokens cannot make this function hammer Auth.

Who comes back within half a minute with the very same token is known by its hash: to verify it is a
third of what the kernel costs. The token itself is not kept.
"""

import json
import time
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

import jwt
from jwt import PyJWK, PyJWKClient
from jwt.exceptions import (
    ExpiredSignatureError,
    InvalidTokenError,
    PyJWKClientConnectionError,
    PyJWKClientError,
    PyJWKSetError,
)
from jwt.utils import base64url_decode

from limelight.data.errors import DataUnavailable
from limelight.errors import Problem
from limelight.http.recent import Recent
from limelight.platform.secrets import SecretUnavailable, read_secret
from limelight.platform.settings import KernelSettings, kernel_settings
from limelight.platform.snapstart import around_snapshot

ASYMMETRIC: Final = ("ES256", "RS256")
LEGACY: Final = "HS256"
JWKS_LIFETIME_SECONDS: Final = 600
UNKNOWN_KEY_COOLDOWN_SECONDS: Final = 30
JWKS_TIMEOUT_SECONDS: Final = 5
MAX_TOKEN_LENGTH: Final = 8_192
LEEWAY_SECONDS: Final = 5
VERIFIED_SECONDS: Final = 30
"""How long a verified token need not be verified again: a withdrawn key bites so much later."""
MAX_VERIFIED: Final = 1_024

_REFUSED: Final = (
    *(InvalidTokenError, PyJWKClientError),
    *(ValueError, TypeError, AttributeError, RecursionError),
)
"""What comes of a token that is not one of ours, or not one at all."""
_CHALLENGE: Final = {"WWW-Authenticate": 'Bearer error="invalid_token"'}


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a verified token speaks for. The token is kept for the REST door, and out of logs."""

    user_id: UUID
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Verified:
    """What a token said when its signature was checked. `ends` is in seconds since 1970."""

    user_id: UUID
    ends: int


verified: Final[Recent[bytes, Verified]] = Recent(MAX_VERIFIED)


def verify(token: str) -> Identity:
    """Who `token` speaks for.

    Raises Problem `token_expired` or `token_invalid`, DataUnavailable when the keys cannot be had.
    """
    try:
        return Identity(_subject(token), token)
    except ExpiredSignatureError:
        raise Problem("token_expired", headers=_CHALLENGE) from None
    except _REFUSED:
        raise Problem("token_invalid", headers=_CHALLENGE) from None


def _subject(token: str) -> UUID:
    if len(token) > MAX_TOKEN_LENGTH:
        raise ValueError("token too long")
    fingerprint = sha256(token.encode()).digest()
    known = verified.get(fingerprint, VERIFIED_SECONDS)
    if known is not None and time.time() < known.ends:
        return known.user_id
    claims = _claims(token, kernel_settings())
    user_id = UUID(claims["sub"])
    verified.keep(fingerprint, Verified(user_id, int(claims["exp"]) + LEEWAY_SECONDS))
    return user_id


def _claims(token: str, settings: KernelSettings) -> dict[str, Any]:
    header = _header(token)
    algorithm = header.get("alg")
    if algorithm == LEGACY and settings.jwt_secret_id:
        key: Any = _legacy_secret(settings.jwt_secret_id)
    elif algorithm in ASYMMETRIC:
        key = _signing_key(header.get("kid", ""), settings.auth_url)
    else:
        raise ValueError("algorithm not allowed")
    claims: dict[str, Any] = jwt.decode(
        token,
        key,
        algorithms=[algorithm],
        audience=settings.jwt_audience,
        issuer=settings.auth_url,
        leeway=LEEWAY_SECONDS,
        options={"require": ["exp", "iss", "aud", "sub"]},
    )
    if claims.get("role") != "authenticated" or claims.get("is_anonymous") is True:
        raise ValueError("not a user's token")
    return claims


def _header(token: str) -> dict[str, Any]:
    """The header alone: PyJWT checks all of it with the signature."""
    header: dict[str, Any] = json.loads(base64url_decode(token.partition(".")[0]))
    return header


def _signing_key(kid: str, auth_url: str) -> PyJWK:
    try:
        return _jwks(auth_url).get_signing_key(kid)
    except (PyJWKClientConnectionError, PyJWKSetError, OSError, ValueError) as error:
        raise DataUnavailable("jwks") from error


@lru_cache(maxsize=1)
def _jwks(auth_url: str) -> PyJWKClient:
    return PyJWKClient(
        f"{auth_url}/.well-known/jwks.json",
        lifespan=JWKS_LIFETIME_SECONDS,
        cooldown_duration=UNKNOWN_KEY_COOLDOWN_SECONDS,
        timeout=JWKS_TIMEOUT_SECONDS,
    )


@lru_cache(maxsize=1)
def _legacy_secret(secret_id: str) -> str:
    try:
        return read_secret(secret_id)["secret"]
    except (SecretUnavailable, KeyError) as error:
        raise DataUnavailable("the JWT secret cannot be read") from error


def forget_keys() -> None:
    """Drops the cached keys, and what was verified with them (tests, SnapStart)."""
    _jwks.cache_clear()
    _legacy_secret.cache_clear()
    verified.clear()


around_snapshot(forget_keys)
