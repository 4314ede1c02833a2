"""Every page on a telephone and on a desk: it fits, it can be read, and it can be used by keyboard.

With LIMELIGHT_SCREENSHOTS=1 the pages of the README are taken anew.
"""

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from local.demo.data import Demo
from local.host.state import PROJECT
from tests.console.browser import Windows

IMAGES = PROJECT / "docs" / "images"
TAKEN = bool(os.environ.get("LIMELIGHT_SCREENSHOTS"))
SIZES = {"telephone": (360, 780), "desk": (1440, 900)}

# Who looks at which page, and what is there once it has been read.
PAGES = {
    "sign-in": (None, "#/sign-in", "As somebody of the demo"),
    "explore": ("Robin", "#/explore", "Late-night piano"),
    "stream": ("Robin", "#/stream/{stream}", "May publish"),
    "host": ("Nova", "#/stream/{stream}", "May publish"),
    "profile": ("Robin", "#/profile/demo_nova", "Paid call"),
    "wallet": ("Robin", "#/wallet", "Your ledger"),
    "shows": ("Robin", "#/shows", "Piano by candlelight"),
    "show": ("Robin", "#/shows/{show}", "An hour of nocturnes"),
    "calls": ("Nova", "#/calls", "Open to calls"),
    "studio": ("Nova", "#/studio", "You are live"),
    "analytics": ("Nova", "#/analytics", "Coins earned by day and source"),
    "applications": ("Ada", "#/admin/applications", "No application waits."),
    "users": ("Ada", "#/admin/users", "demo_nova@example.com"),
    "finance": ("Ada", "#/admin/finance", "Trial balance"),
    "queries": ("Ada", "#/admin/queries", "p99 ms"),
}

# The rules of WCAG 2.2, to AA, and what axe calls good practice.
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
TOO_WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.mark.parametrize("who", [None, "Robin", "Nova", "Ada"])
def test_pages_fit_and_keep_nobody_out(windows: Windows, demo: Demo, who: str | None) -> None:
    window = windows.sign_in(who) if who else windows.open()
    found: dict[str, list[str]] = {}
    for name, (looks, path, words) in PAGES.items():
        if looks != who:
            continue
        window.goto(windows.url + path.format(stream=demo.stream_id, show=demo.show_id))
        expect(window.get_by_text(words).first).to_be_visible()
        expect(window.get_by_text("Loading…")).to_have_count(0)
        for size, (width, height) in SIZES.items():
            window.set_viewport_size({"width": width, "height": height})
            assert window.evaluate(TOO_WIDE) <= 0, f"{name} on a {size}"
            found[f"{name} on a {size}"] = barriers(window)
            take(window, IMAGES / f"console-{name}-{size}.png")
        window.emulate_media(color_scheme="dark")
        found[f"{name} in the dark"] = barriers(window)
        window.emulate_media(color_scheme="light")
    assert {where: barred for where, barred in found.items() if barred} == {}


def barriers(window: Page) -> list[str]:
    """What keeps somebody out of the page as it is shown, as axe finds it."""
    found = Axe().run(window, options=RULES).response["violations"]
    return [
        f"{rule['id']}: {node['html'][:120]} ({node['failureSummary']})"
        for rule in found
        for node in rule["nodes"]
    ]


def test_one_gets_to_the_content_and_to_a_gift_by_keyboard(windows: Windows, demo: Demo) -> None:
    window = windows.sign_in("Robin", f"#/stream/{demo.stream_id}")
    expect(window.get_by_role("button", name="Star")).to_be_visible()
    window.evaluate("document.activeElement.blur()")
    window.get_by_role("link", name="Skip to the content").focus()
    window.keyboard.press("Enter")
    assert window.evaluate("document.activeElement.id") == "main"

    for _ in range(12):
        window.keyboard.press("Tab")
        if "Rose" in (window.evaluate("document.activeElement.textContent") or ""):
            break
    else:
        pytest.fail("no gift was reached")
    outline = window.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"


def take(window: Page, file: Path) -> None:
    if TAKEN and file.name.removeprefix("console-") in README:
        file.parent.mkdir(exist_ok=True)
        window.screenshot(path=file)


README = {
    "stream-desk.png",
    "stream-telephone.png",
    "host-telephone.png",
    "analytics-desk.png",
    "finance-desk.png",
}
