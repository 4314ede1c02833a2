"""Reads the catalogue out of a database."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from psycopg.rows import dict_row

from local.gateway.rest import introspection_sql as queries
from local.gateway.rest.catalogue import (
    Catalogue,
    Column,
    MediaHandler,
    Parameter,
    Relationship,
    Routine,
    Table,
)
from local.gateway.rest.relationships import ForeignKey, View, derive
from local.gateway.rest.snippet import Name
from local.gateway.rest.viewcolumns import origins

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg import AsyncConnection

    from local.gateway.settings import GatewaySettings

type Rows = list[dict[str, Any]]

_ANY_MEDIA = "*/*"
_HOISTED = ("statement_timeout", "plan_filter.statement_cost_limit")
"""Function settings that must hold before the statement that calls the function starts."""
_PARAMETER_PRIVILEGES_SINCE = 150000


async def read_catalogue(connection: AsyncConnection[Any], settings: GatewaySettings) -> Catalogue:
    """One consistent reading, in a transaction of its own."""
    schemas = list(settings.schemas)
    async with connection.transaction():
        await connection.execute("set transaction isolation level repeatable read read only")
        await connection.execute("set local search_path = ''")
        fingerprint = await read_fingerprint(connection)
        tables = _tables(await _rows(connection, queries.TABLES))
        visible = [*schemas, *settings.extra_search_path]
        views = _views(
            await _rows(connection, queries.VIEWS, [visible]),
            await _rows(connection, queries.PRIMARY_KEYS),
        )
        keys = [_foreign_key(row) for row in await _rows(connection, queries.FOREIGN_KEYS)]
        computed = [
            _computed(row) for row in await _rows(connection, queries.COMPUTED_RELATIONSHIPS)
        ]
        routines = _routines(await _rows(connection, queries.ROUTINES, [schemas]))
        casts = await _rows(connection, queries.REPRESENTATIONS)
        handlers = await _rows(connection, queries.MEDIA_HANDLERS, {"schemas": schemas})
        roles = await _rows(connection, _role_settings_query(connection))
        geojson = await _rows(connection, queries.GEOJSON)
    tables, relationships = derive(tables, keys, views, computed, frozenset(schemas))
    return Catalogue(
        tables={name: table for name, table in tables.items() if name.schema in schemas},
        relationships=relationships,
        routines=routines,
        representations={(row["source"], row["target"]): row["function"] for row in casts},
        media_handlers=_media_handlers(handlers),
        role_settings=_role_settings(roles),
        has_geojson=geojson[0]["found"],
        fingerprint=fingerprint,
    )


async def read_fingerprint(connection: AsyncConnection[Any]) -> str:
    """Changes whenever the catalogue might."""
    rows = await (await connection.execute(queries.FINGERPRINT)).fetchall()
    return str(rows[0][0])


async def _rows(
    connection: AsyncConnection[Any],
    query: str,
    params: Sequence[Any] | dict[str, Any] | None = None,
) -> Rows:
    # With parameters or without: the queries double their percent signs.
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query, params or ())
        return await cursor.fetchall()


def _name(parts: list[str]) -> Name:
    return Name(*parts)


def _tables(rows: Rows) -> dict[Name, Table]:
    return {name: _table(name, row) for row in rows if (name := Name(row["schema"], row["name"]))}


def _table(name: Name, row: dict[str, Any]) -> Table:
    columns = [
        Column(
            column["name"],
            column["type"],
            column["base_type"],
            column["default"],
            column["nullable"],
            column["description"],
            tuple(column["enum"]),
        )
        for column in row["columns"]
    ]
    return Table(
        name,
        row["description"],
        row["is_view"],
        row["insertable"],
        row["updatable"],
        row["deletable"],
        tuple(row["primary_key"]),
        {column.name: column for column in columns},
    )


def _foreign_key(row: dict[str, Any]) -> ForeignKey:
    return ForeignKey(
        constraint=row["constraint"],
        table=_name(row["table"]),
        foreign=_name(row["foreign"]),
        table_id=row["table_id"],
        foreign_id=row["foreign_id"],
        numbers=tuple(row["numbers"]),
        foreign_numbers=tuple(row["foreign_numbers"]),
        columns=tuple(zip(row["columns"], row["foreign_columns"], strict=True)),
        is_unique=row["is_unique"],
    )


def _views(rows: Rows, keys: Rows) -> list[View]:
    found = origins({row["id"]: row["rule"] for row in rows})
    primary = [(row["table_id"], tuple(row["numbers"])) for row in keys]
    views = []
    for row in rows:
        names = {int(number): name for number, name in (row["columns"] or {}).items()}
        shows = {
            origin: tuple(names[number] for number in numbers if number in names)
            for origin, numbers in found[row["id"]].items()
        }
        views.append(View(_name(row["name"]), shows, tuple(primary)))
    return views


def _computed(row: dict[str, Any]) -> Relationship:
    table, foreign = _name(row["table"]), _name(row["foreign"])
    return Relationship(
        table=table,
        foreign=foreign,
        is_self=table == foreign,
        cardinality="many-to-one" if row["single_row"] else "one-to-many",
        function=_name(row["function"]),
    )


def _routines(rows: Rows) -> dict[Name, list[Routine]]:
    found: dict[Name, list[Routine]] = defaultdict(list)
    for row in rows:
        routine = _routine(row)
        found[routine.name].append(routine)
    for overloads in found.values():
        overloads.sort(key=lambda routine: (len(routine.parameters), str(routine.parameters)))
    return dict(found)


def _routine(row: dict[str, Any]) -> Routine:
    settings = dict(setting.split("=", 1) for setting in row["settings"])
    volatility: dict[str, Any] = {"i": "immutable", "s": "stable", "v": "volatile"}
    return Routine(
        name=Name(row["schema"], row["name"]),
        description=row["description"],
        parameters=tuple(Parameter(**parameter) for parameter in row["parameters"]),
        returns=_name(row["returns"]),
        returns_set=row["returns_set"],
        returns_composite=row["returns_composite"],
        volatility=volatility[row["volatility"]],
        isolation=settings.get("default_transaction_isolation"),
        settings=tuple((name, settings[name]) for name in _HOISTED if name in settings),
    )


def _media_handlers(rows: Rows) -> dict[tuple[Name | None, str], MediaHandler]:
    found: dict[tuple[Name | None, str], MediaHandler] = {}
    for row in rows:
        media = row["media"].lower()
        relation = _name(row["relation"]) if row["relation"] else None
        function = _name(row["function"]) if row["function"] else None
        sent_as = "application/octet-stream" if media == _ANY_MEDIA else media
        found[relation, media] = MediaHandler(function, sent_as)
    return found


def _role_settings_query(connection: AsyncConnection[Any]) -> str:
    has_privileges = connection.info.server_version >= _PARAMETER_PRIVILEGES_SINCE
    may_set = "has_parameter_privilege(p.name, 'set')" if has_privileges else "false"
    return queries.ROLE_SETTINGS.format(may_set=may_set)


def _role_settings(rows: Rows) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for row in rows:
        name, _, content = row["setting"].partition("=")
        found[row["role"]][name] = content
    return dict(found)
