"""The limits of the endpoints that anybody may call, counted over REST by the caller's address.

The database function is open to everybody with the publishable key, so it asks for a proof: the
secret that only the sign-up functions can read. It also keys the hash that addresses are stored as.
"""

import hashlib
import hmac
import time
from functools import lru_cache
from typing import Final

from limelight.data import user
from limelight.data.errors import DataError, DataUnavailable
from limelight.limits.models import Limit, Standing
from limelight.platform.secrets import SecretUnavailable, read_secret
from limelight.platform.settings import LimitSettings
from limelight.platform.snapstart import around_snapshot

SECRET_LIFETIME_SECONDS: Final = 300
"""How long a rotated secret may still be used."""

_PROOF_REFUSED: Final = "LL403"


def take(limit: Limit, subject: str) -> Standing:
    """Counts a request from the address `subject`, unless it is one too many.

    Raises DataUnavailable when the secret cannot be read, or is not the one that the database
    knows: nobody signs up uncounted.
    """
    key = _key()
    question = {
        "rule": limit,
        "address": hmac.new(key.encode(), subject.encode(), hashlib.sha256).hexdigest(),
        "proof": key,
    }
    try:
        rows = user.call("limits.take_address", user.door(None).rpc("take_address_rate", question))
    except DataError as error:
        if error.code == _PROOF_REFUSED:
            raise DataUnavailable("the limits' proof is refused") from error
        raise
    return Standing.of(rows)


def _key() -> str:
    period = int(time.monotonic() // SECRET_LIFETIME_SECONDS)
    return _read_key(_settings().limits_secret_id, period)


@lru_cache(maxsize=1)
def _read_key(secret_id: str, _period: int) -> str:
    try:
        return read_secret(secret_id)["key"]
    except (SecretUnavailable, KeyError) as error:
        raise DataUnavailable("the limits' secret cannot be read") from error


@lru_cache(maxsize=1)
def _settings() -> LimitSettings:
    return LimitSettings()


def forget() -> None:
    """Reads the settings and the secret anew at the next request (SnapStart, tests)."""
    _settings.cache_clear()
    _read_key.cache_clear()


around_snapshot(forget)
