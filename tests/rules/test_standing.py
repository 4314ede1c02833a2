"""Every route says what a block and a suspension do to it."""

import pytest

from limelight.http import Pattern
from local.facts.endpoints import http_functions
from tests.integration.standing.table import KERNEL, TABLE, Row, at_once
from tests.integration.standing.trials import LET_IN

NAMES = {one.name for one in http_functions()}


def test_every_route_has_its_row() -> None:
    assert sorted(NAMES - TABLE.keys()) == [], (
        "add their rows to tests/integration/standing/table.py"
    )


def test_every_row_is_of_a_route() -> None:
    assert sorted(TABLE.keys() - NAMES) == []


@pytest.mark.parametrize("name", TABLE)
def test_a_row_says_whom_its_route_concerns_or_why_nobody(name: str) -> None:
    row: Row = TABLE[name]

    assert bool(row.concerns) != bool(row.why_nobody)
    for concern in row.concerns:
        assert (LET_IN in concern.verdicts) == bool(concern.why), concern
        assert concern.trial or "{streamId}" in _path(name)


def test_coins_and_rest_ask_the_database_and_not_the_kernel_alone() -> None:
    asked = {
        one.name for one in http_functions() if one.router.pattern in (Pattern.MONEY, Pattern.REST)
    }

    waiting = {name for name, verdict in at_once().items() if verdict == KERNEL}
    assert asked & waiting == {"auth/check_username", "auth/signup", "checkout/webhook"}


def _path(name: str) -> str:
    (path,) = (one.path for one in http_functions() if one.name == name)
    return path
