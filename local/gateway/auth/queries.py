"""Every statement that Auth runs over its tables (`search_path` is `auth`)."""

from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from local.gateway.auth.database import Connection, Row

NO_INSTANCE = UUID(int=0)
"""Supabase Auth's `instance_id`: one project is one instance, always zero."""


async def _one(connection: Connection, query: str, **values: Any) -> Row | None:
    cursor = await connection.execute(query.encode(), values)
    return await cursor.fetchone()


async def _all(connection: Connection, query: str, **values: Any) -> list[Row]:
    cursor = await connection.execute(query.encode(), values)
    return await cursor.fetchall()


async def _run(connection: Connection, query: str, **values: Any) -> None:
    await connection.execute(query.encode(), values)


# --- users -------------------------------------------------------------------------------------


async def user_by_id(connection: Connection, user_id: UUID) -> Row | None:
    return await _one(
        connection,
        """
        select *, coalesce(banned_until > now(), false) as is_banned
        from users
        where id = %(id)s
        """,
        id=user_id,
    )


async def known_user(connection: Connection, user_id: UUID) -> Row:
    """A user that this transaction has found or written already."""
    user = await user_by_id(connection, user_id)
    if user is None:
        raise LookupError(f"user {user_id} is gone")
    return user


async def user_by_email(connection: Connection, email: str) -> Row | None:
    return await _one(
        connection,
        """
        select *, coalesce(banned_until > now(), false) as is_banned
        from users
        where lower(email) = %(email)s
          and instance_id = %(instance)s
          and aud = 'authenticated'
          and not is_sso_user
        """,
        email=email.lower(),
        instance=NO_INSTANCE,
    )


async def email_is_taken(connection: Connection, email: str, by_other_than: UUID) -> bool:
    row = await _one(
        connection,
        """
        select
        from users
        where lower(email) = %(email)s
          and id <> %(self)s
          and aud = 'authenticated'
        union all
        select
        from identities
        where email = %(email)s
          and user_id <> %(self)s
        """,
        email=email.lower(),
        self=by_other_than,
    )
    return row is not None


async def insert_user(
    connection: Connection,
    *,
    user_id: UUID,
    email: str,
    password_hash: str,
    app_metadata: dict[str, Any],
    user_metadata: dict[str, Any],
) -> None:
    """The row as Supabase Auth first writes it: without a role, unconfirmed, with nothing but
    the caller's own metadata. Triggers on insert see this."""
    await _run(
        connection,
        """
        insert into users (
          instance_id, id, aud, role, email, encrypted_password,
          confirmation_token, recovery_token, email_change_token_new, email_change,
          raw_app_meta_data, raw_user_meta_data, created_at, updated_at
        )
        values (
          %(instance)s, %(id)s, 'authenticated', '', %(email)s, %(password)s,
          '', '', '', '',
          %(app)s, %(data)s, now(), now()
        )
        """,
        instance=NO_INSTANCE,
        id=user_id,
        email=email,
        password=password_hash,
        app=Jsonb(app_metadata),
        data=Jsonb(user_metadata),
    )


async def set_role(connection: Connection, user_id: UUID, role: str) -> None:
    await _run(
        connection,
        "update users set role = %(role)s, updated_at = now() where id = %(id)s",
        id=user_id,
        role=role,
    )


async def set_email(connection: Connection, user_id: UUID, email: str) -> None:
    await _run(
        connection,
        "update users set email = %(email)s, updated_at = now() where id = %(id)s",
        id=user_id,
        email=email,
    )


async def merge_user_metadata(
    connection: Connection, user_id: UUID, changes: dict[str, Any]
) -> None:
    """Keys given are set, keys given as null are removed, the others stay."""
    await _run(
        connection,
        """
        update users
        set
          raw_user_meta_data =
            (coalesce(raw_user_meta_data, '{}') || %(set)s) - %(removed)s::text[],
          updated_at = now()
        where id = %(id)s
        """,
        id=user_id,
        set=Jsonb({key: value for key, value in changes.items() if value is not None}),
        removed=[key for key, value in changes.items() if value is None],
    )


async def merge_app_metadata(
    connection: Connection, user_id: UUID, changes: dict[str, Any]
) -> None:
    """As `merge_user_metadata`, for what only a server may write."""
    await _run(
        connection,
        """
        update users
        set
          raw_app_meta_data =
            (coalesce(raw_app_meta_data, '{}') || %(set)s) - %(removed)s::text[],
          updated_at = now()
        where id = %(id)s
        """,
        id=user_id,
        set=Jsonb({key: value for key, value in changes.items() if value is not None}),
        removed=[key for key, value in changes.items() if value is None],
    )


