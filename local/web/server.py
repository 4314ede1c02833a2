"""Serves the console's files from this machine alone, and tells them where the API is."""

import contextlib
import json
import mimetypes
import threading
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from local.host.ports import LOOPBACK

SITE = Path(__file__).with_name("site")
CONFIG_PATH = "/config.json"


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """Somebody to sign in as with one click; only a stack on this machine has such people."""

    who: str
    name: str
    email: str
    password: str


@dataclass(frozen=True, slots=True)
class ConsoleSettings:
    """What the console is told when it loads. All of it is public."""

    apiUrl: str  # noqa: N815 - as the console reads it
    supabaseUrl: str  # noqa: N815
    publishableKey: str  # noqa: N815
    demo: Sequence[DemoAccount] = ()

    def policy(self) -> str:
        """Scripts and styles are the site's own; it speaks with the API and with Supabase alone."""
        supabase = _origin(self.supabaseUrl)
        socket = supabase.replace("http", "ws", 1)
        return "; ".join(
            [
                "default-src 'none'",
                "script-src 'self'",
                "style-src 'self'",
                "img-src 'self' https:",
                f"connect-src 'self' {_origin(self.apiUrl)} {supabase} {socket}",
                "base-uri 'none'",
                "form-action 'none'",
                "frame-ancestors 'none'",
                # Markup is made by lit-html's templates alone: the browser refuses any other.
                "require-trusted-types-for 'script'",
                "trusted-types lit-html",
            ]
        )


@contextlib.contextmanager
def serve_console(settings: ConsoleSettings, port: int) -> Iterator[str]:
    """Serve the console on loopback while the context lasts; yields its URL."""
    server = ThreadingHTTPServer((LOOPBACK, port), _handler(settings))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://{LOOPBACK}:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def site_files() -> dict[str, Path]:
    """The files of the site by the paths they are served at: no other file ever is."""
    files = {f"/{path.relative_to(SITE).as_posix()}": path for path in SITE.rglob("*")}
    return {name: path for name, path in files.items() if path.is_file()} | {
        "/": SITE / "index.html"
    }


def _handler(settings: ConsoleSettings) -> type[BaseHTTPRequestHandler]:
    config = json.dumps(asdict(settings)).encode()
    policy = settings.policy()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            if path == CONFIG_PATH:
                self._answer(HTTPStatus.OK, config, "application/json")
                return
            # Looked up at each request, so that a change of the site is a reload away.
            file = site_files().get(path)
            if file is None:
                self._answer(HTTPStatus.NOT_FOUND, b"Not found\n", "text/plain")
                return
            self._answer(HTTPStatus.OK, file.read_bytes(), _media_type(file))

        def _answer(self, status: HTTPStatus, body: bytes, media_type: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.send_header("Content-Security-Policy", policy)
            self.send_header("X-Content-Type-Options", "nosniff")
            self.send_header("Referrer-Policy", "no-referrer")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """A line for each file read tells nobody anything."""

    return Handler


def _media_type(file: Path) -> str:
    if file.suffix == ".js":
        return "text/javascript; charset=utf-8"
    return mimetypes.guess_type(file.name)[0] or "application/octet-stream"


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
