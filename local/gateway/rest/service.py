"""From an understood request to its answer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from local.gateway.rest import errors, responses
from local.gateway.rest.calls import Call, find_routine
from local.gateway.rest.negotiation import Negotiated, negotiate
from local.gateway.rest.openapi import describe
from local.gateway.rest.payload import Payload, read_payload
from local.gateway.rest.readplan import (
    Node,
    ReadRequest,
    has_default_select,
    legacy_calls,
    plan_read,
)
from local.gateway.rest.readsql import count_query
from local.gateway.rest.statements import (
    call_statement,
    explain,
    read_statement,
    write_statement,
)
from local.gateway.rest.transaction import Result, Session, Work, run
from local.gateway.rest.writesql import plan_write, returned_columns

if TYPE_CHECKING:
    from psycopg_pool import AsyncConnectionPool

    from local.gateway.rest.catalogue import Routine, Table
    from local.gateway.rest.responses import Answer
    from local.gateway.rest.snippet import Name, Snippet

_ESTIMATES = ("planned", "estimated")


class Service:
    """Answers requests over one pool."""

    def __init__(self, pool: AsyncConnectionPool[Any]) -> None:
        self._pool = pool

    async def answer(self, session: Session, body: bytes) -> Answer:
        """Do what the request wants.

        Raises:
            ApiError: when it cannot be done.
            psycopg.Error: when the database says so.
        """
        return responses.varied(await self._answer(session, body))

    async def _answer(self, session: Session, body: bytes) -> Answer:
        kind = session.request.kind
        if kind == "info":
            return _info(session)
        if kind == "describe":
            return await describe(self._pool, session)
        if kind == "read":
            return await self._read(session)
        if kind == "write":
            return await self._write(session, body)
        return await self._call(session, body)

    async def _read(self, session: Session) -> Answer:
        request = session.request
        table = _table(session)
        read = plan_read(session.catalogue, _read_request(session, table.name))
        found = _negotiate(session, table.name, read)
        _refuse_invalid_preferences(session)
        statement = read_statement(
            session.catalogue,
            read,
            found,
            request.preferences,
            max_rows=session.settings.max_rows,
            with_body=not request.is_head,
        )
        estimated = request.preferences.count in _ESTIMATES
        counted = explain(count_query(session.catalogue, read), "json") if estimated else None
        work = _work(found, statement, read_only=True)
        result = await run(self._pool, session, replace(work, count_plan=counted))
        if found.type.plan is not None:
            return responses.plan_answer(request, found.type, result)
        answer = responses.read_answer(request, found.type, result, _total(session, result))
        return responses.warned(answer, legacy_calls(read))

    async def _write(self, session: Session, body: bytes) -> Answer:
        request = session.request
        payload = _payload(session, body)
        table = _table(session)
        read = plan_read(session.catalogue, _read_request(session, table.name))
        write = plan_write(
            session.catalogue,
            request.write_kind,
            table,
            request.params,
            request.preferences,
            payload,
            read,
        )
        _refuse_invalid_preferences(session)
        found = _negotiate(session, table.name, read)
        statement = write_statement(session.catalogue, read, write, found, request.preferences)
        work = _work(found, statement, read_only=False)
        is_put = write.kind == "upsert"
        bounded = write.kind in ("update", "delete")
        work = replace(
            work,
            must_match_put=is_put and not work.explained,
            must_be_single=work.must_be_single and not is_put,
            max_affected=request.preferences.affected_limit if bounded else None,
        )
        result = await run(self._pool, session, work)
        if found.type.plan is not None:
            return responses.plan_answer(request, found.type, result)
        answer = responses.write_answer(request, found.type, result, write)
        return responses.warned(answer, legacy_calls(read))

    async def _call(self, session: Session, body: bytes) -> Answer:
        request = session.request
        payload = _payload(session, body)
        given = payload.keys if payload else frozenset(name for name, _ in request.params.arguments)
        routine = find_routine(
            session.catalogue, request.target, given, request.content_type, is_post=request.is_post
        )
        preferences = request.preferences
        if preferences.affected_limit is not None and not routine.returns_set:
            raise errors.max_affected_on_single()
        read = plan_read(session.catalogue, _read_request(session, routine.relation))
        found = _negotiate(session, _handled_relation(session, routine), read)
        _refuse_invalid_preferences(session)
        call = Call(
            routine,
            given,
            payload,
            None if request.is_post else request.params.arguments,
            returned_columns(read, ()),
        )
        statement = call_statement(
            session.catalogue, read, call, found, preferences, with_body=not request.is_head
        )
        read_only = not request.is_post or routine.volatility != "volatile"
        work = replace(
            _work(found, statement, read_only=read_only),
            routine=routine,
            max_affected=preferences.affected_limit,
        )
        result = await run(self._pool, session, work)
        if found.type.plan is not None:
            return responses.plan_answer(request, found.type, result)
        answer = responses.call_answer(request, found.type, result, result.total, routine)
        return responses.warned(answer, legacy_calls(read))


def _info(session: Session) -> Answer:
    request = session.request
    if request.target_kind == "table":
        return responses.table_info(_table(session))
    if request.target_kind == "schema":
        return responses.info("OPTIONS,GET,HEAD")
    given = frozenset(name for name, _ in request.params.arguments)
    overloads = session.catalogue.routines.get(request.target)
    if overloads and not given:
        return responses.routine_info(overloads[0])
    routine = find_routine(
        session.catalogue, request.target, given, request.content_type, is_post=False
    )
    return responses.routine_info(routine)


def _table(session: Session) -> Table:
    name = session.request.target
    found = session.catalogue.tables.get(name)
    if found is None:
        hint = session.catalogue.table_hint(name.schema, name.name)
        raise errors.table_not_found(name.schema, name.name, hint)
    return found


def _payload(session: Session, body: bytes) -> Payload | None:
    request = session.request
    if not request.has_body:
        return None
    columns = None if request.method == "PUT" else request.params.columns
    return read_payload(
        body, request.content_type, columns, for_function=request.target_kind == "function"
    )


def _read_request(session: Session, relation: Name) -> ReadRequest:
    request = session.request
    kind = request.kind if request.kind in ("read", "write", "call") else "read"
    return ReadRequest(
        table=relation,
        params=request.params,
        ranges=request.ranges,
        kind=kind,
        max_rows=session.settings.max_rows,
        aggregates=session.options.aggregates,
        legacy_names=session.options.legacy_target_names,
    )


def _negotiate(session: Session, relation: Name, read: Node) -> Negotiated:
    return negotiate(
        session.catalogue,
        relation,
        session.request.accepts,
        default_select=has_default_select(read),
        plans=session.options.plan,
    )


def _handled_relation(session: Session, routine: Routine) -> Name:
    """What media type handlers are looked up by: the rows' table, else the function itself."""
    return routine.relation if routine.returns_composite else session.request.target


def _refuse_invalid_preferences(session: Session) -> None:
    preferences = session.request.preferences
    if preferences.is_strict and preferences.invalid:
        raise errors.invalid_preferences(list(preferences.invalid))


def _work(found: Negotiated, statement: Snippet, *, read_only: bool) -> Work:
    plan = found.type.plan
    if plan is not None:
        return Work(explain(statement, plan.form, plan.options), read_only, explained=True)
    return Work(statement, read_only, must_be_single=found.body.is_object)


def _total(session: Session, result: Result) -> int | None:
    """The number of all rows, by the way of counting the client prefers."""
    count, limit = session.request.preferences.count, session.settings.max_rows
    if count == "planned":
        return result.planned
    if count == "estimated" and result.total is not None and result.planned is not None:
        past = limit is None or result.total > limit
        return max(result.total, result.planned) if past else result.total
    return result.total
