"""The first admin: nobody can make one through the API, so the database's owner does."""

import psycopg


def promote(direct_url: str, user_id: str) -> None:
    """Make this user an admin."""
    with psycopg.connect(direct_url, autocommit=True) as owner:
        owner.execute("update public.users set role = 'admin' where id = %s", [user_id])
