"""Every table, every role, every verb: what is not written down here is denied."""

from dataclasses import dataclass, field
from typing import Final, Literal, LiteralString

import pytest
from psycopg import errors, sql

from tests.database.conftest import ADA, ANN, BEN, CLEO, SAM, Connection, acting_as

type Reads = Literal["all", "own", "none", "denied"]


@dataclass(frozen=True)
class Access:
    """What a role may do with a table. `none`: allowed to ask, shown nothing."""

    select: Reads = "denied"
    insert: bool = False
    update: frozenset[str] = field(default_factory=frozenset)
    delete: bool = False


ACTORS: Final = {
    "anon": ("anon", None),
    "fan": ("authenticated", ANN),
    "another fan": ("authenticated", BEN),
    "suspended": ("authenticated", SAM),
    "creator": ("authenticated", CLEO),
    "admin": ("authenticated", ADA),
    "service": ("service_role", None),
}
ACTIVE: Final = ("fan", "another fan", "creator", "admin")
SIGNED_IN: Final = (*ACTIVE, "suspended")

PROFILE_COLUMNS: Final = frozenset(
    (
        *("display_name", "bio", "avatar_url", "banner_url", "location", "website"),
        *("twitter_handle", "instagram_handle"),
    )
)
SETTINGS_COLUMNS: Final = frozenset(
    (
        *("call_rate_per_minute", "minimum_call_duration", "is_available_for_calls"),
        *("auto_accept_calls", "message_rate"),
    )
)
OWN = Access("own")
ALL = Access("all")
NONE = Access("none")


def to(*actors: str, may: Access) -> dict[str, Access]:
    return dict.fromkeys(actors, may)


EXPECTED: Final[dict[str, dict[str, Access]]] = {
    "public.users": to(*SIGNED_IN, may=OWN) | to("service", may=ALL),
    "public.profiles": to("anon", "service", may=ALL)
    | to(*SIGNED_IN, may=Access("all", update=PROFILE_COLUMNS)),
    "public.creator_settings": to(*ACTIVE, may=Access("own", update=SETTINGS_COLUMNS))
    | to("suspended", may=Access("none", update=SETTINGS_COLUMNS))
    | to("service", may=ALL),
    "public.follows": to("fan", "another fan", may=Access("own", insert=True, delete=True))
    | to("creator", "admin", may=Access("none", insert=True, delete=True))
    | to("suspended", may=Access("none", delete=True)),
    "public.blocked_users": to("creator", "admin", may=Access("own", insert=True, delete=True))
    | to("fan", "another fan", may=Access("none", insert=True, delete=True))
    | to("suspended", may=Access("none", delete=True)),
    "public.conversations": to(*ACTIVE, may=OWN) | to("suspended", may=NONE),
    "public.message_unlocks": to("fan", "another fan", may=OWN)
    | to("suspended", "creator", "admin", may=NONE),
    "public.message_requests": to(*ACTIVE, may=OWN) | to("suspended", may=NONE),
    "public.message_settings": to(
        "fan", "another fan", may=Access("own", insert=True, update=frozenset({"accepts"}))
    )
    | to("creator", "admin", may=Access("none", insert=True, update=frozenset({"accepts"})))
    | to("suspended", may=Access("none", update=frozenset({"accepts"}))),
    "public.blocked_profiles": to("creator", "admin", may=OWN)
    | to("fan", "another fan", "suspended", may=NONE),
    "public.creator_applications": to("fan", "another fan", may=Access("own", insert=True))
    | to("creator", may=OWN)
    | to("suspended", "admin", may=NONE)
    | to("service", may=ALL),
    "public.audit_log": to("service", may=ALL),
    "public.wallets": to(*ACTIVE, may=OWN) | to("suspended", may=NONE),
    "public.balances": to(*ACTIVE, may=OWN) | to("suspended", may=NONE),
    "public.entries": to("fan", "another fan", "creator", may=OWN)
    | to("suspended", "admin", may=NONE),
    "ledger.pending_credits": to("fan", "another fan", "creator", may=OWN)
    | to("suspended", "admin", may=NONE),
    "public.stream_tickets": to("fan", "another fan", may=OWN)
    | to("suspended", "creator", "admin", may=NONE),
    "public.stream_gifts": to("fan", "another fan", may=OWN)
    | to("suspended", "creator", "admin", may=NONE),
    "public.stream_tips": to("fan", "another fan", may=OWN)
    | to("suspended", "creator", "admin", may=NONE),
    "public.show_tickets": to("fan", "another fan", may=OWN)
    | to("suspended", "creator", "admin", may=NONE),
    "public.virtual_gifts": to("anon", *SIGNED_IN, may=ALL),
    "public.coin_packages": to("anon", *SIGNED_IN, may=ALL),
    "public.holds": to("fan", "another fan", may=OWN)
    | to("suspended", "creator", "admin", may=NONE),
    "public.payouts": to("fan", "another fan", may=OWN)
    | to("suspended", "creator", "admin", may=NONE),
    "public.purchases": to("fan", "another fan", may=OWN)
    | to("suspended", "creator", "admin", may=NONE),
    # Calls: everybody's are to the one creator.
    "public.calls": to("fan", "another fan", may=OWN)
    | to("creator", may=ALL)
    | to("suspended", "admin", may=NONE),
}


