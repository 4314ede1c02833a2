"""Reads the bearer token: whose claims, and which role.

Two keys count: the shared secret (HS256), and the public half of the signing key (ES256).
"""

from __future__ import annotations

import base64
import binascii
import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import jwt
from jwt.algorithms import ECAlgorithm, HMACAlgorithm

from local.gateway.rest.errors import invalid_token

if TYPE_CHECKING:
    from local.gateway.rest.errors import ApiError
    from local.gateway.settings import GatewaySettings

SKEW_SECONDS = 30
_PARTS = 3
_UNREADABLE = "PGRST301"
_INVALID_CLAIMS = "PGRST303"
_CRYPTO = "JWT cryptographic operation failed"
_KEY = "No suitable key or wrong key type"
_KNOWN_ALGORITHMS = frozenset(jwt.algorithms.get_default_algorithms()) - {"none"}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking: the database role, and the claims as the database sees them."""

    role: str
    is_anonymous: bool
    """By role: errors for missing rights say "sign in" (401) to it and "no" (403) to others."""
    claims: dict[str, Any] = field(default_factory=dict)

    @property
    def claims_json(self) -> str:
        return json.dumps({**self.claims, "role": self.role}, ensure_ascii=False)


def bearer_token(authorization: str | None) -> str | None:
    """The token of an Authorization header; None for other schemes."""
    scheme, _, token = (authorization or "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def identify(
    settings: GatewaySettings, authorization: str | None, *, audience: str | None = None
) -> Caller:
    """The caller of a request; the anonymous role without a token. A token that names audiences
    must name `audience`, if there is one.

    Raises:
        ApiError: PGRST301 for a token that cannot be read, PGRST303 for claims that do not hold.
    """
    token = bearer_token(authorization)
    if token is None:
        return Caller(settings.anon_role, is_anonymous=True)
    claims = _verified_claims(settings, token)
    _check_times(claims)
    _check_audience(claims, audience)
    role = claims.get("role", settings.anon_role)
    name = role if isinstance(role, str) else json.dumps(role)
    return Caller(name, is_anonymous=name == settings.anon_role, claims=claims)


# --- signature --------------------------------------------------------------------------------


def _verified_claims(settings: GatewaySettings, token: str) -> dict[str, Any]:
    if not token:
        raise _unreadable("Empty JWT is sent in Authorization header")
    parts = token.split(".")
    if len(parts) != _PARTS:
        raise _unreadable(f"Expected {_PARTS} parts in JWT; got {len(parts)}")
    header = _json_object(_decoded(parts[0]))
    if header is None or header.get("alg") not in {*_KNOWN_ALGORITHMS, "none"}:
        raise _unreadable("JWT couldn't be decoded")
    signed = f"{parts[0]}.{parts[1]}".encode()
    _verify(settings, header, signed, _decoded(parts[2]))
    claims = _json_object(_decoded(parts[1]))
    if claims is None:
        raise invalid_token(_INVALID_CLAIMS, "Parsing claims failed")
    return claims


def _verify(
    settings: GatewaySettings, header: dict[str, Any], signed: bytes, signature: bytes
) -> None:
    algorithm = header["alg"]
    if algorithm == "none":
        details = "JWT is unsecured but expected 'alg' was not 'none'"
        raise _unreadable("Wrong or unsupported encoding algorithm", details)
    checks = {"HS256": _is_signed_by_secret, "ES256": _is_signed_by_key}
    if algorithm not in checks or not _names_our_key(settings, header):
        raise _unreadable(_KEY, "No suitable key was found to decode the JWT")
    if not checks[algorithm](settings, signed, signature):
        raise _unreadable(_KEY, "None of the keys was able to decode the JWT")


def _names_our_key(settings: GatewaySettings, header: dict[str, Any]) -> bool:
    """A token for the signing key may name it; the shared secret has no name."""
    if header["alg"] != "ES256" or settings.signing_key.key_id is None:
        return True
    return header.get("kid") in (None, settings.signing_key.key_id)


def _is_signed_by_secret(settings: GatewaySettings, signed: bytes, signature: bytes) -> bool:
    algorithm = HMACAlgorithm(HMACAlgorithm.SHA256)
    return algorithm.verify(signed, settings.jwt_secret.encode(), signature)


def _is_signed_by_key(settings: GatewaySettings, signed: bytes, signature: bytes) -> bool:
    algorithm = ECAlgorithm(ECAlgorithm.SHA256)
    key = settings.signing_key.key
    public = key.public_key() if hasattr(key, "public_key") else key
    return algorithm.verify(signed, public, signature)


def _decoded(part: str) -> bytes:
    try:
        padded = part.encode("ascii") + b"=" * (-len(part) % 4)
        return base64.b64decode(padded, altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise _unreadable(_CRYPTO) from error


def _json_object(text: bytes) -> dict[str, Any] | None:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def _unreadable(message: str, details: str | None = None) -> ApiError:
    return invalid_token(_UNREADABLE, message, details)


# --- claims -----------------------------------------------------------------------------------


def _check_times(claims: dict[str, Any]) -> None:
    now = int(time.time())
    expires, starts, issued = (_seconds(claims, name) for name in ("exp", "nbf", "iat"))
    if expires is not None and expires < now - SKEW_SECONDS:
        raise invalid_token(_INVALID_CLAIMS, "JWT expired")
    if starts is not None and starts > now + SKEW_SECONDS:
        raise invalid_token(_INVALID_CLAIMS, "JWT not yet valid")
    if issued is not None and issued > now + SKEW_SECONDS:
        raise invalid_token(_INVALID_CLAIMS, "JWT issued at future")


def _seconds(claims: dict[str, Any], name: str) -> int | None:
    content = claims.get(name)
    if content is None:
        return None
    if isinstance(content, bool) or not isinstance(content, int | float):
        raise invalid_token(_INVALID_CLAIMS, f"The JWT '{name}' claim must be a number")
    return int(content) if content == content // 1 else 0


def _check_audience(claims: dict[str, Any], wanted: str | None) -> None:
    audience = claims.get("aud")
    if audience is None:
        return
    named = [audience] if isinstance(audience, str) else audience
    if not isinstance(named, list) or not all(isinstance(item, str) for item in named):
        message = "The JWT 'aud' claim must be a string or an array of strings"
        raise invalid_token(_INVALID_CLAIMS, message)
    if wanted is not None and named and wanted not in named:
        raise invalid_token(_INVALID_CLAIMS, "JWT not in audience")
