"""`ledger.support_violations` finds what it is there to find."""

from typing import LiteralString

import pytest

from tests.database.conftest import Connection

BROKEN: dict[LiteralString, tuple[LiteralString, ...]] = {
    "what was paid is what was moved": (
        "update stream_tips set amount = amount + 1",
        "update stream_tickets set price = price + 1",
        "update stream_gifts set total_coins = total_coins + 1",
        "update stream_gifts set sender_id = (select id from users where role = 'creator')",
        "delete from stream_tickets",
    ),
    "host and platform have what was paid": (
        "update streams set creator_id = (select id from users where role = 'admin')",
    ),
    "a supporter's total = gifts and tips": (
        "update stream_supporters set coins = coins + 1",
        "update stream_supporters set gifts = gifts + 1",
        "delete from stream_supporters",
    ),
    "a stream's income = its supporters' totals": (
        "update stream_income set coins = coins + 1",
        "delete from stream_income",
    ),
    "a goal has no more than was given since": (
        "update stream_goals set given_before = given_before + 1000",
        "update stream_goals set progress = 7",
    ),
}


def found(database: Connection) -> set[str]:
    rows = database.execute("select invariant from ledger.support_violations()")
    return {str(invariant) for (invariant,) in rows}


def test_nothing_is_violated_by_what_the_product_does(database: Connection) -> None:
    assert found(database) == set()


@pytest.mark.parametrize(
    ("invariant", "damage"),
    [(invariant, damage) for invariant, damages in BROKEN.items() for damage in damages],
)
def test_damage_is_found(
    database: Connection, invariant: LiteralString, damage: LiteralString
) -> None:
    assert database.execute(damage).rowcount > 0

    assert invariant in found(database)
