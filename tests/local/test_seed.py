"""`make seed`: sound worlds, the same for the same seed, and never over anybody's data."""

import itertools
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import bcrypt
import psycopg
import pytest
from click.testing import CliRunner, Result
from psycopg.conninfo import make_conninfo

from local.gateway.bootstrap import bootstrap
from local.host.ports import Ports
from local.host.processes import Supervisor
from local.host.state import PROJECT, State
from local.seed import command, fill
from local.seed.areas import Check, filled_tables
from local.seed.fill import Figures
from local.seed.target import SeedError, connect, foreign_host, holds, landmarks
from local.seed.world import PASSWORD, PASSWORD_HASH, World
from local.services.migrate import migrate
from local.services.postgres import running_url, start_postgres

type Rows = list[tuple[Any, ...]]

WORLD = World(seed=7, scale=0.005, at=datetime(2026, 6, 1, 12, tzinfo=UTC))
SMALL = replace(WORLD, scale=0.001)
STRUCTURE = """
select 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated
from pg_constraint
where connamespace in ('public'::regnamespace, 'ledger'::regnamespace)
union all
select 'index', tablename, indexname, indexdef, true
from pg_indexes
where schemaname in ('public', 'ledger')
order by 1, 2, 3
"""
NEWEST = "select max(id) from public.{}"
IDS = "select id from public.{} order by id"
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> State:
    return State(root=tmp_path_factory.mktemp("seed"))


@pytest.fixture(scope="module")
def server_url(state: State) -> Iterator[str]:
    """The owner's URL of a server whose database `empty` has the migrations and nothing else."""
    with Supervisor(state) as supervisor:
        server = start_postgres(supervisor, state, Ports.free().postgres, durable=False)
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("create database empty")
        empty = make_conninfo(server.url, dbname="empty")
        bootstrap(empty)
        migrate(empty)
        yield server.url


@pytest.fixture
def fresh_url(server_url: str) -> str:
    return new_database(server_url)


def new_database(server_url: str) -> str:
    """The owner's URL of a new database as the migrations leave it."""
    name = f"world_{next(_numbers)}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"create database {name} template empty".encode())
    return make_conninfo(server_url, dbname=name)


@pytest.fixture(scope="module")
def made(server_url: str) -> tuple[str, Figures]:
    """The URL of a database with WORLD in it, and what was said of making it."""
    url = new_database(server_url)
    with connect(url) as connection:
        return url, fill.fill(connection, WORLD)


def ask(url: str, query: str) -> Rows:
    with psycopg.connect(url) as connection:
        return connection.execute(query.encode()).fetchall()


def contents(url: str) -> dict[str, tuple[int, str]]:
    """How many rows each table has, and a digest of them all."""
    digest = "select count(*), md5(string_agg(md5(t::text), '' order by md5(t::text))) from {} t"
    return {table: ask(url, digest.format(table))[0] for table in filled_tables()}


