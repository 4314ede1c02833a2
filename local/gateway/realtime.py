"""Supabase Realtime's HTTP broadcast: `POST /realtime/v1/api/broadcast`, and the form for one
message, `…/api/broadcast/{topic}/events/{event}?private=`.

What arrives is judged as Realtime does, then kept where tests can read it, at
`GET /realtime/v1/_local/broadcasts?topic=` (secret key) or in `local_gateway.broadcasts`, and
delivered to the websockets that listen (`local.gateway.channels`).
"""

import json
from typing import Any

import psycopg
from psycopg.types.json import Jsonb
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute

from local.gateway.auth.context import ADMIN_ROLES
from local.gateway.auth.database import Connection, Database
from local.gateway.auth.errors import AuthError
from local.gateway.auth.representation import time_json
from local.gateway.auth.tokens import TokenSigner
from local.gateway.channels import Channels
from local.gateway.settings import GatewaySettings

ANY_METHOD = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

KEPT = 100_000
"""Older broadcasts are forgotten."""

MAX_LISTED = 1000
BLANK = "can't be blank"
INVALID = "is invalid"


class RealtimeGateway:
    """`app` answers between `open` and `close`."""

    def __init__(self, settings: GatewaySettings) -> None:
        self._database = Database(settings, name="realtime")
        self._signer = TokenSigner(settings)
        self._channels = Channels(settings, self._database)
        self.app = Starlette(
            routes=[
                Route("/api/broadcast", self._broadcast, methods=["POST"]),
                Route(
                    "/api/broadcast/{topic:path}/events/{event}",
                    self._broadcast_one,
                    methods=["POST"],
                ),
                Route("/_local/broadcasts", self._list, methods=["GET"]),
                WebSocketRoute("/websocket", self._channels.serve),
                Route("/{path:path}", _refuse, methods=ANY_METHOD),
            ]
        )

    async def open(self) -> None:
        await self._database.open()

    async def close(self) -> None:
        await self._database.close()

    async def _broadcast(self, request: Request) -> Response:
        """202 for a valid batch, 422 with what is wrong by message."""
        claims = self._claims(request)
        if claims is None:
            return _unauthorized()
        try:
            body = json.loads(await request.body())
        except ValueError:
            body = None
        messages, errors = read_messages(body)
        if errors:
            return JSONResponse({"errors": errors}, 422)
        return await self._accept(claims, messages)

    async def _broadcast_one(self, request: Request) -> Response:
        """202 for one message, whose payload is the body. Binary payloads are not served."""
        claims = self._claims(request)
        if claims is None:
            return _unauthorized()
        if not request.headers.get("content-type", "").startswith("application/json"):
            return JSONResponse({"message": "The local gateway takes JSON payloads only"}, 415)
        try:
            payload = json.loads(await request.body())
        except ValueError:
            payload = None
        judged, errors = read_message(
            {
                **request.path_params,
                "payload": payload,
                "private": request.query_params.get("private") == "true",
            }
        )
        if errors:
            return JSONResponse({"errors": errors}, 422)
        return await self._accept(claims, [judged])

    async def _accept(self, claims: dict[str, Any], messages: list[dict[str, Any]]) -> Response:
        """A private message that its sender may not send is dropped without a word, as Realtime
        drops it."""
        accepted = []
        async with self._database.owner_transaction() as connection:
            for message in messages:
                if not message["private"] or await _may_send(connection, claims, message):
                    await _record(connection, claims, message)
                    accepted.append(message)
            await _forget_old(connection)
        for message in accepted:
            self._channels.deliver(**message)
        return Response(status_code=202)

    async def _list(self, request: Request) -> Response:
        """Oldest first, so that a test reads them in the order they were sent."""
        claims = self._claims(request)
        if claims is None or claims.get("role") not in ADMIN_ROLES:
            return JSONResponse({"message": "This local route takes the secret key"}, 403)
        async with self._database.owner_transaction() as connection:
            cursor = await connection.execute(
                """
                select *
                from (
                  select *
                  from local_gateway.broadcasts
                  where %(topic)s = ''
                    or topic = %(topic)s
                  order by id desc
                  limit %(limit)s
                ) as newest
                order by id
                """,
                {"topic": request.query_params.get("topic", ""), "limit": MAX_LISTED},
            )
            rows = await cursor.fetchall()
        broadcasts = [{**row, "received_at": time_json(row["received_at"])} for row in rows]
        return JSONResponse({"broadcasts": broadcasts})

    def _claims(self, request: Request) -> dict[str, Any] | None:
        token = request.headers.get("authorization", "").partition(" ")[2]
        try:
            return self._signer.verify(token)
        except AuthError:
            return None


