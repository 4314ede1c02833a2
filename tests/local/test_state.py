import stat
from pathlib import Path

import pytest

from local.host.state import AlreadyRunningError, State, StateLock, owner_of


def test_a_password_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    state = State(root=tmp_path)

    first = state.password("limelight_backend")

    assert state.password("limelight_backend") == first
    assert state.password("authenticator") != first
    assert stat.S_IMODE(state.passwords.stat().st_mode) == 0o600


def test_a_second_stack_on_the_same_state_is_told_who_runs_the_first(tmp_path: Path) -> None:
    state = State(root=tmp_path)

    with StateLock(state, "make run"):
        with (
            pytest.raises(AlreadyRunningError, match=r"make run \(pid \d+\)"),
            StateLock(state, "make dev"),
        ):
            pytest.fail("two stacks on one state")
        assert "make run" in (owner_of(state) or "")

    assert owner_of(state) is None
