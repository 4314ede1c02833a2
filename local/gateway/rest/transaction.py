"""One request, one transaction: who asks, what may be seen, the work, and how it ends."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import IsolationLevel, sql
from psycopg.rows import dict_row
from psycopg.types.string import TextLoader

from local.gateway.rest import errors
from local.gateway.rest.snippet import Snippet, join, qualified, value

if TYPE_CHECKING:
    from psycopg import AsyncConnection
    from psycopg_pool import AsyncConnectionPool

    from local.gateway.rest.catalogue import Catalogue, Routine
    from local.gateway.rest.options import RestOptions
    from local.gateway.rest.request import ApiRequest
    from local.gateway.rest.tokens import Caller
    from local.gateway.settings import GatewaySettings

_ISOLATION = {
    "serializable": IsolationLevel.SERIALIZABLE,
    "repeatable read": IsolationLevel.REPEATABLE_READ,
    "read committed": IsolationLevel.READ_COMMITTED,
}
_RESPONSE_SETTINGS = (
    "select nullif(current_setting('response.headers', true), '') as headers, "
    "nullif(current_setting('response.status', true), '') as status"
)


@dataclass(frozen=True, slots=True)
class Work:
    """What to do in the transaction, and what makes its result unacceptable."""

    statement: Snippet
    read_only: bool
    explained: bool = False
    routine: Routine | None = None
    count_plan: Snippet | None = None
    """An EXPLAIN whose estimate stands in for the total."""
    must_be_single: bool = False
    must_match_put: bool = False
    max_affected: int | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What came back."""

    rows: int
    body: str | bytes
    total: int | None = None
    planned: int | None = None
    location: tuple[str, ...] = ()
    inserted: int | None = None
    response_headers: str | None = None
    response_status: str | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """What a transaction needs to know of the request it is for."""

    settings: GatewaySettings
    options: RestOptions
    catalogue: Catalogue
    caller: Caller
    request: ApiRequest


async def run(pool: AsyncConnectionPool[Any], session: Session, work: Work) -> Result:
    """Do the work and end the transaction.

    Raises:
        ApiError: when the result is unacceptable; nothing is kept then.
        psycopg.Error: whatever the database says.
    """
    async with pool.connection() as connection:
        await connection.set_read_only(work.read_only)
        await connection.set_isolation_level(_isolation(session, work.routine))
        async with connection.transaction() as transaction:
            await _execute(connection, _settings(session, work.routine))
            if session.options.pre_request is not None:
                await _execute(
                    connection, "select " + qualified(session.options.pre_request) + "()"
                )
            result = await _work(connection, work)
            _judge(work, result)
            if not session.options.commits(session.request.preferences.tx):
                await connection.execute("set constraints all immediate")
                raise psycopg.Rollback(transaction)
    return result


async def _work(connection: AsyncConnection[Any], work: Work) -> Result:
    if work.explained:
        lines = await _execute(connection, work.statement)
        return Result(1, "".join(f"{text}\n" for line in lines for text in line.values()))
    row = (await _execute(connection, work.statement))[0]
    planned = None
    if work.count_plan is not None:
        (plan,) = (await _execute(connection, work.count_plan))[0].values()
        planned = json.loads(plan)[0]["Plan"]["Plan Rows"]
    said = (await _execute(connection, Snippet(_RESPONSE_SETTINGS)))[0]
    return Result(
        rows=row["rows"],
        body=_body(row["body"]),
        total=row.get("total"),
        planned=planned,
        location=tuple(row.get("location") or ()),
        inserted=row.get("inserted"),
        response_headers=said["headers"],
        response_status=said["status"],
    )


def _body(content: Any) -> str | bytes:
    """The body; a media type handler may make it of any type."""
    if content is None:
        return ""
    return content if isinstance(content, bytes) else str(content)


def _judge(work: Work, result: Result) -> None:
    if work.must_match_put and result.rows != 1:
        raise errors.put_mismatch()
    if work.must_be_single and result.rows != 1:
        raise errors.not_singular(result.rows)
    if work.max_affected is not None and result.rows > work.max_affected:
        raise errors.too_many_affected(result.rows)


def _isolation(session: Session, routine: Routine | None) -> IsolationLevel:
    of_role = session.catalogue.role_settings.get(session.caller.role, {})
    wanted = (routine.isolation if routine else None) or of_role.get(
        "default_transaction_isolation", ""
    )
    return _ISOLATION.get(wanted.lower(), IsolationLevel.READ_COMMITTED)


def _settings(session: Session, routine: Routine | None) -> Snippet:
    """Every setting of the transaction in one statement.

    The order matters: the login role may set what the impersonated role may not, so the role's
    own settings come before the role.
    """
    request, caller = session.request, session.caller
    schemas = [request.target.schema, *session.settings.extra_search_path]
    search_path = ", ".join(sql.Identifier(name).as_string(None) for name in schemas)
    pairs = [("search_path", search_path)]
    pairs += session.catalogue.role_settings.get(caller.role, {}).items()
    pairs += [
        ("role", caller.role),
        ("request.jwt.claims", caller.claims_json),
        ("request.method", request.method),
        ("request.path", request.path),
        ("request.headers", json.dumps(request.headers, ensure_ascii=False)),
        ("request.cookies", json.dumps(request.cookies, ensure_ascii=False)),
        # What a function set for the whole connection must not reach the next request.
        ("response.headers", ""),
        ("response.status", ""),
    ]
    if request.preferences.timezone is not None:
        pairs.append(("timezone", request.preferences.timezone))
    pairs += routine.settings if routine else ()
    pairs += session.options.app_settings.items()
    calls = ("set_config(" + value(name) + ", " + value(text) + ", true)" for name, text in pairs)
    return "select " + join(", ", calls)


async def _execute(connection: AsyncConnection[Any], statement: Snippet) -> list[dict[str, Any]]:
    async with connection.cursor(row_factory=dict_row) as cursor:
        for name in ("json", "jsonb"):
            # JSON goes out as PostgreSQL wrote it.
            cursor.adapters.register_loader(name, TextLoader)
        # Names are quoted and values bound by the snippet; see `snippet`.
        await cursor.execute(statement.text, statement.params)
        return await cursor.fetchall() if cursor.description else []
