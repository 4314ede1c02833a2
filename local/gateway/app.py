"""The gateway: one application with Supabase's paths, over one database."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

import psycopg
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.websockets import WebSocket

from local.gateway.apikeys import RequireApiKey
from local.gateway.auth.app import AuthGateway
from local.gateway.realtime import RealtimeGateway
from local.gateway.rest import RestGateway
from local.gateway.settings import GatewaySettings

READABLE_HEADERS = (
    "Content-Location",
    "Content-Profile",
    "Content-Range",
    "Link",
    "Location",
    "Preference-Applied",
    "Proxy-Status",
    "Range-Unit",
    "WWW-Authenticate",
    "X-Supabase-Api-Version",
    "X-Total-Count",
    "x-sb-error-code",
)
"""What scripts of other origins may read of an answer."""

ANY_METHOD = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
SERVED = "/rest/v1, /auth/v1 and the broadcasts of /realtime/v1"


def create_gateway(settings: GatewaySettings) -> Starlette:
    """An ASGI application; its lifespan opens and closes the database pools.

    The database must have been bootstrapped (`local.gateway.bootstrap`).
    """
    rest_url = settings.rest_database_url or settings.database_url
    auth = AuthGateway(settings)
    rest = RestGateway(replace(settings, database_url=rest_url))
    realtime = RealtimeGateway(settings)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for product in (auth, rest, realtime):
                await product.open()
                stack.push_async_callback(product.close)
            yield

    async def health(_request: Request) -> Response:
        """GET /health: 200 when requests can be served."""
        try:
            await auth.ping()
        except psycopg.Error as error:
            return JSONResponse({"status": "unavailable", "reason": str(error)}, 503)
        return JSONResponse({"status": "ready"})

    return Starlette(
        routes=[
            Route("/health", health),
            Mount("/auth/v1", auth.app),
            Mount("/rest/v1", rest.app),
            Mount("/realtime/v1", realtime.app),
            WebSocketRoute("/{path:path}", _refuse_websocket),
            Route("/{path:path}", _refuse, methods=ANY_METHOD),
        ],
        middleware=[
            Middleware(
                CORSMiddleware,
                allow_origins=["*"],
                allow_methods=ANY_METHOD,
                allow_headers=["*"],
                expose_headers=READABLE_HEADERS,
                max_age=3600,
            ),
            Middleware(RequireApiKey, settings=settings),
        ],
        lifespan=lifespan,
    )


async def _refuse(request: Request) -> Response:
    """A product that a Supabase project has and this gateway has not."""
    return _not_served(request.url.path)


async def _refuse_websocket(socket: WebSocket) -> None:
    """The handshake is answered as any other request for what is not here."""
    await socket.send_denial_response(_not_served(f"{socket.url.path} (websocket)"))


def _not_served(what: str) -> Response:
    message = f"{what}: not served by the local gateway, which serves {SERVED}"
    return JSONResponse({"message": message}, 501)
