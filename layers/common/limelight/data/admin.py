"""Supabase with the secret key, past row-level security: the door of the admin desk alone."""

import time
from functools import lru_cache
from typing import Final

from limelight.data.errors import DataUnavailable
from limelight.data.rest import RestDoor, call, fetch_all, fetch_one
from limelight.platform.secrets import SecretUnavailable, read_secret
from limelight.platform.settings import AdminSettings

__all__ = ["call", "door", "fetch_all", "fetch_one"]

SECRET_LIFETIME_SECONDS: Final = 300
"""A rotated key is picked up within this time."""


def door() -> RestDoor:
    """A client for one request, as service_role."""
    settings = _settings()
    return RestDoor(
        str(settings.supabase_url),
        _secret_key(settings.supabase_secret_id, int(time.monotonic() // SECRET_LIFETIME_SECONDS)),
        None,
        settings.rest_timeout_seconds,
    )


@lru_cache(maxsize=1)
def _secret_key(secret_id: str, _period: int) -> str:
    try:
        return read_secret(secret_id)["secretKey"]
    except (SecretUnavailable, KeyError) as error:
        raise DataUnavailable("the secret key cannot be read") from error


@lru_cache(maxsize=1)
def _settings() -> AdminSettings:
    return AdminSettings()
