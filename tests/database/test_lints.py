"""The schema has none of the mistakes that lints.py looks for, and each of them would be found."""

from typing import Final, LiteralString

import pytest

from tests.database.conftest import Connection
from tests.database.lints import LINTS

TABLE: Final = """
create table public.planted (
  id uuid primary key,
  owner_id uuid,
  other_id uuid,
  is_open boolean
);
alter table public.planted enable row level security;
"""
READABLE: Final[LiteralString] = TABLE + "grant select on public.planted to authenticated;"
FUNCTION: Final = """
create function private.planted() returns integer
language sql security definer set search_path = ''
as 'select 1';
"""
OWN: Final[LiteralString] = """
create policy own on public.planted for select to authenticated
using (owner_id = (select auth.uid()));
"""

_DEFINER: Final = "a function with its owner's rights that nobody meant for clients"
_OWNER: Final = "a function or table of another owner"
_BARE: Final = "a policy that asks for every row who is calling"
_ANYTHING: Final = "a policy that lets clients write whatever they like"
_CHECK: Final = "a policy of updates that does not say what a row may become"
_METADATA: Final = "a decision by metadata that users edit"
_COVER: Final = "a relation that row-level security cannot cover"
_GRANT: Final = "a grant that no policy lives up to"
_POLICY: Final = "a policy without the grant"
_INDEX: Final = "a policy's id without an index"
_EVERYBODYS: Final = "a policy that reads everybody's rows"
_KEY: Final = "a foreign key without an index"


def policy(verb: LiteralString, rule: LiteralString) -> LiteralString:
    return READABLE + f"create policy own on public.planted for {verb} to authenticated {rule};"


