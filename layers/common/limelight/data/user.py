"""Supabase under the caller's JWT: the door of `rest` functions. Row-level security decides."""

from functools import lru_cache

from limelight.data.observer import observed
from limelight.data.rest import RestDoor, call, fetch_all, fetch_one
from limelight.platform.settings import RestSettings

__all__ = ["call", "door", "fetch_all", "fetch_one", "observed"]


def door(token: str | None) -> RestDoor:
    """A client for one request, as the owner of `token`, or as nobody when there is none."""
    settings = _settings()
    return RestDoor(
        str(settings.supabase_url),
        settings.supabase_publishable_key,
        token,
        settings.rest_timeout_seconds,
    )


@lru_cache(maxsize=1)
def _settings() -> RestSettings:
    return RestSettings()
