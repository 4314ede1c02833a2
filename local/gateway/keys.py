"""The keys of a local project: made once, kept in one file that only its owner can read."""

import base64
import hashlib
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from jwt import PyJWK
from jwt.algorithms import ECAlgorithm

LEGACY_ISSUED_AT = 1_735_689_600  # 2025-01-01
LEGACY_EXPIRES_AT = 2_051_222_400  # 2035-01-01


def legacy_key(role: str, jwt_secret: str) -> str:
    """The legacy API key of `role`: the same JWT for the same secret, at any time."""
    claims = {
        "iss": "supabase",
        "role": role,
        "iat": LEGACY_ISSUED_AT,
        "exp": LEGACY_EXPIRES_AT,
    }
    return jwt.encode(claims, jwt_secret, algorithm="HS256")


def new_api_key(prefix: str) -> str:
    """An opaque key of the current form: prefix, 22 random characters, `_`, 8 of a checksum."""
    body = prefix + secrets.token_urlsafe(16)
    checksum = base64.urlsafe_b64encode(hashlib.sha256(body.encode()).digest()[:6]).decode()
    return f"{body}_{checksum}"


def new_signing_jwk() -> dict[str, str]:
    """A fresh ES256 private key as a JWK, named by its thumbprint."""
    return _as_jwk(ec.generate_private_key(ec.SECP256R1()))


def read_signing_key(path: Path) -> PyJWK:
    """The ES256 key of a PEM file or of a JSON file with one private JWK.

    Raises `ValueError` when the file holds something else.
    """
    text = path.read_text(encoding="utf-8")
    if "-----BEGIN" not in text:
        return signing_key(json.loads(text))
    private = load_pem_private_key(text.encode(), password=None)
    if isinstance(private, ec.EllipticCurvePrivateKey):
        return signing_key(_as_jwk(private))
    raise ValueError("the signing key must be an EC private key (P-256)")


def signing_key(jwk: Mapping[str, Any]) -> PyJWK:
    """The key of a private JWK; a `kid` is added when it has none."""
    if jwk.get("crv") != "P-256" or "d" not in jwk:
        raise ValueError("the signing key must be a private JWK on curve P-256")
    named = {**jwk, "alg": "ES256", "kid": jwk.get("kid") or _thumbprint(jwk)}
    return PyJWK.from_dict(named, algorithm="ES256")


@dataclass(frozen=True)
class LocalKeys:
    """One project's secrets. `repr` shows none of them."""

    jwt_secret: str
    publishable_key: str
    secret_key: str
    signing_jwk: dict[str, str]

    def __repr__(self) -> str:
        return f"LocalKeys(publishable_key={self.publishable_key!r}, …)"

    @property
    def legacy_anon_key(self) -> str:
        return legacy_key("anon", self.jwt_secret)

    @property
    def legacy_service_role_key(self) -> str:
        return legacy_key("service_role", self.jwt_secret)

    @property
    def signing_key(self) -> PyJWK:
        return signing_key(self.signing_jwk)

    @classmethod
    def create(cls) -> Self:
        return cls(
            jwt_secret=secrets.token_urlsafe(48),
            publishable_key=new_api_key("sb_publishable_"),
            secret_key=new_api_key("sb_secret_"),
            signing_jwk=new_signing_jwk(),
        )

    @classmethod
    def load_or_create(cls, path: Path) -> Self:
        """The keys in `path`, made there (mode 0600) at the first call, whoever calls first."""
        path.parent.mkdir(parents=True, exist_ok=True)
        keys = cls.create()
        draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        draft.touch(mode=0o600, exist_ok=False)
        try:
            draft.write_text(json.dumps(asdict(keys), indent=2) + "\n", encoding="utf-8")
            path.hardlink_to(draft)
        except FileExistsError:
            return cls(**json.loads(path.read_text(encoding="utf-8")))
        finally:
            draft.unlink()
        return keys


def _as_jwk(private: ec.EllipticCurvePrivateKey) -> dict[str, str]:
    jwk: dict[str, str] = ECAlgorithm.to_jwk(private, as_dict=True)
    return {**jwk, "alg": "ES256", "use": "sig", "kid": _thumbprint(jwk)}


def _thumbprint(jwk: Mapping[str, Any]) -> str:
    """RFC 7638."""
    required = {name: jwk[name] for name in ("crv", "kty", "x", "y")}
    canonical = json.dumps(required, separators=(",", ":"), sort_keys=True)
    digest = hashlib.sha256(canonical.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
