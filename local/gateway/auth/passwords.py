"""Passwords: strength and bcrypt, never on the event loop."""

import asyncio
import secrets

import bcrypt

from local.gateway.auth.errors import AuthError, validation_failed

MAX_BYTES = 72
"""bcrypt reads no further."""


def check_strength(password: str, min_length: int) -> None:
    """Raise what Supabase Auth answers to a password it does not take."""
    if len(password.encode()) > MAX_BYTES:
        raise validation_failed(f"Password cannot be longer than {MAX_BYTES} characters")
    reasons = weaknesses(password, min_length)
    if reasons:
        raise AuthError(422, "weak_password", _sentence(min_length), reasons=reasons)


def weaknesses(password: str, min_length: int) -> list[str]:
    return ["length"] if len(password.encode()) < min_length else []


def weak_password(password: str, min_length: int) -> dict[str, object] | None:
    """What a login with a password that has become weak adds to its session."""
    reasons = weaknesses(password, min_length)
    return {"message": _sentence(min_length), "reasons": reasons} if reasons else None


async def hash_password(password: str, cost: int) -> str:
    digest = await asyncio.to_thread(bcrypt.hashpw, password.encode(), bcrypt.gensalt(cost))
    return digest.decode()


async def matches(password: str, digest: str | None) -> bool:
    """Whether `password` is the one hashed; an account without a password matches none."""
    encoded = password.encode()
    if not digest or len(encoded) > MAX_BYTES:
        return False
    try:
        return await asyncio.to_thread(bcrypt.checkpw, encoded, digest.encode())
    except ValueError:
        return False


def random_password() -> str:
    return secrets.token_urlsafe(48)


def _sentence(min_length: int) -> str:
    return f"Password should be at least {min_length} characters."