def run(*arguments: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(command.command, [*arguments], input=typed)


# The world


def test_every_invariant_of_the_ledger_holds(made: tuple[str, Figures]) -> None:
    assert ask(made[0], "select * from ledger.violations()") == []


def test_followers_are_counted_right(made: tuple[str, Figures]) -> None:
    wrong = """
    select user_id
    from public.profiles p
    where follower_count <> (select count(*) from public.follows where followee_id = p.user_id)
       or following_count <> (select count(*) from public.follows where follower_id = p.user_id)
    """
    assert ask(made[0], wrong) == []


def test_supporters_gave_what_their_gifts_and_tips_cost(made: tuple[str, Figures]) -> None:
    wrong = """
    select s.stream_id, s.user_id
    from public.stream_supporters s
    where s.coins <> (
      select sum(g.coins)
      from (
        select stream_id, sender_id, total_coins as coins from public.stream_gifts
        union all
        select stream_id, sender_id, amount from public.stream_tips
      ) g
      where g.stream_id = s.stream_id
        and g.sender_id = s.user_id
    )
    """
    assert ask(made[0], wrong) == []


def test_nobody_has_ever_spent_what_they_did_not_have(made: tuple[str, Figures]) -> None:
    overdrawn = """
    select wallet_id
    from (
      select e.wallet_id, sum(e.amount) over (partition by e.wallet_id order by e.id) as balance
      from public.entries e
      join public.wallets w on w.id = e.wallet_id
      where w.user_id is not null
    ) b
    where balance < 0
    """
    assert ask(made[0], overdrawn) == []


def test_nothing_happened_before_its_people_were_there(made: tuple[str, Figures]) -> None:
    too_early = """
    select 'viewer' from public.stream_viewers v join public.streams s on s.id = v.stream_id
    where v.joined_at < s.started_at
    union all
    select 'line' from public.stream_messages m join public.users u on u.id = m.user_id
    where m.created_at < u.created_at
    union all
    select 'stream' from public.streams s join public.users u on u.id = s.creator_id
    where s.created_at < u.created_at
    union all
    select 'entry' from public.entries e join public.wallets w on w.id = e.wallet_id
    where e.created_at < w.created_at and w.user_id is not null
    """
    assert ask(made[0], too_early) == []


def test_one_stream_and_one_creator_have_much_more_than_the_others(
    made: tuple[str, Figures],
) -> None:
    with connect(made[0]) as connection:
        places = landmarks(connection)
    lines = ask(
        made[0], "select stream_id, count(*) from stream_messages group by 1 order by 2 desc"
    )
    followed = ask(made[0], "select user_id, follower_count from profiles order by 2 desc")

    assert lines[0][0] == places["stream"]
    assert lines[0][1] > 5 * lines[1][1]
    assert followed[0][0] == places["creator"]
    assert followed[0][1] > WORLD.users / 4


def test_everybody_can_sign_in(made: tuple[str, Figures]) -> None:
    hashes = ask(made[0], "select distinct encrypted_password from auth.users")

    assert hashes == [(PASSWORD_HASH,)]
    assert bcrypt.checkpw(PASSWORD.encode(), PASSWORD_HASH.encode())


def test_indexes_and_constraints_are_as_they_were(
    made: tuple[str, Figures], server_url: str
) -> None:
    before = ask(make_conninfo(server_url, dbname="empty"), STRUCTURE)

    assert ask(made[0], STRUCTURE) == before


def test_numbers_go_on_after_the_worlds(made: tuple[str, Figures]) -> None:
    query = "select last_value from pg_sequences where schemaname = 'public' and sequencename = %s"
    with psycopg.connect(made[0]) as connection:
        for table in ("entries", "wallets", "audit_log", "outbox"):
            newest = connection.execute(NEWEST.format(table).encode()).fetchone()
            assert connection.execute(query, [f"{table}_id_seq"]).fetchone() == newest


def test_the_figures_are_the_rows(made: tuple[str, Figures]) -> None:
    url, figures = made

    counted = {table: rows for table, (rows, _) in contents(url).items()}

    assert figures.rows == counted
    assert figures.total == sum(counted.values())


# The same seed


def test_the_same_seed_makes_the_same_rows(made: tuple[str, Figures], fresh_url: str) -> None:
    with connect(fresh_url) as connection:
        fill.fill(connection, WORLD)

    assert contents(fresh_url) == contents(made[0])


def test_another_seed_makes_other_rows(made: tuple[str, Figures], fresh_url: str) -> None:
    with connect(fresh_url) as connection:
        fill.fill(connection, replace(WORLD, seed=8))

    theirs, ours = contents(fresh_url), contents(made[0])

    assert [table for table in ours if ours[table] == theirs[table]] == []


def test_a_world_of_another_time_has_the_same_ids(
    made: tuple[str, Figures], fresh_url: str
) -> None:
    with connect(fresh_url) as connection:
        fill.fill(connection, replace(WORLD, at=datetime(2027, 1, 1, tzinfo=UTC)))

    for table in ("users", "streams", "stream_gifts", "transfers", "purchases"):
        query = IDS.format(table)
        assert ask(fresh_url, query) == ask(made[0], query)


# What is there already


def test_a_database_with_the_same_world_is_left_alone(made: tuple[str, Figures]) -> None:
    before = contents(made[0])

    again = run("--dsn", made[0], "--seed", "7", "--scale", "0.005")

    assert again.exit_code == 0, again.output
    assert "holds seed 7, scale 0.005" in again.output
    assert contents(made[0]) == before


@pytest.mark.parametrize(
    "other",
    [
        ("--seed", "8", "--scale", "0.005"),
        ("--seed", "7", "--scale", "0.006"),
        ("--seed", "7", "--scale", "0.005", "--at", "2026-06-02"),
    ],
)
def test_a_database_with_another_world_is_refused(
    made: tuple[str, Figures], other: tuple[str, ...]
) -> None:
    refused = run("--dsn", made[0], *other)

    assert refused.exit_code == 1
    assert "another world already: seed 7, scale 0.005" in refused.output


def test_a_database_that_people_use_is_refused(fresh_url: str) -> None:
    account = """
    insert into auth.users (id, email)
    values (gen_random_uuid(), 'ann@example.com')
    returning id
    """
    ask(fresh_url, account)

    refused = run("--dsn", fresh_url)

    assert refused.exit_code == 1
    assert "accounts in this database already" in refused.output
    assert ask(fresh_url, "select count(*) from public.streams") == [(0,)]


def test_the_demo_of_make_run_is_no_obstacle(fresh_url: str) -> None:
    people = """
    insert into auth.users (id, email)
    values
      ('00000000-0000-4000-8000-00000000000a', 'demo_admin@example.com'),
      ('00000000-0000-4000-8000-00000000000b', 'demo_nova@example.com');
    select ledger.adjust(
      '00000000-0000-4000-8000-00000000000a', '00000000-0000-4000-8000-00000000000b', 500, 'r', 'k',
      'h', 'q'
    );
    """
    with psycopg.connect(fresh_url) as connection:
        connection.execute(people.encode())

    filled = run("--dsn", fresh_url, "--scale", "0.001")

    assert filled.exit_code == 0, filled.output
    balance = "select balance from public.balances where user_id::text like '%b' and balance = 500"
    assert ask(fresh_url, balance) == [(500,)]


def test_a_database_without_tables_says_how_to_make_them(server_url: str) -> None:
    refused = run("--dsn", server_url)

    assert refused.exit_code == 1
    assert "make migrate" in refused.output


def test_a_world_that_is_not_sound_is_not_made(
    fresh_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = ask(fresh_url, STRUCTURE)
    never = Check("nobody signs up", "select id from public.users")
    monkeypatch.setattr(fill, "checks", lambda: [never])

    with (
        connect(fresh_url) as connection,
        pytest.raises(SeedError, match="nobody signs up"),
    ):
        fill.fill(connection, SMALL)

    assert ask(fresh_url, "select count(*) from public.users") == [(0,)]
    assert ask(fresh_url, STRUCTURE) == before
    with connect(fresh_url) as connection:
        assert holds(connection) is None


def test_who_may_not_lift_the_triggers_is_told_so(fresh_url: str) -> None:
    with psycopg.connect(fresh_url, autocommit=True) as owner:
        owner.execute("create role visitor login password 'visitor'")
        owner.execute("grant usage on schema public to visitor")
        owner.execute("grant select on public.users to visitor")
    url = make_conninfo(fresh_url, user="visitor", password="visitor")

    refused = run("--dsn", url)

    assert refused.exit_code == 1
    assert "Only a superuser" in refused.output


# Where it may go


def test_a_server_on_this_machine_needs_no_word(fresh_url: str) -> None:
    with connect(fresh_url) as connection:
        assert foreign_host(connection) is None


@pytest.mark.parametrize(
    ("arguments", "typed", "told"),
    [
        ((), None, "db.example.com is not this machine: --force"),
        (("--force",), "db.example.org\n", "That is another name"),
    ],
)
def test_a_database_elsewhere_is_refused(
    fresh_url: str,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    typed: str | None,
    told: str,
) -> None:
    monkeypatch.setattr(command, "foreign_host", lambda _: "db.example.com")

    refused = run("--dsn", fresh_url, *arguments, typed=typed)

    assert refused.exit_code == 1
    assert told in refused.output
    assert ask(fresh_url, "select count(*) from public.users") == [(0,)]


def test_a_database_elsewhere_is_filled_by_who_types_its_name(
    fresh_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "foreign_host", lambda _: "db.example.com")

    filled = run("--dsn", fresh_url, "--scale", "0.001", "--force", typed="db.example.com\n")

    assert filled.exit_code == 0, filled.output
    assert ask(fresh_url, "select count(*) from public.users") == [(SMALL.users,)]


def test_the_running_stack_is_found(server_url: str, state: State) -> None:
    found = running_url(state)

    assert found is not None
    assert ask(found, "select 1") == [(1,)]
    assert found == server_url


def test_no_stack_runs_where_none_was_started(tmp_path_factory: pytest.TempPathFactory) -> None:
    assert running_url(State(root=tmp_path_factory.mktemp("nothing"))) is None


def test_the_command_says_what_it_made(fresh_url: str) -> None:
    environment = os.environ | {"DIRECT_DATABASE_URL": fresh_url, "COLUMNS": "100"}

    said = subprocess.run(
        [sys.executable, "-m", "local", "seed", "--scale", "0.001", "--seed", "3"],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    with connect(fresh_url) as connection:
        places = landmarks(connection)
    assert "✓ public.entries" in said
    assert "rows a second" in said
    assert "holds seed 3, scale 0.001" in said
    assert str(places["stream"]) in said
    assert PASSWORD in said
