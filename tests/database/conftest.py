"""A database as the migrations leave it, with a few people in it; tests leave it as it was."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.types.json import Json

from local.services.scratch import scratch_database

type Connection = psycopg.Connection[tuple[Any, ...]]

ANN = "11111111-1111-4111-8111-111111111111"
BEN = "22222222-2222-4222-8222-222222222222"
SAM = "33333333-3333-4333-8333-333333333333"
"""Suspended."""
CLEO = "44444444-4444-4444-8444-444444444444"
"""A creator with a live stream."""
ADA = "55555555-5555-4555-8555-555555555555"
"""An admin."""
STREAM = "66666666-6666-4666-8666-666666666666"
PREMIERE = "77777777-7777-4777-8777-777777777777"
"""Cleo's next stream, which needs a ticket."""
SHOW = "88888888-8888-4777-8777-777777777777"
"""A free show of the creator's."""

PEOPLE = {"ann": ANN, "ben": BEN, "sam": SAM, "cleo": CLEO, "ada": ADA}


@pytest.fixture(scope="session")
def direct_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with scratch_database(tmp_path_factory.mktemp("database")) as url:
        with psycopg.connect(url) as connection:
            settle_in(connection)
        yield url


@pytest.fixture
def database(direct_url: str) -> Iterator[Connection]:
    """The database's owner, in a transaction that is rolled back."""
    with psycopg.connect(direct_url) as connection:
        yield connection
        connection.rollback()


@pytest.fixture
def quiet(database: Connection) -> Connection:
    """Nobody is blocked, and nobody has a call."""
    database.execute("delete from blocked_users")
    for person in (ANN, BEN):
        database.execute("select private.cancel_open_calls(%s)", [person])
    return database


@contextmanager
def acting_as(connection: Connection, role: str, user_id: str | None = None) -> Iterator[None]:
    """The statements of the block run as PostgREST would run them for `role`, and are undone."""
    claims = {"role": role} | ({"sub": user_id} if user_id else {})
    with connection.transaction(force_rollback=True):
        connection.execute(
            "select set_config('request.jwt.claims', %s, true)", [json.dumps(claims)]
        )
        connection.execute(sql.SQL("set local role {}").format(sql.Identifier(role)))
        yield


def settle_in(connection: Connection) -> None:
    """Something of everything: the tables that a role may read are not empty."""
    for name, user_id in PEOPLE.items():
        connection.execute(
            "insert into auth.users (id, email, raw_user_meta_data) values (%s, %s, %s)",
            (user_id, f"{name}@example.com", Json({"username": f"{name}_here"})),
        )
    connection.execute("update users set role = 'admin' where id = %s", [ADA])
    connection.execute("update users set role = 'creator' where id = %s", [CLEO])
    for person in (ANN, BEN, SAM, CLEO):
        apply = "insert into creator_applications (user_id, display_name, bio, why_creator, "
        apply += "content_type) values (%s, 'A', 'b', 'c', 'music')"
        connection.execute(apply, [person])
        connection.execute(
            "insert into creator_settings (user_id) values (%s) on conflict do nothing", [person]
        )
        rename = "insert into username_changes (user_id, old_username, new_username) "
        connection.execute(rename + "values (%s, 'a', 'b')", [person])
        promo(connection, person, "first")
    connection.execute(
        """
        insert into streams (id, creator_id, title, category, status, started_at, host_seen_at)
        values (%s, %s, 'T', 'music', 'live', now(), now())
        """,
        [STREAM, CLEO],
    )
    connection.execute("insert into stream_stats (stream_id, is_live) values (%s, true)", [STREAM])
    connection.execute(
        """
        insert into streams
          (id, creator_id, title, category, privacy, ticket_price, status, scheduled_for)
        values (%s, %s, 'T', 'music', 'ticketed', 1, 'scheduled', now() + interval '1 day')
        """,
        [PREMIERE, CLEO],
    )
    connection.execute("select private.create_goal(%s, %s, 'T', 100, null)", [STREAM, CLEO])
    connection.execute(
        """
        insert into shows (id, creator_id, title, show_type, ticket_price, scheduled_start)
        values (%s, %s, 'T', 'qna', 0, now() + interval '1 day')
        """,
        [SHOW, CLEO],
    )
    connection.execute("select private.set_slow_mode(%s, %s, 5)", [STREAM, CLEO])
    connection.execute("select private.open_poll(%s, %s, 'Q', array['a', 'b'], 60)", [STREAM, CLEO])
    for person in (ANN, BEN, SAM):
        attend(connection, person)
        connection.execute("select private.join_stream(%s, %s)", [STREAM, person])
        connection.execute(
            """
            select ledger.gift(%s, %s, g.id, 1, %s, 'h', 'q')
            from virtual_gifts g
            where g.name = 'Rose'
            """,
            [person, STREAM, person],
        )
        connection.execute("select ledger.tip(%s, %s, 1, 'm', 'k', 'h', 'q')", [person, STREAM])
        connection.execute("select ledger.buy_ticket(%s, %s, 'k', 'h', 'q')", [person, PREMIERE])
        chat(connection, person)
        connection.execute("insert into stream_bans values (%s, %s)", [STREAM, person])
        promo(connection, person, "again")
        write_to(connection, person)
        trade(connection, person)
        talk(connection, person)
        connection.execute("insert into blocked_users values (%s, %s)", [CLEO, person])
        connection.execute("insert into follows values (%s, %s)", [person, ADA])
    connection.execute("insert into blocked_users values (%s, %s)", [ADA, CLEO])
    connection.execute("select private.take_rate('gift', %s)", [ANN])
    connection.execute("insert into private.rate_proofs (digest) values (sha256('a key'))")
    connection.execute("select private.write_message(%s, %s, 'text', 'Hi')", [ADA, BEN])
    connection.execute(
        "insert into message_requests (sender_id, recipient_id, content) values (%s, %s, 'Hi')",
        [CLEO, BEN],
    )
    connection.execute("insert into creator_stream_totals values (%s, 1, 60, 3, 3, 3, 3)", [CLEO])
    connection.execute("select private.rebuild_analytics()")
    connection.execute(
        "insert into creator_activity (creator_id, day, followers) values (%s, current_date, 1)",
        [CLEO],
    )
    connection.execute("select ledger.reconcile()")
    publish(connection)
    connection.execute("insert into ledger.fee_rates values ('gift', 0)")
    connection.execute(
        "update users set status = 'suspended', suspended_at = now() where id = %s", [SAM]
    )