def read_messages(body: object) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The batch, or what is wrong with it: by field, and for messages by position."""
    batch = body.get("messages") if isinstance(body, dict) else None
    if batch is None or batch == []:
        return [], {"messages": [BLANK]}
    if not isinstance(batch, list):
        return [], {"messages": [INVALID]}
    judged = [read_message(message) for message in batch]
    errors = [errors for _, errors in judged]
    if any(errors):
        return [], {"messages": errors}
    return [message for message, _ in judged], {}


def read_message(message: object) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """One message, or what is wrong with it by field."""
    given = message if isinstance(message, dict) else {}
    errors = {
        name: [reason]
        for name, kind in (("topic", str), ("payload", dict), ("event", str))
        if (reason := _fault(given.get(name), kind)) is not None
    }
    private = given.get("private")
    if private is not None and not isinstance(private, bool):
        errors["private"] = [INVALID]
    fields = {name: given.get(name) for name in ("topic", "payload", "event")}
    return {**fields, "private": private is True}, errors


def _fault(value: object, kind: type) -> str | None:
    if value is None or (isinstance(value, str) and not value.strip()):
        return BLANK
    return None if isinstance(value, kind) else INVALID


async def _may_send(
    connection: Connection, claims: dict[str, Any], message: dict[str, Any]
) -> bool:
    """Whether the sender's role may insert into `realtime.messages` for this topic: that is how
    policies on that table decide on private channels. The insert is undone."""
    role = str(claims.get("role") or "anon")
    if role in ADMIN_ROLES:
        return True
    try:
        async with connection.transaction(force_rollback=True):
            await connection.execute(
                """
                select
                  set_config('role', %(role)s, true),
                  set_config('request.jwt.claims', %(claims)s, true),
                  set_config('realtime.topic', %(topic)s, true)
                """,
                {"role": role, "claims": json.dumps(claims), "topic": message["topic"]},
            )
            await connection.execute(
                """
                insert into realtime.messages (topic, extension, event, payload, private)
                values (%(topic)s, 'broadcast', %(event)s, %(payload)s, true)
                """,
                {**message, "payload": Jsonb(message["payload"])},
            )
    except psycopg.errors.DatabaseError:
        return False
    return True


async def _record(connection: Connection, claims: dict[str, Any], message: dict[str, Any]) -> None:
    await connection.execute(
        """
        insert into local_gateway.broadcasts (role, topic, event, payload, private)
        values (%(role)s, %(topic)s, %(event)s, %(payload)s, %(private)s)
        """,
        {
            **message,
            "payload": Jsonb(message["payload"]),
            "role": str(claims.get("role") or "anon"),
        },
    )


async def _forget_old(connection: Connection) -> None:
    await connection.execute(
        """
        delete from local_gateway.broadcasts
        where id <= (select max(id) from local_gateway.broadcasts) - %(kept)s
        """,
        {"kept": KEPT},
    )


def _unauthorized() -> Response:
    return JSONResponse({"message": "Unauthorized"}, 401)


async def _refuse(request: Request) -> Response:
    path = request.path_params["path"]
    message = f"/realtime/v1/{path}: the local gateway serves broadcasts and their websocket only"
    return JSONResponse({"message": message}, 501)
