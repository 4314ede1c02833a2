"""Two fans and a creator, in three windows, through one stream."""

from playwright.sync_api import expect

from local.demo import Demo
from tests.console.browser import Windows


def test_a_stream_moves_in_every_window_as_others_act(windows: Windows, demo: Demo) -> None:
    robin = windows.sign_in("Robin")
    robin.get_by_role("link", name="Late-night piano").first.click()
    path = f"#/stream/{demo.stream_id}"
    sam = windows.sign_in("Sam", path)
    nova = windows.sign_in("Nova", path)
    for window in (robin, sam, nova):
        expect(window.get_by_text("Live updates")).to_be_visible()

    robin.get_by_label("Message").fill("Play it again")
    robin.get_by_role("button", name="Send", exact=True).click()
    for window in (robin, sam, nova):
        expect(window.get_by_role("log")).to_contain_text("Play it again")

    balance = int(sam.locator("#balance").inner_text())
    sam.get_by_role("button", name="Star").click()
    expect(sam.locator("#balance")).to_have_text(str(balance - 5))
    for window in (robin, nova):
        expect(window.get_by_text("Sam gave 1 × Star")).to_be_visible()
