"""Shows where no endpoint looks: that a broken book is found, and which way the lists are read."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import LiteralString

import psycopg
import pytest
from psycopg import errors, sql

from limelight.shows import queries
from tests.database.conftest import ANN, BEN, CLEO, SHOW, Connection, promo

PAID = "88888888-8888-4888-8888-888888888888"


@pytest.fixture
def paid(database: Connection) -> Connection:
    """Ann and Ben have tickets for a show at 30 coins, which has seats for three."""
    database.execute(
        """
        insert into shows
          (id, creator_id, title, show_type, ticket_price, max_tickets, scheduled_start)
        values
          (%s, %s, 'T', 'qna', 30, 3, now() + interval '1 day')
        """,
        [PAID, CLEO],
    )
    database.execute("delete from blocked_users where blocker_id = %s", [CLEO])
    for person in (ANN, BEN):
        promo(database, person, "for a ticket")
        database.execute("select ledger.buy_show_ticket(%s, %s, 'p', 'h', 'q')", [person, PAID])
    return database


def violations(connection: Connection) -> set[str]:
    rows = connection.execute("select invariant, subject from ledger.show_violations()")
    return {str(invariant) for invariant, _ in rows}


def test_sound_books_have_no_violation(paid: Connection) -> None:
    assert violations(paid) == set()


@pytest.mark.parametrize("way", ["cancel", "end"])
def test_sound_books_stay_so_when_the_show_is_over(paid: Connection, way: str) -> None:
    if way == "cancel":
        paid.execute("select ledger.call_off_show(%s, 'cancel', 'q')", [PAID])
    else:
        paid.execute("select private.start_show(%s, %s)", [PAID, CLEO])
        paid.execute("select ledger.wind_up_show(%s, 'end', 'q')", [PAID])

    assert violations(paid) == set()


ESCROW = "escrow of a show = its valid tickets until it is over"
NUMBERS = "tickets are numbered 1 to n"
SOLD = "sold = valid tickets"
RELEASED = "an ended show released what was paid, and no other did"
REFUNDED = "what was refunded = refunded tickets"
TICKET = "a ticket was paid by its holder, and refunded to them once"
STILL_VALID = "a cancelled show has no valid ticket"
EARNED = "a show's creator and the platform have what was released"

END: LiteralString = """
  update shows set status = 'live', started_at = now() where id = %(show)s;
  select ledger.wind_up_show(%(show)s, 'end', 'q');
"""
CANCEL: LiteralString = "select ledger.call_off_show(%(show)s, 'cancel', 'q');"

RELEASE: LiteralString = """
  select ledger.release_escrow(
    creator_id, 60, 'show_earnings', 'show', id, creator_id, 'k', 'q'
  )
  from shows
  where id = %(show)s;
"""
ELSEWHERE: LiteralString = """
  set local session_replication_role = replica;
  update shows set creator_id = '55555555-5555-4555-8555-555555555555' where id = %(show)s;
"""
REFUND_AGAIN: LiteralString = """
  select ledger.post(
    'escrow_refund', creator_id, 'again', 'show', id, 'q',
    array[
      row(ledger.wallet_of('11111111-1111-4111-8111-111111111111'), 'refund', 30, null),
      row(ledger.system_wallet('show_escrow'), 'refund', -30, null)
    ]::ledger.leg[]
  )
  from shows
  where id = %(show)s;
