"""Gives any PostgreSQL 15 to 18 what a Supabase project has before its first migration.

The statements are in `bootstrap.sql`. Only what is missing is made, so it may run at every start
and over a database that already has these roles, or a schema named `auth`.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import errors, sql

SCRIPT = Path(__file__).with_name("bootstrap.sql")
LOCK = "local gateway bootstrap"
API_ROLES = ("anon", "authenticated", "service_role")

REQUIRED_COLUMNS = {
    "auth.users": (
        "instance_id id aud role email encrypted_password email_confirmed_at invited_at"
        " confirmation_token confirmation_sent_at recovery_token recovery_sent_at"
        " email_change_token_new email_change email_change_sent_at last_sign_in_at"
        " raw_app_meta_data raw_user_meta_data created_at updated_at phone phone_confirmed_at"
        " confirmed_at email_change_token_current email_change_confirm_status banned_until"
        " is_sso_user deleted_at is_anonymous"
    ),
    "auth.identities": "id provider_id user_id identity_data provider last_sign_in_at email",
    "auth.sessions": "id user_id created_at updated_at aal refreshed_at user_agent ip",
    "auth.mfa_amr_claims": "id session_id authentication_method created_at updated_at",
    "auth.refresh_tokens": "id token user_id revoked parent session_id created_at updated_at",
    "auth.flow_state": "id user_id auth_code code_challenge code_challenge_method created_at",
    "realtime.messages": "topic extension payload event private inserted_at id",
}
"""What the gateway reads and writes: found tables must have at least these columns."""


class BootstrapError(Exception):
    """The database cannot be made into a Supabase project by this user; the message says why."""


@dataclass(frozen=True)
class Step:
    """One step of `bootstrap.sql`."""

    name: str
    statements: str
    optional: bool
    unless: str | None


@dataclass(frozen=True)
class Skipped:
    """An optional step that the connecting user was not allowed to take."""

    step: str
    reason: str

    def __str__(self) -> str:
        return f"{self.step}: {self.reason}"


def bootstrap(database_url: str, *, authenticator_password: str | None = None) -> list[Skipped]:
    """Make what is missing and say which optional steps were skipped.

    `authenticator_password` lets `authenticator` log in over a connection that asks for one.
    Raises `BootstrapError` when a step that the gateway needs cannot be taken.
    """
    with _connect(database_url) as connection, connection.transaction():
        connection.execute("select pg_advisory_xact_lock(hashtext(%s))", [LOCK])
        skipped = [skip for step in read_steps() if (skip := _take(connection, step)) is not None]
        if authenticator_password is not None:
            _set_password(connection, "authenticator", authenticator_password)
        _check_columns(connection)
    return skipped


def check_request_roles(database_url: str) -> None:
    """Raise `BootstrapError` unless this URL's user may become each of the request roles."""
    with _connect(database_url) as connection:
        user = connection.info.user
        denied = [role for role in API_ROLES if not _may_become(connection, role)]
    if denied:
        roles = ", ".join(denied)
        raise BootstrapError(
            f"{user} may not SET ROLE to {roles}, which every request needs:"
            f" as an owner run GRANT {roles} TO {user}"
        )


def read_steps(script: Path = SCRIPT) -> list[Step]:
    """The steps of the script, in order."""
    _, *chunks = re.split(r"^-- step: ", script.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return [_parse_step(chunk) for chunk in chunks]


def _parse_step(chunk: str) -> Step:
    name, _, statements = chunk.partition("\n")
    unless = re.search(r"^-- unless: (.+)$", statements, flags=re.MULTILINE)
    return Step(
        name=name.strip(),
        statements=statements,
        optional=re.search(r"^-- optional$", statements, flags=re.MULTILINE) is not None,
        unless=unless[1] if unless else None,
    )


def _connect(database_url: str) -> psycopg.Connection:
    try:
        return psycopg.connect(
            database_url, autocommit=True, prepare_threshold=None, connect_timeout=5
        )
    except psycopg.OperationalError as error:
        raise BootstrapError(f"cannot reach the database: {_first_line(error)}") from error


def _take(connection: psycopg.Connection, step: Step) -> Skipped | None:
    try:
        with connection.transaction():
            if not _is_done(connection, step):
                connection.execute(step.statements.encode())
    except errors.InsufficientPrivilege as error:
        if step.optional:
            return Skipped(step.name, _first_line(error))
        user = connection.info.user
        raise BootstrapError(
            f"{user} may not take step '{step.name}': {_first_line(error)}"
        ) from error
    except psycopg.Error as error:
        raise BootstrapError(f"step '{step.name}' failed: {_first_line(error)}") from error
    return None


def _is_done(connection: psycopg.Connection, step: Step) -> bool:
    if step.unless is None:
        return False
    row = connection.execute(f"select {step.unless}".encode()).fetchone()
    return row is not None and row[0] is True


def _set_password(connection: psycopg.Connection, role: str, password: str) -> None:
    connection.execute(
        sql.SQL("alter role {} password {}").format(sql.Identifier(role), sql.Literal(password))
    )


def _check_columns(connection: psycopg.Connection) -> None:
    for table, columns in REQUIRED_COLUMNS.items():
        missing = connection.execute(
            """
            select wanted
            from unnest(%(columns)s::text[]) as wanted
            where not exists (
              select
              from pg_attribute
              where attrelid = to_regclass(%(table)s)
                and attname = wanted
                and not attisdropped
            )
            """,
            {"table": table, "columns": columns.split()},
        ).fetchall()
        if missing:
            names = ", ".join(name for (name,) in missing)
            raise BootstrapError(f"{table} exists but is not Supabase's: it lacks {names}")


def _may_become(connection: psycopg.Connection, role: str) -> bool:
    try:
        with connection.transaction(force_rollback=True):
            connection.execute(sql.SQL("set local role {}").format(sql.Identifier(role)))
    except psycopg.Error:
        return False
    return True


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
