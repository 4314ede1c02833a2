"""Supabase Auth, for whoever makes an account. Its client costs every cold start that loads it."""

from collections.abc import Iterator
from contextlib import contextmanager

from supabase_auth import SyncGoTrueClient
from supabase_auth.errors import AuthApiError, AuthError, AuthRetryableError

from limelight.data.errors import DataError, DataUnavailable
from limelight.data.rest import RestDoor, refusals


@contextmanager
def client(door: RestDoor) -> Iterator[SyncGoTrueClient]:
    """A client of the door's identity that keeps no session and starts no timer.

    Within, what the client raises are the errors of `limelight.data.errors`.
    """
    try:
        with refusals():
            yield SyncGoTrueClient(
                url=f"{door.url}/auth/v1",
                headers=door.headers,
                http_client=door.http,
                auto_refresh_token=False,
                persist_session=False,
            )
    except AuthRetryableError as error:
        raise DataUnavailable("auth") from error
    except AuthApiError as error:
        raise DataError(f"auth:{error.code or error.status}", error.message) from error
    except AuthError as error:
        raise DataError(f"auth:{error.code or type(error).__name__}", error.message) from error