def publish(connection: Connection) -> None:
    """A stream's figures as told, and topics that a publisher holds."""
    connection.execute("select private.tell_viewer_counts(1)")
    connection.execute("select private.claim_outbox(1, 1, '1 minute')")


def talk(connection: Connection, person: str) -> None:
    """Asks the creator for a call, who takes them at a coin a minute."""
    connection.execute(
        """
        update creator_settings
        set call_rate_per_minute = 1,
            minimum_call_duration = 1,
            is_available_for_calls = true
        where user_id = %s
        """,
        [CLEO],
    )
    connection.execute("select ledger.request_call(%s, %s, null, 'k', 'h', 'q')", [person, CLEO])


def promo(connection: Connection, person: str, key: str) -> None:
    connection.execute(
        "select ledger.adjust(%s, %s, 100, 'r', %s, 'h', 'q')", [ADA, person, f"{key} {person}"]
    )


def chat(connection: Connection, person: str) -> None:
    """A line, a vote and a timeout."""
    connection.execute("select private.say(%s, %s, 'hello')", [STREAM, person])
    connection.execute(
        """
        select private.vote(%s, %s, o.poll_id, o.id)
        from stream_poll_options o
        where o.position = 1
        """,
        [STREAM, person],
    )
    connection.execute("select private.time_out_viewer(%s, %s, %s, 5)", [STREAM, CLEO, person])


def attend(connection: Connection, person: str) -> None:
    """A ticket of the show, and a reminder."""
    connection.execute("select ledger.buy_show_ticket(%s, %s, 'k', 'h', 'q')", [person, SHOW])
    connection.execute("select private.remind_of_show(%s, %s)", [SHOW, person])


def write_to(connection: Connection, person: str) -> None:
    """A locked message that was paid for, a request, and a setting."""
    connection.execute(
        """
        select ledger.unlock_message(%(id)s, m.id, 'unlock', 'h', 'q')
        from private.write_message(%(cleo)s, %(id)s, 'locked', 'Hi', unlock_price => 1) m
        """,
        {"id": person, "cleo": CLEO},
    )
    connection.execute(
        "insert into message_requests (sender_id, recipient_id, content) values (%s, %s, 'Hi')",
        [person, ADA],
    )
    connection.execute("insert into message_settings (user_id) values (%s)", [person])


def trade(connection: Connection, person: str) -> None:
    """A hold, a payout, a disputed purchase and a debt."""
    connection.execute(
        "select ledger.authorise(%s, 1, 'call', 'call', gen_random_uuid(), '1 hour')", [person]
    )
    connection.execute("select ledger.request_payout(%s, 100, 'k', 'h', 'q')", [person])
    connection.execute(
        """
        select ledger.apply_checkout(
          'evt_1' || p.user_id, 't', p.id, 'cs' || p.user_id, 'pi' || p.user_id, p.price_cents,
          p.currency, 'paid', 'q'
        )
        from ledger.open_purchase(%s, '00000000-0000-4000-9000-000000000001', 'k', 'h') p
        """,
        [person],
    )
    connection.execute(
        "select ledger.apply_dispute('evt_2' || %(id)s, 't', %(id)s, 'pi' || %(id)s, 0, 0, 'q')",
        {"id": person},
    )
    connection.execute(
        """
        insert into ledger.debts (wallet_id, amount, reason, subject_id)
        select w.id, 1, 'refund', gen_random_uuid()
        from wallets w
        where w.user_id = %s
        """,
        [person],
    )
