"""LiveKit, through its own package: tokens that let one person into one room.

A room carries the sound and picture of a stream, a call or a show. The platform never speaks with
LiveKit itself: it signs who may enter and what they may do there, and LiveKit checks the signature.
"""

import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final
from uuid import UUID

from livekit.api import AccessToken, VideoGrants

from limelight.errors import Problem
from limelight.platform.secrets import SecretUnavailable, read_secret
from limelight.platform.settings import MediaSettings
from limelight.platform.snapstart import around_snapshot

TOKEN_LIFETIME: Final = timedelta(minutes=10)
"""How long a token opens its room: who is inside stays, who was shut out cannot come back later."""
RETRY_AFTER_SECONDS: Final = 2
SECRET_LIFETIME_SECONDS: Final = 300
"""How long a rotated secret may still be used."""


@dataclass(frozen=True, slots=True)
class Pass:
    """What a client needs to enter a room: where LiveKit is, the token, and until when it opens."""

    url: str
    token: str
    expires_at: datetime


def to_watch(room: str, user_id: UUID | None, name: str) -> Pass:
    """Lets an audience in: it sees and hears, and is neither seen nor heard. None is a visitor.

    Raises Problem `upstream_unavailable` when the secret cannot be read; so do the others.
    """
    return _sign(room, user_id, name, VideoGrants(can_publish=False, can_publish_data=False))


def to_take_part(room: str, user_id: UUID, name: str) -> Pass:
    """Lets in somebody who is seen and heard, and may send data: a host, or a party to a call."""
    return _sign(room, user_id, name, VideoGrants(can_publish=True, can_publish_data=True))


def _sign(room: str, user_id: UUID | None, name: str, grants: VideoGrants) -> Pass:
    secret = _secret()
    grants.room_join = True
    grants.room = room
    grants.can_subscribe = True
    token = (
        AccessToken(secret["apiKey"], secret["apiSecret"])
        .with_identity(str(user_id) if user_id else f"visitor_{secrets.token_hex(8)}")
        .with_name(name)
        .with_grants(grants)
        .with_ttl(TOKEN_LIFETIME)
    )
    return Pass(
        str(_settings().livekit_url).rstrip("/"), token.to_jwt(), datetime.now(UTC) + TOKEN_LIFETIME
    )


def _secret() -> dict[str, str]:
    period = int(time.monotonic() // SECRET_LIFETIME_SECONDS)
    return _read_secret(_settings().livekit_secret_id, period)


@lru_cache(maxsize=1)
def _read_secret(secret_id: str, _period: int) -> dict[str, str]:
    try:
        secret = read_secret(secret_id)
        return {"apiKey": secret["apiKey"], "apiSecret": secret["apiSecret"]}
    except (SecretUnavailable, KeyError) as error:
        raise Problem("upstream_unavailable", retry_after=RETRY_AFTER_SECONDS) from error


@lru_cache(maxsize=1)
def _settings() -> MediaSettings:
    return MediaSettings()


def forget() -> None:
    """Reads the settings and the secret anew at the next token (SnapStart, tests)."""
    _settings.cache_clear()
    _read_secret.cache_clear()


around_snapshot(forget)
