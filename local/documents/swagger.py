"""The interactive API documentation, from this machine alone: Swagger UI's files are bundled."""

import contextlib
import json
import mimetypes
import threading
from collections.abc import Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from typing import Any

from fastapi.openapi.docs import get_swagger_ui_html

from local.host.ports import LOOPBACK
from local.host.state import PROJECT

DOCUMENT_PATH = "/openapi.json"
ASSETS_PATH = "/docs-assets"
ASSETS = ("swagger-ui-bundle.js", "swagger-ui.css", "favicon.png")


def page() -> str:
    """The HTML page that shows the API document."""
    html = get_swagger_ui_html(
        openapi_url=DOCUMENT_PATH,
        title="Limelight API",
        swagger_js_url=f"{ASSETS_PATH}/swagger-ui-bundle.js",
        swagger_css_url=f"{ASSETS_PATH}/swagger-ui.css",
        swagger_favicon_url=f"{ASSETS_PATH}/favicon.png",
        swagger_ui_parameters={"persistAuthorization": True, "tryItOutEnabled": True},
    )
    return bytes(html.body).decode()


def asset(name: str) -> tuple[bytes, str] | None:
    """One of the page's files and its media type; None for any other name."""
    if name not in ASSETS:
        return None
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return files("fastapi_offline").joinpath("static", name).read_bytes(), media_type


def deployed_document(api_url: str) -> dict[str, Any]:
    """The committed API document, pointed at a deployed API."""
    document: dict[str, Any] = json.loads((PROJECT / "docs" / "openapi.json").read_text())
    return document | {"servers": [{"url": api_url}]}


@contextlib.contextmanager
def serve_docs(document: dict[str, Any], port: int) -> Iterator[str]:
    """Serve the page for `document` on loopback while the context lasts; yields its URL."""
    server = ThreadingHTTPServer((LOOPBACK, port), _handler(document))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://{LOOPBACK}:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(document: dict[str, Any]) -> type[BaseHTTPRequestHandler]:
    pages = {
        "/": (page().encode(), "text/html; charset=utf-8"),
        DOCUMENT_PATH: (json.dumps(document).encode(), "application/json"),
    }

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            directory, _, name = self.path.rpartition("/")
            found = pages.get(self.path) or (asset(name) if directory == ASSETS_PATH else None)
            body, media_type = found or (b"Not found\n", "text/plain")
            self.send_response(HTTPStatus.OK if found else HTTPStatus.NOT_FOUND)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """A line for each file read tells nobody anything."""

    return Handler
