"""What Supabase Auth keeps of an account in a table that the local one does not have."""

from local.host.state import PROJECT
from tests.database.conftest import ADA, ANN, BEN, Connection

MIGRATION = PROJECT / "supabase" / "migrations" / "20260307000000_deleted_accounts.sql"

# As a hosted project has it.
ONE_TIME_TOKENS = """
create table auth.one_time_tokens (
  id uuid primary key,
  user_id uuid not null references auth.users on delete cascade,
  token_type text not null,
  token_hash text not null,
  relates_to text not null
)
"""


def test_a_token_that_names_a_deleted_accounts_address_goes_with_it(database: Connection) -> None:
    database.execute(ONE_TIME_TOKENS)
    for person in (ANN, BEN):
        database.execute(
            """
            insert into auth.one_time_tokens
            select gen_random_uuid(), id, 'recovery_token', md5(id::text), email
            from auth.users
            where id = %s
            """,
            [person],
        )

    database.execute("select public.desk_delete_user(%s, %s, 'a-request')", [ANN, ADA])

    left = database.execute("select user_id::text from auth.one_time_tokens").fetchall()
    assert left == [(BEN,)]


def test_whom_the_desk_deleted_before_is_read_by_auth_as_well(database: Connection) -> None:
    database.execute("update auth.users set banned_until = 'infinity' where id = %s", [ANN])

    database.execute(MIGRATION.read_bytes())

    until = database.execute("select banned_until from auth.users where id = %s", [ANN]).fetchone()
    assert until is not None
    assert until[0].year == 9999
