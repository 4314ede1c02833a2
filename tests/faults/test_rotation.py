"""A changed password is picked up after one refused login, and a wrong one is never hammered with.

Supavisor shuts a project out after ten failed logins: the reader of the secret counts ours.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Barrier

import pytest

from lambda_pool import Pool, errors
from tests.faults.conftest import NewPool
from tests.faults.database import Database
from tests.faults.pooler import Pooler
from tests.faults.proxy import Proxy
from tests.faults.queries import ONE

NEXT = "the-next-password"


@dataclass
class Vault:
    """Secrets Manager and the cached copy of its secret that a sandbox keeps."""

    pooler: Pooler
    current: str
    read: int = 0
    _cached: str = field(init=False)

    def __post_init__(self) -> None:
        self._cached = self.current

    def conninfo(self, anew: bool) -> str:
        if anew:
            self.read += 1
            self._cached = self.current
        return self.pooler.conninfo().replace(self.pooler.password, self._cached)


@pytest.fixture
def vault(pooler: Pooler) -> Vault:
    return Vault(pooler, pooler.password)


@pytest.fixture
def rotating_pool(new_pool: NewPool, vault: Vault) -> Pool:
    return new_pool(vault.conninfo)


@contextmanager
def rotated(pooler: Pooler, database: Database) -> Iterator[None]:
    """Within, the role has another password, at the database and at the pooler."""
    database.allow_login(NEXT)
    pooler.expect_password(NEXT)
    try:
        yield
    finally:
        database.allow_login(pooler.password)
        pooler.expect_password(pooler.password)


def test_a_changed_password_is_picked_up_after_one_refused_login(
    rotating_pool: Pool, vault: Vault, pooler: Pooler, database: Database
) -> None:
    rotating_pool.fetch_one(ONE)

    with rotated(pooler, database):
        vault.current = NEXT
        rotating_pool.close()
        before = pooler.logins()

        assert rotating_pool.fetch_one(ONE) == {"one": 1}

        assert vault.read == 1
        assert pooler.logins() == before + 2


def test_connections_that_are_inside_go_on_over_a_rotation(
    rotating_pool: Pool, vault: Vault, pooler: Pooler, database: Database
) -> None:
    rotating_pool.fetch_one(ONE)

    with rotated(pooler, database):
        assert rotating_pool.fetch_one(ONE) == {"one": 1}

    assert vault.read == 0


def test_three_threads_that_meet_the_changed_password_have_one_login_refused(
    rotating_pool: Pool, vault: Vault, pooler: Pooler, database: Database
) -> None:
    everyone_is_in = Barrier(3, timeout=5)

    def log_in(_: int) -> None:
        with rotating_pool.transaction():
            everyone_is_in.wait()

    with rotated(pooler, database), ThreadPoolExecutor(3) as threads:
        vault.current = NEXT
        before = pooler.logins()

        list(threads.map(log_in, range(3)))

        assert vault.read == 1
        assert pooler.logins() == before + 4


def test_a_password_that_stays_wrong_is_tried_at_most_twice(
    rotating_pool: Pool, vault: Vault, pooler: Pooler, database: Database
) -> None:
    with rotated(pooler, database):
        vault.current = "another-wrong-one"
        before = pooler.logins()

        for _ in range(6):
            with pytest.raises(errors.Unavailable) as unavailable:
                rotating_pool.fetch_one(ONE)
            assert unavailable.value.retry_after > 1

        assert pooler.logins() == before + 2


def test_a_secret_that_did_not_change_is_not_tried_again(
    rotating_pool: Pool, pooler: Pooler, database: Database
) -> None:
    with rotated(pooler, database):
        before = pooler.logins()

        for _ in range(6):
            with pytest.raises(errors.Unavailable):
                rotating_pool.fetch_one(ONE)

        assert pooler.logins() == before + 1


def test_while_logins_are_held_back_not_even_a_socket_is_opened(
    new_pool: NewPool, pooler: Pooler, proxy: Proxy
) -> None:
    pool = new_pool(pooler.conninfo(proxy.port).replace(pooler.password, "wrong"))
    with pytest.raises(errors.Unavailable):
        pool.fetch_one(ONE)
    attempts = proxy.connections

    for _ in range(5):
        with pytest.raises(errors.Unavailable):
            pool.fetch_one(ONE)

    assert proxy.connections == attempts


def test_a_refused_login_tells_no_password(new_pool: NewPool, pooler: Pooler) -> None:
    pool = new_pool(pooler.conninfo().replace(pooler.password, "wrong-but-secret"))

    with pytest.raises(errors.Unavailable) as unavailable:
        pool.fetch_one(ONE)

    assert "wrong-but-secret" not in str(unavailable.value)
    assert "wrong-but-secret" not in str(unavailable.value.__cause__)
