"""Windows of the console, each with somebody in front of it."""

import shutil
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response, expect

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# The first call of a function starts a process for it, and many start at once.
PATIENCE_MS = 60_000

expect.set_options(timeout=PATIENCE_MS)


def find_chromium() -> str | None:
    """The browser as the system has it."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


@dataclass
class Windows:
    """Opens windows, and hears of everything that goes wrong in them."""

    chromium: Browser
    url: str
    exits: ExitStack
    troubles: list[str] = field(default_factory=list)
    expected: set[int] = field(default_factory=set)
    """Statuses that a test is about."""
    forgiven: list[str] = field(default_factory=list)
    """What a test breaks on purpose, as the browser will tell of it."""

    def open(self, path: str = "", *, width: int = 1280, height: int = 900) -> Page:
        """A window of its own: nobody is signed in."""
        context = self.chromium.new_context(
            viewport={"width": width, "height": height}, reduced_motion="reduce"
        )
        self.exits.callback(context.close)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.troubles.append(f"error: {error}"))
        page.on("requestfailed", self._failed)
        page.on("response", self._answered)
        page.goto(f"{self.url}{path}")
        return page

    def sign_in(self, name: str, path: str = "", **size: Any) -> Page:
        """A window in which somebody of the demo has signed in."""
        page = self.open("#/sign-in", **size)
        page.get_by_role("button", name=name).click()
        expect(page.get_by_role("button", name="Sign out")).to_be_visible()
        if path:
            page.goto(f"{self.url}{path}")
        return page

    def require_calm(self) -> None:
        assert self.troubles == []

    def _note(self, trouble: str) -> None:
        if not any(words in trouble for words in self.forgiven):
            self.troubles.append(trouble)

    def _hear(self, message: ConsoleMessage) -> None:
        # An answer that is no success is said here as well; `_answered` judges it.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self._note(f"{message.type}: {message.text}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.expected:
            self._note(f"{response.status}: {response.request.method} {response.url}")

    def _failed(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":
            self._note(f"{request.failure}: {request.method} {request.url}")
