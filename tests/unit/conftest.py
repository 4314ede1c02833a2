"""Parts of the kernel by themselves: no database, and every server is a local one."""

import os
from collections.abc import Iterator

import pytest

from limelight.http import accounts, tokens
from limelight.http.windows import windows
from limelight.platform.settings import kernel_settings

os.environ.setdefault("SUPABASE_URL", "http://127.0.0.1:54321")


@pytest.fixture(autouse=True)
def new_sandbox() -> Iterator[None]:
    """Every test begins and ends without keys, settings or accounts of another."""
    _forget()
    yield
    _forget()


def _forget() -> None:
    tokens.forget_keys()
    kernel_settings.cache_clear()
    accounts.cache.clear()
    windows.clear()
