"""The root of the API: a small OpenAPI description of what the caller may see."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from local.gateway.rest import media
from local.gateway.rest.errors import unknown_media
from local.gateway.rest.responses import Answer
from local.gateway.rest.snippet import Snippet, value
from local.gateway.rest.transaction import Session, Work, run

if TYPE_CHECKING:
    from psycopg_pool import AsyncConnectionPool

    from local.gateway.rest.catalogue import Column, Routine, Table

_PRODUCED = (media.OPENAPI, media.JSON, media.ANY)
_JSON_TYPES = {
    "boolean": "boolean",
    "smallint": "integer",
    "integer": "integer",
    "bigint": "integer",
    "numeric": "number",
    "real": "number",
    "double precision": "number",
}
_VISIBLE = """
select json_build_object(
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
    before, between, after = _VISIBLE.split("{schema}")
    statement = Snippet(before) + schema + between + schema + after
    result = await run(pool, session, Work(statement, read_only=True))
    visible = json.loads(result.body)
    headers = [("Content-Type", "application/openapi+json; charset=utf-8")]
    if request.schema_named:
        headers.append(("Content-Profile", request.target.schema))
    body = b"" if request.is_head else json.dumps(_document(session, visible)).encode()
    return Answer(200, headers, body)


def _document(session: Session, visible: dict[str, list[str]]) -> dict[str, Any]:
    schema = session.request.target.schema
    tables = [
        table
        for name, table in sorted(session.catalogue.tables.items())
        if name.schema == schema and name.name in visible["tables"]
    ]
    routines = [
        overloads[0]
        for name, overloads in sorted(session.catalogue.routines.items())
        if name.schema == schema and name.name in visible["functions"]
    ]
    paths: dict[str, Any] = {"/": {"get": _operation("Introspection", "This document")}}
    paths.update({f"/{table.name.name}": _table_path(table) for table in tables})
    paths.update({f"/rpc/{item.name.name}": _routine_path(item) for item in routines})
    return {
        "swagger": "2.0",
        "info": {"title": "PostgREST API", "description": "", "version": "14"},
        "basePath": "/",
        "schemes": ["http"],
        "consumes": [media.JSON, media.OBJECT, media.CSV],
        "produces": [media.JSON, media.OBJECT, media.CSV],
        "paths": paths,
        "definitions": {table.name.name: _definition(table) for table in tables},
    }


def _operation(tag: str, summary: str | None) -> dict[str, Any]:
    return {"tags": [tag], "summary": summary, "responses": {"200": {"description": "OK"}}}


def _table_path(table: Table) -> dict[str, Any]:
    name, summary = table.name.name, table.description
    allowed = {"get": True, "post": table.insertable}
    allowed.update({"patch": table.updatable, "delete": table.deletable})
    return {method: _operation(name, summary) for method, can in allowed.items() if can}


def _routine_path(routine: Routine) -> dict[str, Any]:
    methods = ["post"] if routine.volatility == "volatile" else ["get", "post"]
    tag = f"(rpc) {routine.name.name}"
    return {method: _operation(tag, routine.description) for method in methods}


def _definition(table: Table) -> dict[str, Any]:
    required = [c.name for c in table.columns.values() if not c.nullable and not c.default]
    properties = {name: _property(column) for name, column in table.columns.items()}
    shown: dict[str, Any] = {"type": "object", "properties": properties}
    if table.description is not None:
        shown["description"] = table.description
    return {"required": required, **shown} if required else shown


def _property(column: Column) -> dict[str, Any]:
    base = column.base_type.partition("(")[0]
    shown: dict[str, Any] = {"format": column.type}
    if base.endswith("[]"):
        items = _JSON_TYPES.get(base.removesuffix("[]"), "string")
        shown |= {"type": "array", "items": {"type": items}}
    elif base not in ("json", "jsonb"):
        shown["type"] = _JSON_TYPES.get(base, "string")
    if column.enum:
        shown["enum"] = list(column.enum)
    if column.description is not None:
        shown["description"] = column.description
    return shown