async def confirm_email(connection: Connection, user_id: UUID) -> None:
    await _run(
        connection,
        """
        update users
        set
          confirmation_token = '',
          email_confirmed_at = now(),
          raw_user_meta_data =
            coalesce(raw_user_meta_data, '{}') || '{"email_verified": true}',
          updated_at = now()
        where id = %(id)s
        """,
        id=user_id,
    )


async def set_password(connection: Connection, user_id: UUID, password_hash: str) -> None:
    """A new password, which ends every link that the old one's owner may have asked for."""
    await _run(
        connection,
        """
        update users
        set
          encrypted_password = %(password)s,
          confirmation_token = '',
          confirmation_sent_at = null,
          recovery_token = '',
          recovery_sent_at = null,
          email_change_token_current = '',
          email_change_token_new = '',
          email_change_sent_at = null,
          updated_at = now()
        where id = %(id)s
        """,
        id=user_id,
        password=password_hash,
    )


async def ban(connection: Connection, user_id: UUID, seconds: float) -> None:
    """Zero seconds lifts the ban."""
    await _run(
        connection,
        """
        update users
        set
          banned_until =
            case when %(seconds)s <> 0 then now() + make_interval(secs => %(seconds)s) end,
          updated_at = now()
        where id = %(id)s
        """,
        id=user_id,
        seconds=seconds,
    )


async def delete_user(connection: Connection, user_id: UUID) -> None:
    await _run(connection, "delete from users where id = %(id)s", id=user_id)


async def soft_delete_user(connection: Connection, user_id: UUID) -> None:
    """The row stays; what identifies a person becomes digests that nobody can sign in with."""
    await _run(
        connection,
        """
        update users
        set
          email = encode(sha256(convert_to(id || coalesce(email, ''), 'utf8')), 'hex'),
          phone = left(encode(sha256(convert_to(id || coalesce(phone, ''), 'utf8')), 'hex'), 15),
          encrypted_password = null,
          email_change = '',
          phone_change = '',
          confirmation_token = '',
          recovery_token = '',
          email_change_token_current = '',
          email_change_token_new = '',
          phone_change_token = '',
          raw_user_meta_data = '{}',
          raw_app_meta_data = '{}',
          deleted_at = now(),
          updated_at = now()
        where id = %(id)s
          and deleted_at is null
        """,
        id=user_id,
    )
    await _run(
        connection,
        """
        update identities
        set
          provider_id = encode(
            sha256(convert_to(user_id || provider || ':' || provider_id, 'utf8')),
            'hex'
          ),
          identity_data = '{}',
          updated_at = now()
        where user_id = %(id)s
        """,
        id=user_id,
    )


async def users_page(connection: Connection, search: str, limit: int, offset: int) -> list[Row]:
    return await _all(
        connection,
        """
        select *
        from users
        where instance_id = %(instance)s
          and aud = 'authenticated'
          and (%(search)s = '' or position(%(search)s in email) > 0)
        order by created_at desc, id
        limit %(limit)s
        offset %(offset)s
        """,
        instance=NO_INSTANCE,
        search=search,
        limit=limit,
        offset=offset,
    )


async def users_count(connection: Connection, search: str) -> int:
    row = await _one(
        connection,
        """
        select count(*) as total
        from users
        where instance_id = %(instance)s
          and aud = 'authenticated'
          and (%(search)s = '' or position(%(search)s in email) > 0)
        """,
        instance=NO_INSTANCE,
        search=search,
    )
    return int(row["total"]) if row is not None else 0


# --- identities --------------------------------------------------------------------------------


async def identities_of(connection: Connection, user_ids: list[UUID]) -> list[Row]:
    return await _all(
        connection,
        """
        select *
        from identities
        where user_id = any(%(ids)s)
        order by created_at
        """,
        ids=user_ids,
    )


async def insert_email_identity(
    connection: Connection, user_id: UUID, identity_data: dict[str, Any]
) -> None:
    await _run(
        connection,
        """
        insert into identities (
          provider_id, user_id, identity_data, provider, last_sign_in_at, created_at, updated_at
        )
        values (%(id)s::text, %(id)s, %(data)s, 'email', now(), now(), now())
        """,
        id=user_id,
        data=Jsonb(identity_data),
    )


async def merge_email_identity(
    connection: Connection, user_id: UUID, changes: dict[str, Any]
) -> None:
    """Change the account's e-mail identity, or make one when it has none."""
    await _run(
        connection,
        """
        insert into identities as existing (
          provider_id, user_id, identity_data, provider, last_sign_in_at, created_at, updated_at
        )
        values (
          %(id)s::text, %(id)s, %(changes)s || jsonb_build_object('sub', %(id)s::text),
          'email', now(), now(), now()
        )
        on conflict (provider_id, provider) do update
        set
          identity_data = existing.identity_data || %(changes)s,
          updated_at = now()
        """,
        id=user_id,
        changes=Jsonb(changes),
    )
