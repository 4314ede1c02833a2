"""What a fan does besides watching: calls, tickets, the wallet."""

import re

from playwright.sync_api import expect

from local.demo.client import Client
from local.demo.data import Demo
from tests.console.browser import Windows


def test_a_call_is_asked_for_and_its_hold_comes_back(
    windows: Windows, api: Client, demo: Demo
) -> None:
    nova = windows.sign_in("Nova", "#/studio")
    nova.get_by_label("Open to calls").check()
    nova.get_by_role("button", name="Save").click()
    expect(nova.get_by_text("Saved.")).to_be_visible()
    robin = windows.sign_in("Robin", "#/profile/demo_nova")
    robin.get_by_role("button", name="Ask for a call").click()
    expect(robin.get_by_text("are set aside; ")).to_be_visible()
    expect(robin.locator(".receipt")).to_contain_text("Done, once.")
    held = api.get("/api/wallet/balance", demo.fans[0]).require(200)["heldBalance"]
    assert held > 0

    nova.get_by_role("link", name="Calls", exact=True).click()
    expect(nova.get_by_role("heading", name="From Robin pending")).to_be_visible()
    robin.get_by_role("link", name="Go to your calls").click()
    robin.get_by_role("button", name="Cancel").click()

    for window in (robin, nova):
        expect(window.get_by_text("cancelled").first).to_be_visible()
    assert api.get("/api/wallet/balance", demo.fans[0]).require(200)["heldBalance"] == 0


def test_a_ticket_is_bought_and_stands_in_the_ledger(windows: Windows, demo: Demo) -> None:
    sam = windows.sign_in("Sam", f"#/shows/{demo.show_id}")
    sam.get_by_role("button", name="Buy a ticket").click()
    expect(sam.get_by_text("You have ticket number 1, for 30 coins.")).to_be_visible()

    sam.get_by_role("link", name=re.compile("^Wallet: ")).click()
    ledger = sam.get_by_role("table", name="Your ledger")
    expect(ledger.get_by_role("row", name="show ticket").first).to_contain_text("-30 coins")


def test_what_one_cannot_pay_is_refused_in_words(windows: Windows, demo: Demo) -> None:
    windows.expected.add(402)
    sam = windows.sign_in("Sam", f"#/stream/{demo.stream_id}")
    sam.context.grant_permissions(["clipboard-read", "clipboard-write"])
    sam.get_by_role("button", name="Mansion").click()

    refused = sam.get_by_role("alert")
    expect(refused).to_contain_text("It takes 500 coins; you have")
    expect(refused).to_be_focused()
    expect(refused.locator("code")).to_have_text(re.compile(r"^[0-9a-f-]{36}$"))
    refused.get_by_role("button", name="Copy id").click()
    expect(refused.get_by_text("Copied.")).to_be_visible()
    copied = sam.evaluate("() => navigator.clipboard.readText()")
    assert copied == refused.locator("code").inner_text()
    expect(sam.get_by_text("Refused: no coin has moved.")).to_be_visible()


def test_a_wrong_password_and_a_bad_name_are_told(windows: Windows) -> None:
    windows.expected |= {400, 422}
    window = windows.open("#/sign-in")
    entering = window.get_by_role("region", name="With your account")
    entering.get_by_label("E-mail").fill("demo_robin@example.com")
    entering.get_by_label("Password").fill("not it")
    entering.get_by_role("button", name="Sign in").click()
    expect(entering.get_by_role("alert")).to_contain_text("Invalid login credentials")

    joining = window.get_by_role("region", name="New here")
    joining.get_by_label("User name").fill("a")
    joining.get_by_label("E-mail").fill("somebody@example.com")
    joining.get_by_label("Password").fill("correct horse")
    joining.get_by_role("button", name="Sign up").click()
    expect(joining.get_by_role("alert")).to_contain_text("User name not acceptable")
