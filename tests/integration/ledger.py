"""The ledger as its owner sees it: what moved, and that nothing did."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID, uuid4

from psycopg import sql

from tests.integration.people import Owner, Person

GIFTS = {
    name: f"00000000-0000-4000-8000-{number:012}"
    for number, name in enumerate(
        ("Rose", "Heart", "Star", "Fire", "Diamond", "Rocket", "Crown", "Mansion"), start=1
    )
}
MONEY_TABLES = (
    "public.wallets",
    "public.transfers",
    "public.entries",
    "ledger.pending_credits",
    "ledger.idempotency_keys",
    "public.holds",
    "public.payouts",
    "public.purchases",
    "ledger.debts",
    "ledger.disputes",
    "ledger.stripe_events",
)
EFFECT_TABLES = (
    "public.calls",
    "public.stream_gifts",
    "public.stream_tips",
    "public.stream_tickets",
    "public.stream_messages",
    "public.stream_supporters",
    "public.stream_income",
    "public.stream_goals",
    "public.outbox",
    "public.audit_log",
    # Shows
    "public.shows",
    "public.show_tickets",
    "public.show_reminders",
)


def contents(owner: Owner) -> dict[str, object]:
    """Everything that money leaves a trace in."""
    return {table: _contents(owner, table) for table in (*MONEY_TABLES, *EFFECT_TABLES)}


def _contents(owner: Owner, table: str) -> object:
    schema, name = table.split(".")
    statement = sql.SQL(
        "select count(*), md5(string_agg(t::text, ',' order by t::text)) from {} t"
    ).format(sql.Identifier(schema, name))
    return owner.execute(statement).fetchone()


@contextmanager
def nothing_moves(owner: Owner) -> Iterator[None]:
    """The block leaves no trace in any table that money touches."""
    before = contents(owner)
    yield
    assert contents(owner) == before


def entries_of(owner: Owner, person: Person) -> list[tuple[str, int]]:
    """The type and amount of a person's entries, oldest first."""
    return [
        (str(kind), int(amount))
        for kind, amount in owner.execute(
            """
            select e.type, e.amount
            from public.entries e
            join public.wallets w on w.id = e.wallet_id
            where w.user_id = %s
            order by e.id
            """,
            (person.id,),
        )
    ]


def system_balance(owner: Owner, account: str) -> int:
    """What a system account holds: the sum of its entries."""
    row = owner.execute(
        """
        select coalesce(sum(e.amount), 0)
        from public.wallets w
        left join public.entries e on e.wallet_id = w.id
        where w.system_account = %s
        """,
        (account,),
    ).fetchone()
    assert row is not None
    return int(row[0])


def hold(owner: Owner, person: Person, amount: int) -> UUID:
    """Sets coins of a person aside, as a call would, for an hour; the hold's id."""
    row = owner.execute(
        "select ledger.authorise(%s, %s, 'call', 'call', %s, '1 hour')",
        (person.id, amount, uuid4()),
    ).fetchone()
    assert row is not None
    return UUID(str(row[0]))
