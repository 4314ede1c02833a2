"""Every endpoint in one server, for `make dev`: `uvicorn local.server:app --factory --reload`.

The functions' environment must be set, as `local.dev` sets it.
"""

from fastapi import FastAPI, HTTPException
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from limelight.http import create_app
from local.documents.openapi import openapi
from local.documents.swagger import ASSETS_PATH, DOCUMENT_PATH, asset, page
from local.facts.endpoints import HttpFunction, http_functions


def app() -> FastAPI:
    """The routers of all functions mounted together, with interactive documentation."""
    application = create_app([function.router for function in sorted(http_functions(), key=_order)])
    document = openapi()

    @application.get("/", include_in_schema=False)
    def home() -> RedirectResponse:
        return RedirectResponse("/docs")

    @application.get("/docs", include_in_schema=False)
    def docs() -> HTMLResponse:
        return HTMLResponse(page())

    @application.get(DOCUMENT_PATH, include_in_schema=False)
    def openapi_document() -> JSONResponse:
        return JSONResponse(document)

    @application.get(f"{ASSETS_PATH}/{{name}}", include_in_schema=False)
    def docs_asset(name: str) -> Response:
        found = asset(name)
        if found is None:
            raise HTTPException(404)
        return Response(found[0], media_type=found[1])

    return application


def _order(function: HttpFunction) -> tuple[str, str]:
    """Written paths before those with a parameter there, as API Gateway matches them."""
    return function.path.replace("{", "~"), function.method