"""

BROKEN: dict[str, tuple[LiteralString, set[str]]] = {
    "a ticket that nobody paid": (
        """
        insert into show_tickets (show_id, user_id, number, price, transfer_id)
        select %(show)s, user_id, 3, 30, gen_transfer.id
        from wallets,
          lateral (
            select t.id
            from transfers t
            where t.operation = 'wallet_adjustment'
            limit 1
          ) gen_transfer
        where user_id = '55555555-5555-4555-8555-555555555555';
        update shows set issued = 3, sold = 3 where id = %(show)s;
        """,
        {ESCROW, TICKET},
    ),
    "a number twice over": (
        """
        update show_tickets set number = 7 where show_id = %(show)s and number = 2;
        """,
        {NUMBERS},
    ),
    "a counter that ran ahead": (
        "update shows set issued = 3 where id = %(show)s;",
        {NUMBERS},
    ),
    "a seat that is not counted": (
        "update shows set sold = 1 where id = %(show)s;",
        {SOLD},
    ),
    "an end without a release": (
        """
        update shows set status = 'live', started_at = now() where id = %(show)s;
        update shows set status = 'ended', ended_at = now() where id = %(show)s;
        """,
        {ESCROW, RELEASED},
    ),
    "a release before the end": (
        RELEASE,
        {ESCROW, RELEASED},
    ),
    "a second release": (
        END + RELEASE,
        {ESCROW, RELEASED},
    ),
    "a release to somebody else": (
        END + ELSEWHERE,
        {EARNED},
    ),
    "a cancellation without a refund": (
        """
        update shows
        set status = 'cancelled', cancelled_at = now(), cancel_reason = 'cancel', sold = 0
        where id = %(show)s;
        """,
        {ESCROW, SOLD, STILL_VALID},
    ),
    "a refund that mints coins": (
        CANCEL + REFUND_AGAIN,
        {ESCROW, REFUNDED},
    ),
    "a refund to somebody else": (
        """
        update show_tickets t
        set status = 'refunded', refunded_at = now(), refund_transfer_id = ledger.post(
          'escrow_refund', t.user_id, 'k', 'show', t.show_id, 'q',
          array[
            row(ledger.wallet_of('22222222-2222-4222-8222-222222222222'), 'refund', 30, null),
            row(ledger.system_wallet('show_escrow'), 'refund', -30, null)
          ]::ledger.leg[]
        )
        where show_id = %(show)s
          and number = 1;
        update shows set sold = 1 where id = %(show)s;
        """,
        {TICKET},
    ),
}


@pytest.mark.parametrize(("damage", "found"), BROKEN.values(), ids=BROKEN)
def test_damage_is_found_and_named(
    paid: Connection, damage: LiteralString, found: set[str]
) -> None:
    for statement in damage.split(";"):
        if statement.strip():
            paid.execute(statement, {"show": PAID})

    assert violations(paid) == found


# What the tables themselves refuse

TICKETS = sql.SQL("update show_tickets set {} where show_id = %s")


@pytest.mark.parametrize(
    "change",
    [
        "sold = 4",
        "sold = issued + 1",
        "max_tickets = 1",
        "max_tickets = 0",
        "ticket_price = -1",
        "ticket_price = 100001",
        "duration_minutes = 721",
        "cover_image_url = 'http://x'",
        "trailer_url = 'javascript:x'",
        "tags = array_fill('x'::text, array[21])",
        "tags = array[repeat('x', 31)]",
        "tags = array[null::text]",
        "title = ''",
        "title = repeat('x', 201)",
        "description = repeat('x', 2001)",
        "show_type = 'concert'",
        "started_at = now()",
        "ended_at = now()",
        "cancelled_at = now()",
        "cancel_reason = 'cancel'",
        "status = 'live'",
        "status = 'cancelled', cancelled_at = now(), cancel_reason = 'cancel'",
    ],
)
def test_a_show_against_the_rules_cannot_be_stored(paid: Connection, change: LiteralString) -> None:
    with pytest.raises(errors.CheckViolation):
        paid.execute(sql.SQL("update shows set {} where id = %s").format(sql.SQL(change)), [PAID])


@pytest.mark.parametrize(
    "change",
    [
        "price = 0",
        "price = -1",
        "number = 0",
        "status = 'refunded'",
        "status = 'refunded', refunded_at = now()",
        "refunded_at = now()",
        "transfer_id = null",
        "refund_transfer_id = transfer_id",
    ],
)
def test_a_ticket_against_the_rules_cannot_be_stored(
    paid: Connection, change: LiteralString
) -> None:
    with pytest.raises(errors.CheckViolation):
        paid.execute(TICKETS.format(sql.SQL(change)), [PAID])


@pytest.mark.parametrize("change", ["number = 1", f"user_id = '{ANN}'"], ids=["number", "holder"])
def test_no_number_and_no_holder_is_there_twice(paid: Connection, change: LiteralString) -> None:
    with pytest.raises(errors.UniqueViolation):
        paid.execute(TICKETS.format(sql.SQL(change)) + sql.SQL(" and number = 2"), [PAID])


@pytest.mark.parametrize("status", ["live", "ended", "cancelled"])
def test_no_show_begins_in_the_middle(database: Connection, status: str) -> None:
    with pytest.raises(errors.CheckViolation, match=f"from nothing to {status}"):
        database.execute(
            """
            insert into shows (creator_id, title, show_type, ticket_price, scheduled_start, status)
            values (%s, 'T', 'qna', 0, now(), %s)
            """,
            [CLEO, status],
        )


@pytest.mark.parametrize("statement", ["update shows set title = 'X'", "delete from shows"])
@pytest.mark.parametrize("way", ["cancel", "end"])
def test_not_even_the_owner_rewrites_a_show_that_is_over(
    paid: Connection, way: str, statement: LiteralString
) -> None:
    for step in (CANCEL if way == "cancel" else END).split(";"):
        if step.strip():
            paid.execute(step, {"show": PAID})

    with pytest.raises(errors.RestrictViolation):
        paid.execute(sql.SQL(statement) + sql.SQL(" where id = %s"), [PAID])


# Which way the lists are read


@pytest.fixture(scope="module")
def crowded(direct_url: str) -> Iterator[Connection]:
    """Twelve thousand shows of two hundred creators, with tickets, reminders and statistics."""
    with psycopg.connect(direct_url) as connection:
        connection.execute("alter table shows disable trigger user")
        connection.execute(
            """
            insert into auth.users (id, email, raw_user_meta_data)
            select
              gen_random_uuid(),
              n || '@example.com',
              jsonb_build_object('username', 'crowd' || n)
            from generate_series(1, 200) n
            """
        )
        connection.execute(
            """
            insert into shows (
              creator_id, title, show_type, ticket_price, scheduled_start, status, is_private,
              started_at, ended_at, created_at
            )
            select
              u.id, 'T',
              case when n % 100 = 0 then 'workshop' else 'qna' end,
              0, now() + n * interval '1 minute',
              case when n % 4 = 0 then 'scheduled' else 'ended' end,
              n % 16 = 0,
              case when n % 4 <> 0 then now() end,
              case when n % 4 <> 0 then now() end,
              now() + n * interval '1 second'
            from (select id, row_number() over () as r from users) u
            join generate_series(1, 12000) n on n % 205 + 1 = u.r
            """
        )
        connection.execute(
            """
            insert into show_tickets (show_id, user_id, number, price)
            select s.id, u.id, row_number() over (partition by s.id), 0
            from (select id from shows where status = 'ended' limit 20) s
            cross join users u
            """
        )
        connection.execute(
            """
            insert into show_reminders (show_id, user_id)
            select s.id, u.id
            from (select id from shows where status = 'scheduled') s
            cross join (select id from users limit 4) u
            on conflict do nothing
            """
        )
        connection.execute("analyze shows, show_tickets, show_reminders, users, profiles")
        yield connection
        connection.rollback()


@contextmanager
def plans(connection: Connection) -> Iterator[list[str]]:
    """The plans of the statements in the block, those inside functions as well."""
    seen: list[str] = []

    def hear(notice: psycopg.errors.Diagnostic) -> None:
        seen.append(str(notice.message_primary))

    connection.add_notice_handler(hear)
    connection.execute("load 'auto_explain'")
    connection.execute("set local auto_explain.log_min_duration = 0")
    connection.execute("set local auto_explain.log_nested_statements = on")
    connection.execute("set local auto_explain.log_analyze = on")
    connection.execute("set local client_min_messages = log")
    yield seen
    connection.execute("set local client_min_messages = warning")
    connection.remove_notice_handler(hear)


WITH_INDEX: dict[str, tuple[str, dict[str, object], str]] = {
    "upcoming": (queries.UPCOMING.sql, {}, "shows_open"),
    "upcoming, the next page": (
        queries.UPCOMING.sql,
        {"status": "scheduled", "scheduled_start": datetime.now(UTC), "id": SHOW},
        "shows_open",
    ),
    "upcoming of a type": (queries.UPCOMING.sql, {"show_type": "workshop"}, "shows_open_by_type"),
    "upcoming of a creator": (queries.UPCOMING.sql, {"creator_id": ANN}, "shows_open_by_creator"),
    "of a creator": (queries.OF_CREATOR.sql, {"creator_id": ANN}, "shows_creator"),
    "tickets of a fan": (queries.TICKETS_OF.sql, {"user_id": ANN}, "show_tickets_user"),
    "attendees": (
        queries.ATTENDEES.sql,
        {"show_id": SHOW, "caller_id": CLEO, "number": 2},
        "show_tickets_show_id_number_key",
    ),
    "overdue": (queries.OVERDUE.sql, {"batch": 100}, "shows_open"),
    "due reminders": (
        queries.CLAIM_REMINDERS.sql,
        {"batch": 25, "minutes_ahead": 15, "patience_seconds": 120},
        "shows_open",
    ),
}
ANYTHING = dict.fromkeys(
    ("status", "scheduled_start", "id", "show_type", "creator_id", "created_at", "user_id")
)
SCAN = re.compile(
    r"on (shows|show_tickets|show_reminders)\b.*?actual time=\S+ rows=([\d.]+) loops=(\d+)"
)
REMOVED = re.compile(r"Rows Removed by Filter: (\d+)")
PAGE = 21


@pytest.mark.parametrize(("query", "params", "index"), WITH_INDEX.values(), ids=WITH_INDEX)
def test_a_list_is_read_along_its_index_and_hardly_further_than_it_is_shown(
    crowded: Connection, query: str, params: dict[str, object], index: str
) -> None:
    with plans(crowded) as seen:
        crowded.execute(query.encode(), ANYTHING | {"limit": PAGE} | params)

    plan = [one for one in seen if re.search(rf"\b{index}\b", one)][-1]
    assert "Seq Scan on show" not in plan, plan
    assert rows_read(plan) <= 4 * PAGE, plan


def rows_read(plan: str) -> float:
    """How many rows of shows, tickets and reminders were looked at, shown or not."""
    read = 0.0
    for node in plan.split("->"):
        if scan := SCAN.search(node):
            removed = REMOVED.search(node)
            each = float(scan[2]) + (int(removed[1]) if removed else 0)
            read += each * int(scan[3])
    return read
