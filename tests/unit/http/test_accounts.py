"""What is known of an account is forgotten soon enough for a suspension to bite in a minute."""

from uuid import UUID, uuid4

import pytest
from pydantic import ValidationError

from limelight.http import accounts
from limelight.http.accounts import MAX_CACHED, Account, AccountCache, find_account
from limelight.platform.settings import KernelSettings, kernel_settings
from limelight.schema import UserId

LIFETIME = 30


class Clock:
    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


class Directory:
    """A directory that counts how often it is asked."""

    def __init__(self, *found: Account) -> None:
        self.found = {one.user_id: one for one in found}
        self.asked = 0

    def find(self, user_id: UUID, token: str) -> Account | None:  # noqa: ARG002
        self.asked += 1
        return self.found.get(UserId(user_id))


def account(status: str = "active", user_id: UUID | None = None) -> Account:
    return Account(UserId(user_id or uuid4()), "fan", status)  # type: ignore[arg-type]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(accounts, "cache", AccountCache(clock))
    return clock


def test_a_warm_sandbox_asks_once(clock: Clock) -> None:
    known = account()
    directory = Directory(known)

    found = [find_account(directory, known.user_id, "t") for _ in range(5)]

    assert found == [known] * 5
    assert directory.asked == 1


def test_a_suspension_bites_within_a_minute(clock: Clock) -> None:
    known = account()
    directory = Directory(known)
    find_account(directory, known.user_id, "t")
    directory.found[known.user_id] = account("suspended", known.user_id)

    clock.seconds += kernel_settings().account_cache_seconds - 1
    before = find_account(directory, known.user_id, "t")
    clock.seconds += 1
    after = find_account(directory, known.user_id, "t")

    assert kernel_settings().account_cache_seconds <= 60
    assert (before and before.status, after and after.status) == ("active", "suspended")


def test_being_asked_for_often_does_not_keep_an_account_known(clock: Clock) -> None:
    known = account()
    directory = Directory(known)

    for _ in range(LIFETIME + 1):
        find_account(directory, known.user_id, "t")
        clock.seconds += 1

    assert directory.asked == 2


def test_nobody_is_remembered_as_missing(clock: Clock) -> None:
    newcomer = account()
    directory = Directory()
    assert find_account(directory, newcomer.user_id, "t") is None
    directory.found[newcomer.user_id] = newcomer

    assert find_account(directory, newcomer.user_id, "t") == newcomer


def test_a_lifetime_of_nothing_asks_every_time(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACCOUNT_CACHE_SECONDS", "0")
    known = account()
    directory = Directory(known)

    for _ in range(3):
        find_account(directory, known.user_id, "t")

    assert directory.asked == 3


@pytest.mark.parametrize("seconds", [61, 3600, -1])
def test_a_lifetime_over_a_minute_cannot_be_configured(seconds: int) -> None:
    with pytest.raises(ValidationError):
        KernelSettings.model_validate(
            {"supabase_url": "https://p.supabase.co", "account_cache_seconds": seconds}
        )


def test_the_account_used_longest_ago_makes_room_for_a_new_one() -> None:
    cache = AccountCache(Clock())
    everyone = [account() for _ in range(MAX_CACHED)]
    for one in everyone:
        cache.put(one)
    cache.get(everyone[0].user_id, LIFETIME)

    newcomer = account()
    cache.put(newcomer)

    kept = [one for one in everyone if cache.get(one.user_id, LIFETIME)]
    assert kept == [everyone[0], *everyone[2:]]
    assert cache.get(newcomer.user_id, LIFETIME) == newcomer
