"""Every statement over the one-time tokens behind a mail's link (`search_path` is `auth`)."""

from uuid import UUID, uuid4

from psycopg import sql

from local.gateway.auth.database import Connection, Row

LINK_COLUMNS = {
    "confirmation_token": "confirmation_sent_at",
    "recovery_token": "recovery_sent_at",
    "email_change_token_new": "email_change_sent_at",
    "email_change_token_current": "email_change_sent_at",
}
"""Where a token is kept, and where the time it was sent."""


async def set_confirmation(connection: Connection, user_id: UUID, token_hash: str) -> None:
    await connection.execute(
        """
        update users
        set confirmation_token = %(hash)s, confirmation_sent_at = now(), updated_at = now()
        where id = %(id)s
        """,
        {"id": user_id, "hash": token_hash},
    )


async def set_recovery(connection: Connection, user_id: UUID, token_hash: str) -> None:
    await connection.execute(
        """
        update users
        set recovery_token = %(hash)s, recovery_sent_at = now(), updated_at = now()
        where id = %(id)s
        """,
        {"id": user_id, "hash": token_hash},
    )


async def clear_recovery(connection: Connection, user_id: UUID) -> None:
    await connection.execute(
        "update users set recovery_token = '', updated_at = now() where id = %(id)s",
        {"id": user_id},
    )


async def set_email_change(
    connection: Connection, user_id: UUID, new_email: str, new_hash: str, current_hash: str
) -> None:
    """`current_hash` is empty when the old address need not agree."""
    await connection.execute(
        """
        update users
        set
          email_change = %(email)s,
          email_change_token_new = %(new)s,
          email_change_token_current = %(current)s,
          email_change_confirm_status = 0,
          email_change_sent_at = now(),
          updated_at = now()
        where id = %(id)s
        """,
        {"id": user_id, "email": new_email, "new": new_hash, "current": current_hash},
    )


async def accept_one_email_change_link(
    connection: Connection, user_id: UUID, token_hash: str
) -> None:
    """One of the two addresses agreed."""
    await connection.execute(
        """
        update users
        set
          email_change_confirm_status = 1,
          email_change_token_new = case
            when email_change_token_new = %(hash)s then '' else email_change_token_new
          end,
          email_change_token_current = case
            when email_change_token_current = %(hash)s then '' else email_change_token_current
          end,
          updated_at = now()
        where id = %(id)s
        """,
        {"id": user_id, "hash": token_hash},
    )


async def finish_email_change(connection: Connection, user_id: UUID) -> None:
    """The new address becomes the account's, confirmed."""
    await connection.execute(
        """
        update users
        set
          email = email_change,
          email_change = '',
          email_change_token_new = '',
          email_change_token_current = '',
          email_change_confirm_status = 0,
          email_confirmed_at = coalesce(email_confirmed_at, now()),
          updated_at = now()
        where id = %(id)s
        """,
        {"id": user_id},
    )


async def user_by_link(
    connection: Connection, column: str, token_hash: str, max_age_seconds: int
) -> Row | None:
    """The account whose `column` holds this token, if it was sent recently enough.

    A token of the PKCE flow is kept with a prefix; a typed code finds it all the same.
    """
    sent_at = LINK_COLUMNS[column]
    cursor = await connection.execute(
        sql.SQL(
            """
            select *, coalesce(banned_until > now(), false) as is_banned
            from users
            where {column} = any(%(hashes)s)
              and {sent_at} > now() - make_interval(secs => %(max_age)s)
            """
        ).format(column=sql.Identifier(column), sent_at=sql.Identifier(sent_at)),
        {
            "hashes": [token_hash, f"pkce_{token_hash}"],
            "max_age": max_age_seconds,
        },
    )
    return await cursor.fetchone()


async def insert_flow(
    connection: Connection, user_id: UUID, challenge: str, challenge_method: str, method: str
) -> None:
    """What a client promised to prove (RFC 7636) when it asked for a link."""
    await connection.execute(
        """
        insert into flow_state (
          id, user_id, auth_code, code_challenge_method, code_challenge, provider_type,
          created_at, updated_at, authentication_method
        )
        values (
          %(id)s, %(user)s, %(code)s, %(challenge_method)s, %(challenge)s, 'email',
          now(), now(), %(method)s
        )
        """,
        {
            "id": uuid4(),
            "user": user_id,
            "code": str(uuid4()),
            "challenge_method": challenge_method,
            "challenge": challenge,
            "method": method,
        },
    )


async def issue_code(connection: Connection, user_id: UUID, method: str) -> str | None:
    """The code of the newest flow of this kind, from now on exchangeable."""
    cursor = await connection.execute(
        """
        update flow_state
        set auth_code_issued_at = now(), updated_at = now()
        where id = (
          select id
          from flow_state
          where user_id = %(user)s
            and authentication_method = %(method)s
          order by created_at desc
          limit 1
        )
        returning auth_code
        """,
        {"user": user_id, "method": method},
    )
    row = await cursor.fetchone()
    return str(row["auth_code"]) if row is not None else None


async def flow_by_code(connection: Connection, code: str) -> Row | None:
    """The flow of an issued code, with its age."""
    cursor = await connection.execute(
        """
        select
          *,
          extract(epoch from now() - auth_code_issued_at)::float8 as age_seconds
        from flow_state
        where auth_code = %(code)s
          and auth_code_issued_at is not null
        for update
        """,
        {"code": code},
    )
    return await cursor.fetchone()


async def delete_flow(connection: Connection, flow_id: UUID) -> None:
    await connection.execute("delete from flow_state where id = %(id)s", {"id": flow_id})
