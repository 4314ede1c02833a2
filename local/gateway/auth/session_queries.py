"""Every statement over sessions and refresh tokens (`search_path` is `auth`)."""

from uuid import UUID, uuid4

from local.gateway.auth.database import Connection, Row


async def insert_session(
    connection: Connection, user_id: UUID, method: str, user_agent: str | None, ip: str | None
) -> UUID:
    """A session of `user_id`, opened by `method` (`password`, `otp`)."""
    session_id = uuid4()
    await connection.execute(
        """
        insert into sessions (id, user_id, created_at, updated_at, aal, user_agent, ip)
        values (%(id)s, %(user)s, now(), now(), 'aal1', %(agent)s, %(ip)s)
        """,
        {"id": session_id, "user": user_id, "agent": user_agent, "ip": ip},
    )
    await connection.execute(
        """
        insert into mfa_amr_claims (
          id, session_id, created_at, updated_at, authentication_method
        )
        values (%(id)s, %(session)s, now(), now(), %(method)s)
        """,
        {"id": uuid4(), "session": session_id, "method": method},
    )
    return session_id


async def record_sign_in(connection: Connection, user_id: UUID) -> None:
    await connection.execute(
        "update users set last_sign_in_at = now(), updated_at = now() where id = %(id)s",
        {"id": user_id},
    )


async def session_exists(connection: Connection, session_id: UUID) -> bool:
    cursor = await connection.execute("select from sessions where id = %(id)s", {"id": session_id})
    return await cursor.fetchone() is not None


async def lock_session(connection: Connection, session_id: UUID) -> bool:
    """Two refreshes of one session wait for each other."""
    cursor = await connection.execute(
        "select from sessions where id = %(id)s for update", {"id": session_id}
    )
    return await cursor.fetchone() is not None


async def touch_session(connection: Connection, session_id: UUID) -> None:
    await connection.execute(
        """
        update sessions
        set refreshed_at = now() at time zone 'utc', updated_at = now()
        where id = %(id)s
        """,
        {"id": session_id},
    )


async def authentication_methods(connection: Connection, session_id: UUID) -> list[Row]:
    cursor = await connection.execute(
        """
        select
          authentication_method as method,
          extract(epoch from updated_at)::bigint as timestamp
        from mfa_amr_claims
        where session_id = %(session)s
        order by updated_at desc
        """,
        {"session": session_id},
    )
    return await cursor.fetchall()


async def insert_refresh_token(
    connection: Connection, token: str, user_id: UUID, session_id: UUID, parent: str | None
) -> None:
    await connection.execute(
        """
        insert into refresh_tokens (
          instance_id, token, user_id, revoked, created_at, updated_at, parent, session_id
        )
        values (
          '00000000-0000-0000-0000-000000000000', %(token)s, %(user)s::text, false,
          now(), now(), %(parent)s, %(session)s
        )
        """,
        {"token": token, "user": user_id, "parent": parent, "session": session_id},
    )


async def refresh_token(connection: Connection, token: str) -> Row | None:
    """The token's row, with how long ago it was last written."""
    cursor = await connection.execute(
        """
        select
          *,
          user_id::uuid as owner_id,
          extract(epoch from clock_timestamp() - updated_at)::float8 as age_seconds
        from refresh_tokens
        where token = %(token)s
        """,
        {"token": token},
    )
    return await cursor.fetchone()


async def active_refresh_token(connection: Connection, session_id: UUID) -> Row | None:
    cursor = await connection.execute(
        """
        select *
        from refresh_tokens
        where session_id = %(session)s
          and not revoked
        order by id desc
        limit 1
        """,
        {"session": session_id},
    )
    return await cursor.fetchone()


async def revoke_refresh_token(connection: Connection, token_id: int) -> None:
    await connection.execute(
        """
        update refresh_tokens
        set revoked = true, updated_at = clock_timestamp()
        where id = %(id)s
          and not revoked
        """,
        {"id": token_id},
    )


async def revoke_family(connection: Connection, session_id: UUID) -> None:
    await connection.execute(
        """
        update refresh_tokens
        set revoked = true, updated_at = clock_timestamp()
        where session_id = %(session)s
          and not revoked
        """,
        {"session": session_id},
    )


async def delete_sessions(
    connection: Connection,
    user_id: UUID,
    *,
    only: UUID | None = None,
    keep: UUID | None = None,
) -> None:
    """End a user's sessions: all, `only` one, or all but the one to `keep`."""
    await connection.execute(
        """
        delete from sessions
        where user_id = %(user)s
          and (%(only)s::uuid is null or id = %(only)s)
          and (%(keep)s::uuid is null or id <> %(keep)s)
        """,
        {"user": user_id, "only": only, "keep": keep},
    )
