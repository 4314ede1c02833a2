"""The caller's account, read through the door that the endpoint's pattern allows.

An account is trusted for `account_cache_seconds` (at most 60), so that a suspension bites within a
minute and a warm sandbox does not ask again for every request.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Final, Literal, Protocol, cast
from uuid import UUID

from limelight.http.patterns import Pattern
from limelight.http.recent import Recent
from limelight.platform.settings import kernel_settings
from limelight.platform.snapstart import around_snapshot
from limelight.schema import UserId

MAX_CACHED: Final = 1_024

_DIRECTORIES: Final[Mapping[Pattern, str]] = {
    Pattern.REST: "limelight.http.directory.rest",
    Pattern.ADMIN: "limelight.http.directory.admin",
    Pattern.SQL: "limelight.http.directory.sql",
    Pattern.MONEY: "limelight.http.directory.sql",
}


@dataclass(frozen=True, slots=True)
class Account:
    """What the kernel must know of an account."""

    user_id: UserId
    role: Literal["fan", "creator", "admin"]
    status: Literal["active", "suspended", "deleted"]


class Directory(Protocol):
    """Where accounts are looked up."""

    def find(self, user_id: UUID, token: str) -> Account | None: ...


class AccountCache(Recent[UUID, Account]):
    """Accounts as they were read a short while ago."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        super().__init__(MAX_CACHED, clock)

    def put(self, account: Account) -> None:
        self.keep(account.user_id, account)


cache: Final = AccountCache()
around_snapshot(cache.clear)


def directory_for(pattern: Pattern) -> Directory:
    """The directory behind `pattern`, imported now: a function loads only its own driver."""
    return cast("Directory", import_module(_DIRECTORIES[pattern]))


def find_account(directory: Directory, user_id: UUID, token: str) -> Account | None:
    """The account of a verified identity; None when it has none in this database."""
    known = cache.get(user_id, kernel_settings().account_cache_seconds)
    if known is not None:
        return known
    account = directory.find(user_id, token)
    if account is not None:
        cache.put(account)
    return account
