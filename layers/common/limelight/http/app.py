"""The application: around one router in a Lambda, around all of them on a laptop."""

import asyncio
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.telemetry import TelemetryConfig
from mangum import Mangum
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware

from limelight.data.errors import DataError, DataUnavailable
from limelight.errors import Problem
from limelight.http import problems
from limelight.http.blocking import alone
from limelight.http.body import GuardBody
from limelight.http.endpoint import Endpoint
from limelight.http.idempotency import REPLAYED_HEADER
from limelight.http.limits import HEADER, POLICY_HEADER
from limelight.http.observe import REQUEST_ID_HEADER, Observe
from limelight.platform.observability import logger
from limelight.platform.settings import KernelSettings, kernel_settings
from limelight.platform.start import end

TITLE: Final = "Limelight"
VERSION: Final = "0.1.0"
UNTRACED: Final[TelemetryConfig] = {"tracing": False, "metrics": False, "logs": False}
"""FastAPI's own telemetry is not looked for at every request: docs/adr/0004-no-tracing-sdk.md."""

type Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


def create_app(endpoints: Iterable[Endpoint]) -> FastAPI:
    """The application that serves `endpoints`, without pages of documentation of its own."""
    app = FastAPI(
        title=TITLE,
        version=VERSION,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        routes=[route for endpoint in endpoints for route in endpoint.routes],
        telemetry=UNTRACED,
    )
    _add_error_handlers(app)
    _add_middleware(app, kernel_settings())
    return app


@lru_cache(maxsize=1)
def event_loop() -> asyncio.AbstractEventLoop:
    """The loop that every invocation of this process runs on."""
    return asyncio.new_event_loop()


def lambda_handler(endpoint: Endpoint) -> Handler:
    """The Lambda handler of one endpoint, behind API Gateway's proxy integration."""
    asyncio.set_event_loop(event_loop())
    adapter = Mangum(
        create_app([endpoint]),
        lifespan="off",
        text_mime_types=["application/json", problems.MEDIA_TYPE],
    )

    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        # Mangum asks for the thread's loop, which an asyncio.run before it has taken away.
        asyncio.set_event_loop(event_loop())
        logger.append_keys(function_request_id=context.aws_request_id)
        with alone():
            return adapter(event, context)

    end()
    return handler


def _add_error_handlers(app: FastAPI) -> None:
    handlers: dict[type[Exception], Any] = {
        Problem: problems.on_problem,
        RequestValidationError: problems.on_validation_error,
        HTTPException: problems.on_http_exception,
        DataError: problems.on_data_error,
        DataUnavailable: problems.on_data_unavailable,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)


def _add_middleware(app: FastAPI, settings: KernelSettings) -> None:
    """Outermost last: everything, a refused body included, is observed and has CORS headers."""
    app.add_middleware(GuardBody, limit=settings.max_body_bytes)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=[settings.cors_origin],
        allow_methods=["GET", "POST", "PATCH", "DELETE"],
        allow_headers=[
            "Authorization",
            "Content-Type",
            problems.IDEMPOTENCY_HEADER,
            REQUEST_ID_HEADER,
        ],
        expose_headers=[REQUEST_ID_HEADER, REPLAYED_HEADER, "Retry-After", HEADER, POLICY_HEADER],
        max_age=600,
    )
    app.add_middleware(Observe)
