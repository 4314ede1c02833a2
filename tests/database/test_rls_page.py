"""docs/rls.md says what the database grants, and would say so of a mistake."""

import os
from typing import LiteralString

import pytest

from local.documents.rls import DOCUMENT, document_text
from local.services.postgres import BIN_VARIABLE
from tests.database.conftest import Connection


@pytest.mark.skipif(
    BIN_VARIABLE in os.environ, reason="the page is in the words of the bundled PostgreSQL"
)
def test_the_page_is_up_to_date(database: Connection) -> None:
    assert DOCUMENT.read_text() == document_text(database), "run `make docs`: rls.md has changed"


def test_the_page_is_the_same_each_time_and_leaves_the_session_as_it_was(
    database: Connection,
) -> None:
    before = database.execute("show search_path").fetchone()

    assert document_text(database) == document_text(database)
    assert database.execute("show search_path").fetchone() == before


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (
            "grant delete on public.profiles to anon",
            "| `anon` | delete | NONE: there is no policy |",
        ),
        (
            "grant select (email, id) on public.users to anon",
            "| `anon` | select `id`, `email` | NONE: there is no policy |",
        ),
        (
            "grant truncate on public.profiles to authenticated",
            "| `authenticated` | truncate | every row (policies do not hold it) |",
        ),
        (
            "alter policy users_read_own on public.users using (email like '%|%' or id is null)",
            r"`(email ~~ '%\|%'::text) or (id is null)` (users_read_own)",
        ),
        (
            """
            create policy open on public.follows as restrictive for insert to anon
            with check (true);
            grant insert on public.follows to anon
            """,
            "| `anon` | insert | any new row (open, restrictive) |",
        ),
        ("alter table public.users disable row level security", "Row-level security is off."),
        (
            "alter view public.balances set (security_invoker = false)",
            "`public.wallets` with ITS OWNER'S RIGHTS.",
        ),
        (
            """
            create table private.planted ();
            alter table private.planted enable row level security
            """,
            "| Elsewhere | `private.planted` |",
        ),
        (
            "create policy limelight_say on realtime.messages for insert to anon with check (true)",
            "| `anon` | insert | any new row (limelight_say) |",
        ),
        (
            """
            create function public.planted() returns integer
            language sql security definer set search_path = ''
            as 'select 1';
            grant execute on function public.planted() to anon
            """,
            "| `anon` | `public.check_username`, `public.planted`,",
        ),
    ],
)
def test_a_right_that_changes_changes_the_page(
    database: Connection, change: LiteralString, line: str
) -> None:
    assert line not in document_text(database)

    database.execute(change)

    assert line in document_text(database)