MISTAKES: Final[list[tuple[str, LiteralString, str]]] = [
    ("a table without row-level security", "create table private.planted ()", "private.planted"),
    (
        "a table without row-level security",
        "alter table public.users disable row level security",
        "users",
    ),
    (
        "a function that searches a path",
        "alter function private.is_active() reset search_path",
        "private.is_active()",
    ),
    (
        "a function that searches a path",
        "alter function private.is_active() set search_path = public",
        "private.is_active()",
    ),
    (
        _DEFINER,
        FUNCTION + "grant execute on function private.planted() to anon",
        "anon private.planted",
    ),
    (
        _DEFINER,
        FUNCTION + "grant execute on function private.planted() to public",
        "authenticated private.planted",
    ),
    (_DEFINER, "grant execute on all functions in schema ledger to anon", "anon ledger.gift"),
    (
        _OWNER,
        "alter function private.is_active() owner to limelight_backend",
        "private.is_active()",
    ),
    (_OWNER, "alter table public.users owner to service_role", "users"),
    (_BARE, policy("select", "using (owner_id = auth.uid())"), "public.planted own"),
    (_BARE, policy("select", "using (auth.role() = 'authenticated')"), "public.planted own"),
    (
        _BARE,
        policy("select", "using ((auth.jwt() ->> 'role') = 'authenticated')"),
        "public.planted own",
    ),
    (
        _BARE,
        policy("select", "using (current_setting('request.jwt.claim.sub') = owner_id::text)"),
        "public.planted own",
    ),
    (_BARE, policy("insert", "with check (private.is_active())"), "public.planted own"),
    (
        _BARE,
        policy(
            "select",
            "using (owner_id in (select u.id from public.users u where u.id = auth.uid()))",
        ),
        "public.planted own",
    ),
    (
        "a policy for everybody",
        TABLE + "create policy own on public.planted for select using (is_open)",
        "public.planted own",
    ),
    (_ANYTHING, policy("insert", "with check (true)"), "public.planted own"),
    (_ANYTHING, policy("delete", "using (true)"), "public.planted own"),
    (
        _ANYTHING,
        policy("update", "using (owner_id = (select auth.uid())) with check (true)"),
        "public.planted own",
    ),
    (_CHECK, policy("update", "using (owner_id = (select auth.uid()))"), "public.planted own"),
    (_CHECK, policy("all", "using (owner_id = (select auth.uid()))"), "public.planted own"),
    (
        _METADATA,
        policy("select", "using ((select auth.jwt() -> 'user_metadata' ->> 'role') = 'admin')"),
        "public.planted own",
    ),
    (
        _METADATA,
        """
        create function private.planted() returns boolean
        language sql set search_path = ''
        as $$
          select raw_user_meta_data ->> 'role' = 'admin' from auth.users where id = auth.uid()
        $$
        """,
        "private.planted",
    ),
    (
        _METADATA,
        """
        create view private.planted with (security_invoker = true) as
        select id, raw_user_meta_data ->> 'role' as role from auth.users
        """,
        "private.planted",
    ),
    (
        "a view with its owner's rights",
        "create view private.planted as select id from public.users",
        "private.planted",
    ),
    (
        "a view with its owner's rights",
        "alter view public.balances set (security_invoker = false)",
        "balances",
    ),
    (_COVER, "create materialized view public.planted as select 1 as one", "planted"),
    (
        _COVER,
        """
        create materialized view private.planted as select 1 as one;
        grant select (one) on private.planted to authenticated
        """,
        "private.planted",
    ),
    (_GRANT, READABLE, "authenticated select planted"),
    (
        _GRANT,
        READABLE + OWN + "grant update (is_open) on public.planted to authenticated",
        "authenticated update planted",
    ),
    (_GRANT, "grant delete on public.profiles to anon", "anon delete profiles"),
    (
        _GRANT,
        TABLE + "grant insert on public.planted to limelight_backend",
        "limelight_backend insert planted",
    ),
    (
        _GRANT,
        READABLE
        + """
        create policy own on public.planted as restrictive for select to authenticated
        using (is_open)
        """,
        "authenticated select planted",
    ),
    (_POLICY, TABLE + OWN, "authenticated select planted own"),
    (
        _POLICY,
        policy("all", "using (is_open) with check (is_open)"),
        "authenticated delete planted own",
    ),
    (
        _POLICY,
        """
        revoke update (
          display_name, bio, avatar_url, banner_url, location, website, twitter_handle,
          instagram_handle
        ) on public.profiles from authenticated
        """,
        "authenticated update profiles profiles_update_own",
    ),
    (_INDEX, READABLE + OWN, "own planted.owner_id"),
    (
        _INDEX,
        READABLE + OWN + "create index on public.planted (other_id, owner_id)",
        "own planted.owner_id",
    ),
    (
        _INDEX,
        READABLE + OWN + "create index on public.planted (owner_id) where is_open",
        "own planted.owner_id",
    ),
    (_INDEX, "drop index public.calls_fan", "calls_read_own calls.fan_id"),
    (_EVERYBODYS, READABLE + OWN, "public.planted own"),
    (
        _EVERYBODYS,
        """
        alter policy entries_read_own on public.entries using (
          wallet_id in (select w.id from public.wallets w where w.user_id = (select auth.uid()))
        )
        """,
        "public.entries entries_read_own",
    ),
    (
        _EVERYBODYS,
        """
        alter policy conversations_read_own on public.conversations
        using ((select auth.uid()) = any (array[first_id, second_id]))
        """,
        "public.conversations conversations_read_own",
    ),
    (
        _EVERYBODYS,
        """
        alter policy follows_remove_own on public.follows
        using (coalesce(follower_id, followee_id) = (select auth.uid()));
        alter policy follows_read_own on public.follows using (true)
        """,
        "public.follows follows_remove_own",
    ),
    (
        _KEY,
        "alter table public.profiles add column planted uuid references public.users (id)",
        "profiles profiles_planted_fkey",
    ),
    (
        _KEY,
        "drop index public.blocked_users_blocked",
        "blocked_users blocked_users_blocked_id_fkey",
    ),
]
"""The lint, what makes the mistake, and what the lint then says."""


@pytest.mark.parametrize("lint", LINTS)
def test_the_schema_has_no_such_mistake(database: Connection, lint: str) -> None:
    assert LINTS[lint](database) == []


@pytest.mark.parametrize(("lint", "mistake", "found"), MISTAKES)
def test_a_planted_mistake_is_found(
    database: Connection, lint: str, mistake: LiteralString, found: str
) -> None:
    database.execute(mistake)

    assert found in LINTS[lint](database)


def test_every_lint_is_seen_to_find_something() -> None:
    assert {lint for lint, _, _ in MISTAKES} == LINTS.keys()
