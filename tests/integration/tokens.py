"""Tokens of every kind, good and bad, signed as Supabase Auth would or as a forger might."""

import base64
import json
import time
from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from local.gateway.keys import LocalKeys
from local.services.backing import Backing

HOUR = 3600


class Tokens:
    """Signs tokens with the project's own key, or with another."""

    def __init__(self, backing: Backing) -> None:
        self._keys = LocalKeys.load_or_create(backing.state.keys)
        self._issuer = f"{backing.supabase_url}/auth/v1"

    def claims(self, user_id: UUID, **changed: object) -> dict[str, Any]:
        """The claims of a good token; a claim changed to None is left out."""
        now = int(time.time())
        claims: dict[str, Any] = {
            "sub": str(user_id),
            "aud": "authenticated",
            "iss": self._issuer,
            "role": "authenticated",
            "iat": now,
            "exp": now + HOUR,
            "session_id": str(uuid4()),
            "is_anonymous": False,
            "app_metadata": {},
            "user_metadata": {},
        } | changed
        return {name: value for name, value in claims.items() if value is not None}

    def signed(
        self, user_id: UUID, *, headers: Mapping[str, str] | None = None, **changed: object
    ) -> str:
        """A token with the project's key; `headers` replace those of its own."""
        key = self._keys.signing_key
        return jwt.encode(
            self.claims(user_id, **changed),
            key.key,
            algorithm="ES256",
            headers={"kid": str(key.key_id)} | dict(headers or {}),
        )

    def forged(self, user_id: UUID, kid: str | None = None) -> str:
        """A token with another key that claims to be the project's, or the one named."""
        return jwt.encode(
            self.claims(user_id),
            ec.generate_private_key(ec.SECP256R1()),
            algorithm="ES256",
            headers={"kid": kid or str(self._keys.signing_key.key_id)},
        )

    def unsigned(self, user_id: UUID) -> str:
        return f"{_part({'alg': 'none', 'typ': 'JWT'})}.{_part(self.claims(user_id))}."

    def by_legacy_secret(self, user_id: UUID, secret: str | None = None) -> str:
        return jwt.encode(self.claims(user_id), secret or self._keys.jwt_secret, algorithm="HS256")

    def by_public_key(self, user_id: UUID) -> str:
        """The classic confusion: the public key, which everybody has, used as an HMAC secret."""
        pem = self._keys.signing_key.key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        header = {"alg": "HS256", "typ": "JWT", "kid": self._keys.signing_key.key_id}
        head = f"{_part(header)}.{_part(self.claims(user_id))}"
        mac = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
        return f"{head}.{_text(mac.sign(head.encode(), pem))}"

    def tampered(self, user_id: UUID, **changed: object) -> str:
        """A good token whose claims were changed after it was signed."""
        head, _, signature = self.signed(user_id).split(".")
        return f"{head}.{_part(self.claims(user_id, **changed))}.{signature}"


def _part(value: object) -> str:
    return _text(json.dumps(value).encode())


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
