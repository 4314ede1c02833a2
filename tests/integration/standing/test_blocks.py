"""A block is enforced everywhere, in both directions: each route of the table that meets somebody.

What a block does to the routes of a stream is tried in `streams/test_access.py`.
"""

import pytest

from tests.integration.people import Person
from tests.integration.standing.table import Concern, tried
from tests.integration.standing.trials import LET_IN, Stage


def block(stage: Stage, blocker: Person, blocked: Person) -> None:
    """As the blocker does it themselves."""
    body = {"userId": str(blocked.id)}
    answer = stage.api.post("/api/messages/block", blocker.token, body)
    assert answer.status < 300, answer.text


@pytest.mark.parametrize("concern", tried())
def test_without_a_block_the_caller_comes_to_the_other(stage: Stage, concern: Concern) -> None:
    assert concern.trial is not None
    ask = concern.trial(stage)

    assert ask() == LET_IN


@pytest.mark.parametrize("concern", tried())
def test_whom_the_other_has_blocked_gets_what_the_table_says(
    stage: Stage, concern: Concern
) -> None:
    assert concern.trial is not None
    ask = concern.trial(stage)
    block(stage, stage.other, stage.caller)

    assert ask() == concern.blocked


@pytest.mark.parametrize("concern", tried())
def test_who_has_blocked_the_other_gets_what_the_table_says(stage: Stage, concern: Concern) -> None:
    assert concern.trial is not None
    ask = concern.trial(stage)
    block(stage, stage.caller, stage.other)

    assert ask() == concern.blocking
