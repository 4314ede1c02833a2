"""`ledger.message_violations` finds what it is there to find."""

from typing import LiteralString

import pytest

from tests.database.conftest import Connection

BROKEN: dict[LiteralString, tuple[LiteralString, ...]] = {
    "what was paid for messages is what was moved": (
        "update message_unlocks set price = price + 1",
        "update message_unlocks set user_id = (select id from users where role = 'admin')",
        "delete from message_unlocks",
        "update messages set tip_amount = tip_amount + 1 where kind = 'tip'",
        "delete from messages where kind = 'tip'",
    ),
    "a message's payee and the platform have what was paid": (
        """
        update messages
        set sender_id = (select id from users where role = 'admin')
        where kind = 'locked'
        """,
        """
        update conversations c
        set first_id = least(m.sender_id, u.id),
            second_id = greatest(m.sender_id, u.id)
        from messages m, users u
        where m.conversation_id = c.id
          and m.kind = 'tip'
          and u.role = 'admin'
        """,
    ),
}


@pytest.fixture
def paid(database: Connection) -> Connection:
    """Somebody who has unlocked a message thanks for it as well."""
    database.execute("delete from blocked_users")
    database.execute(
        """
        select ledger.tip_party(k.user_id, m.conversation_id, 1, 'Thanks', 'tip', 'h', 'q')
        from message_unlocks k
        join messages m on m.id = k.message_id
        limit 1
        """
    )
    return database


def found(database: Connection) -> set[str]:
    rows = database.execute("select invariant from ledger.message_violations()")
    return {str(invariant) for (invariant,) in rows}


def test_nothing_is_violated_by_what_the_product_does(paid: Connection) -> None:
    assert found(paid) == set()


@pytest.mark.parametrize(
    ("invariant", "damage"),
    [(invariant, damage) for invariant, damages in BROKEN.items() for damage in damages],
)
def test_damage_is_found(paid: Connection, invariant: LiteralString, damage: LiteralString) -> None:
    assert paid.execute(damage).rowcount > 0

    assert invariant in found(paid)
