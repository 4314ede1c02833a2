"""The root of the API: a description of what the caller may see."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from local.gateway.rest import media
from local.gateway.rest.apidocument import Described, document
from local.gateway.rest.errors import unknown_media
from local.gateway.rest.responses import Answer
from local.gateway.rest.snippet import Snippet, value
from local.gateway.rest.transaction import Session, Work, run

if TYPE_CHECKING:
    from psycopg_pool import AsyncConnectionPool

_PRODUCED = (media.OPENAPI, media.JSON, media.ANY)
_VISIBLE = """
select json_build_object(
    'description', (
        select obj_description(n.oid, 'pg_namespace') from pg_namespace n where n.nspname = {schema}
    ),
    'tables', (
        select coalesce(json_agg(c.relname), '[]')
        from pg_class c
        join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = {schema}
          and c.relkind in ('r', 'v', 'm', 'f', 'p')
          and (
              pg_has_role(c.relowner, 'usage')
              or has_table_privilege(c.oid, 'select, insert, update, delete')
              or has_any_column_privilege(c.oid, 'select, insert, update')
          )
    ),
    'functions', (
        select coalesce(json_agg(distinct p.proname), '[]')
        from pg_proc p
        join pg_namespace n on n.oid = p.pronamespace
        where n.nspname = {schema} and has_function_privilege(p.oid, 'execute')
    )
) as body, 1 as rows
"""


async def describe(pool: AsyncConnectionPool[Any], session: Session) -> Answer:
    """`GET /`: tables, views and functions of the schema that the role has any right to."""
    request = session.request
    if not any(item.name in _PRODUCED for item in request.accepts):
        raise unknown_media([item.mime for item in request.accepts])
    schema = value(request.target.schema)
    first, *others = _VISIBLE.split("{schema}")
    statement = Snippet(first)
    for part in others:
        statement = statement + schema + part
    result = await run(pool, session, Work(statement, read_only=True))
    headers = [("Content-Type", "application/openapi+json; charset=utf-8")]
    if request.schema_named:
        headers.append(("Content-Profile", request.target.schema))
    shown = document(_described(session, json.loads(result.body)))
    return Answer(200, headers, b"" if request.is_head else json.dumps(shown).encode())


def _described(session: Session, visible: dict[str, Any]) -> Described:
    schema, catalogue = session.request.target.schema, session.catalogue
    return Described(
        schema=schema,
        comment=visible["description"],
        host=f"{session.settings.host}:{session.settings.port}",
        tables=[
            table
            for name, table in sorted(catalogue.tables.items())
            if name.schema == schema and name.name in visible["tables"]
        ],
        routines=[
            overloads[-1]
            for name, overloads in sorted(catalogue.routines.items())
            if name.schema == schema and name.name in visible["functions"]
        ],
        relationships=catalogue.relationships,
    )