def tables(connection: Connection) -> list[tuple[str, str]]:
    found = connection.execute(
        """
        select n.nspname, c.relname
        from pg_class c
        join pg_namespace n on n.oid = c.relnamespace
        where n.nspname in ('public', 'private', 'ledger')
          and c.relkind in ('r', 'v', 'm', 'p')
        order by 1, 2
        """
    ).fetchall()
    return [(schema, table) for schema, table in found]


def access(connection: Connection, actor: str, table: sql.Identifier) -> Access:
    role, user_id = ACTORS[actor]
    total = connection.execute(sql.SQL("select count(*) from {}").format(table)).fetchone()
    columns = [
        column.name
        for column in connection.execute(
            sql.SQL("select * from {} limit 0").format(table)
        ).description
        or ()
    ]

    def may(statement: LiteralString, column: str = "") -> bool:
        text = sql.SQL(statement).format(table, sql.Identifier(column or "x"))
        return allowed(connection, role, user_id, text)

    return Access(
        select=reads(connection, role, user_id, table, total[0] if total else 0),
        insert=may("insert into {} default values"),
        update=frozenset(
            column for column in columns if may("update {} set {} = default where false", column)
        ),
        delete=may("delete from {} where false"),
    )


def allowed(
    connection: Connection, role: str, user_id: str | None, statement: sql.Composed
) -> bool:
    """Whether the role may run the statement at all; what it would touch is another question."""
    try:
        with acting_as(connection, role, user_id):
            connection.execute(statement)
    except (errors.InsufficientPrivilege, errors.ObjectNotInPrerequisiteState):
        return False  # without the right, or a view that nobody can write to
    except errors.IntegrityError:
        return True
    return True


def reads(
    connection: Connection, role: str, user_id: str | None, table: sql.Identifier, total: int
) -> Reads:
    assert total, f"{table.as_string()} is empty: nothing could be seen of it"
    try:
        with acting_as(connection, role, user_id):
            row = connection.execute(sql.SQL("select count(*) from {}").format(table)).fetchone()
    except errors.InsufficientPrivilege:
        return "denied"
    seen = row[0] if row else 0
    return "none" if seen == 0 else "all" if seen == total else "own"


@pytest.mark.parametrize("actor", ACTORS)
def test_a_role_may_do_what_is_written_down_and_nothing_else(
    database: Connection, actor: str
) -> None:
    found = {
        f"{schema}.{table}": access(database, actor, sql.Identifier(schema, table))
        for schema, table in tables(database)
    }

    expected = {table: EXPECTED.get(table, {}).get(actor, Access()) for table in found}
    assert {table: one for table, one in found.items() if one != expected[table]} == {}


@pytest.mark.parametrize(
    "table",
    [
        *("users", "wallets", "balances", "entries", "creator_applications", "stream_gifts"),
        *("holds", "payouts", "stream_tips", "calls", "show_tickets"),
    ],
)
def test_two_users_never_see_the_same_row(database: Connection, table: str) -> None:
    query = sql.SQL("select to_jsonb(t)::text from {} t").format(sql.Identifier("public", table))
    seen = []
    for person in (ANN, BEN):
        with acting_as(database, "authenticated", person):
            seen.append({row[0] for row in database.execute(query)})

    assert seen[0]
    assert seen[1]
    assert seen[0].isdisjoint(seen[1])


def test_a_user_changes_no_profile_but_their_own(database: Connection) -> None:
    with acting_as(database, "authenticated", ANN):
        changed = database.execute("update public.profiles set bio = 'mine'").rowcount

    assert changed == 1


def test_a_suspended_user_changes_nothing(database: Connection) -> None:
    with acting_as(database, "authenticated", SAM):
        assert database.execute("update public.profiles set bio = 'mine'").rowcount == 0
        with pytest.raises(errors.InsufficientPrivilege):
            database.execute(
                """
                insert into public.creator_applications
                  (display_name, bio, why_creator, content_type)
                values ('A', 'b', 'c', 'music')
                """
            )


@pytest.mark.parametrize("role", ["anon", "authenticated", "service_role", "limelight_backend"])
def test_no_role_writes_to_a_money_table_but_through_the_ledger(
    database: Connection, role: str
) -> None:
    writes = database.execute(
        """
        select c.oid::regclass::text, p.privilege
        from pg_class c
        cross join (values ('insert'), ('update'), ('delete'), ('truncate')) as p (privilege)
        where c.oid::regclass::text in (
            'wallets', 'transfers', 'entries', 'ledger.pending_credits', 'ledger.idempotency_keys',
            'ledger.fee_rates', 'stream_gifts', 'stream_tickets', 'stream_supporters',
            'holds', 'payouts', 'purchases', 'coin_packages', 'ledger.debts', 'ledger.disputes',
            'ledger.stripe_events', 'ledger.reconciliations', 'stream_tips', 'stream_income',
            'calls', 'shows', 'show_tickets'
          )
          and (
            has_table_privilege(%(role)s, c.oid, p.privilege)
            or (
              p.privilege in ('insert', 'update')
              and has_any_column_privilege(%(role)s, c.oid, p.privilege)
            )
          )
        """,
        {"role": role},
    ).fetchall()

    assert writes == []
