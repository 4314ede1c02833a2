"""Payments on a line that breaks: each decision moves coins once, whatever is pressed meanwhile."""

import pytest
from playwright.sync_api import Page, Request, Route, expect

from local.demo.client import Client
from local.demo.data import Demo
from tests.console.browser import Windows

STAR_COINS = 5


@pytest.fixture
def sam(windows: Windows, demo: Demo) -> Page:
    """A fan in front of the stream, who has not pressed anything yet."""
    window = windows.sign_in("Sam", f"#/stream/{demo.stream_id}")
    expect(window.get_by_role("button", name="Star")).to_be_visible()
    windows.forgiven.append("net::ERR_CONNECTION_RESET")
    return window


class Line:
    """The line to one action: each try meets what is next in `fates`, the last one for good."""

    def __init__(self, *fates: str) -> None:
        self.fates = list(fates)
        self.keys: list[str | None] = []
        self.held: list[Route] = []

    def __call__(self, route: Route, request: Request) -> None:
        self.keys.append(request.header_value("idempotency-key"))
        fate = self.fates.pop(0) if len(self.fates) > 1 else self.fates[0]
        getattr(self, fate)(route)

    def deliver(self, route: Route) -> None:
        route.continue_()

    def hold(self, route: Route) -> None:
        self.held.append(route)

    def lose(self, route: Route) -> None:
        """It arrives, and moves the coins; its answer does not come back."""
        assert route.fetch().ok
        route.abort("connectionreset")

    def cut(self, route: Route) -> None:
        route.abort("connectionreset")

    def throttle(self, route: Route) -> None:
        """As the API answers before it looks at the key."""
        route.fulfill(
            status=429,
            headers={
                "Access-Control-Allow-Origin": "*",
                "Access-Control-Expose-Headers": "Retry-After",
                "Retry-After": "1",
            },
            json={
                "status": 429,
                "code": "rate_limited",
                "title": "Too many requests",
                "detail": "Slow down and try again later.",
                "instance": "test",
            },
        )


def movements(api: Client, demo: Demo, kind: str) -> int:
    path = f"/api/wallet/transactions?type={kind}&limit=100"
    return len(api.get(path, demo.fans[1]).require(200)["transactions"])


def balance(window: Page) -> int:
    return int(window.locator("#balance").inner_text())


def test_a_gift_whose_answer_is_lost_and_whose_next_tries_are_throttled_is_charged_once(
    sam: Page, windows: Windows, api: Client, demo: Demo
) -> None:
    windows.expected.add(429)
    before, moved = balance(sam), movements(api, demo, "gift")
    line = Line("lose", "throttle", "throttle", "throttle", "deliver")
    sam.route("**/gift", line)
    sam.get_by_role("button", name="Star").click()
    expect(sam.get_by_text("Not known yet")).to_be_visible()

    sam.get_by_role("button", name="Star").click()

    expect(sam.get_by_text("The server gave its first answer again")).to_be_visible()
    expect(sam.locator("#balance")).to_have_text(str(before - STAR_COINS))
    assert movements(api, demo, "gift") == moved + 1
    assert len(line.keys) == 5
    assert len(set(line.keys)) == 1


def test_a_try_that_is_refused_does_not_hide_that_another_was_paid(
    sam: Page, windows: Windows, api: Client, demo: Demo
) -> None:
    windows.expected.add(429)
    before, moved = balance(sam), movements(api, demo, "gift")
    line = Line("hold", "throttle")
    sam.route("**/gift", line)
    star = sam.get_by_role("button", name="Star")
    with sam.expect_request("**/gift"):
        star.click()
    with sam.expect_response("**/gift"):
        star.click()
    line.held[0].continue_()

    expect(sam.locator(".receipt")).to_contain_text("Done, once.")
    expect(sam.locator("#balance")).to_have_text(str(before - STAR_COINS))
    assert movements(api, demo, "gift") == moved + 1
    assert len(set(line.keys)) == 1


def test_an_open_tip_outlives_its_page_and_no_other_is_sent_before_it_is_settled(
    sam: Page, windows: Windows, api: Client, demo: Demo
) -> None:
    before, moved = balance(sam), movements(api, demo, "stream_tip")
    line = Line("lose", "cut")
    sam.route("**/tip", line)
    sam.get_by_role("spinbutton", name="Tip").fill("7")
    sam.get_by_role("button", name="Send tip").click()
    expect(sam.get_by_text("A tip of 7 coins: Not known yet")).to_be_visible()
    tries = len(line.keys)

    sam.get_by_role("spinbutton", name="Tip").fill("9")
    sam.get_by_role("button", name="Send tip").click()
    expect(sam.get_by_text("Nothing else was sent")).to_be_visible()
    assert len(line.keys) == tries

    sam.goto(f"{windows.url}#/wallet")
    expect(sam.get_by_role("heading", name="Wallet")).to_be_visible()
    sam.goto(f"{windows.url}#/stream/{demo.stream_id}")
    expect(sam.get_by_text("A tip of 7 coins: Not known yet")).to_be_visible()
    sam.reload()
    expect(sam.get_by_text("A tip of 7 coins: Not known yet")).to_be_visible()
    line.fates = ["deliver"]
    sam.get_by_role("button", name="Try again").click()

    expect(sam.get_by_text("The server gave its first answer again")).to_be_visible()
    expect(sam.locator("#balance")).to_have_text(str(before - 7))
    assert movements(api, demo, "stream_tip") == moved + 1
    assert len(set(line.keys)) == 1
