"""Every page on a telephone and on a desk: it fits, can be read, and can be used by keyboard."""

import pytest
from playwright.sync_api import expect

from local.demo.data import Demo
from tests.console.browser import Windows
from tests.console.looks import what_is_wrong

# Who looks at which page, and what is there once it has been read.
PAGES = {
    "sign-in": (None, "#/sign-in", "As somebody of the demo"),
    "explore": ("Robin", "#/explore", "Late-night piano"),
    "stream": ("Robin", "#/stream/{stream}", "Room and token"),
    "host": ("Nova", "#/stream/{stream}", "Room and token"),
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


@pytest.mark.parametrize("who", [None, "Robin", "Nova", "Ada"])
def test_pages_fit_and_keep_nobody_out(windows: Windows, demo: Demo, who: str | None) -> None:
    window = windows.sign_in(who) if who else windows.open()
    wrong = []
    for name, (looks, path, words) in PAGES.items():
        if looks != who:
            continue
        window.goto(windows.url + path.format(stream=demo.stream_id, show=demo.show_id))
        expect(window.get_by_text(words).first).to_be_visible()
        expect(window.get_by_text("Loading…")).to_have_count(0)
        wrong += what_is_wrong(window, name)
    assert wrong == []


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
