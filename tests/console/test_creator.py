"""A creator's own pages, and how somebody becomes one."""

from secrets import token_hex

from playwright.sync_api import expect

from tests.console.browser import Windows


def test_a_fan_applies_is_approved_and_goes_live(windows: Windows) -> None:
    name = f"luna_{token_hex(3)}"
    luna = windows.open("#/sign-in")
    joining = luna.get_by_role("region", name="New here")
    joining.get_by_label("User name").fill(name)
    joining.get_by_label("E-mail").fill(f"{name}@example.com")
    joining.get_by_label("Password").fill("correct horse")
    joining.get_by_role("button", name="Sign up").click()
    luna.get_by_role("link", name="Studio").click()
    luna.get_by_label("Name", exact=True).fill("Luna")
    luna.get_by_label("About you").fill("Cellist")
    luna.get_by_label("Why").fill("People ask me to")
    luna.get_by_label("What you will stream").fill("music")
    luna.get_by_role("button", name="Apply").click()
    expect(luna.get_by_text("An admin will look at it.")).to_be_visible()

    ada = windows.sign_in("Ada", "#/admin/applications")
    card = ada.get_by_role("listitem").filter(has_text="Luna")
    card.get_by_role("button", name="Approve").click()
    expect(ada.get_by_text("Luna is a creator now.")).to_be_visible()

    luna.reload()
    luna.get_by_label("Title").fill("Cello suites")
    luna.get_by_role("button", name="Go live").click()
    expect(luna.get_by_role("heading", name="Cello suites")).to_be_visible()
    expect(luna.get_by_role("heading", name="Your stream")).to_be_visible()
    luna.get_by_role("button", name="End the stream").click()
    expect(luna.get_by_text("The stream is over.")).to_be_visible()


def test_earnings_are_charts_with_the_same_figures_as_tables(windows: Windows) -> None:
    nova = windows.sign_in("Nova", "#/analytics")
    expect(nova.get_by_role("heading", name="Earnings")).to_be_visible()

    daily = nova.get_by_role("figure").first
    expect(daily.get_by_role("img")).to_be_visible()
    # Gifts of the demo: 15 of Robin's and 20 of Sam's, at least.
    expect(daily.locator("rect.series-1").first).to_be_visible()
    daily.get_by_text("As a table").click()
    expect(daily.get_by_role("row")).to_have_count(31)
    expect(nova.get_by_role("region", name="Top supporters").locator("svg")).to_contain_text("Sam")
    nova.get_by_role("combobox", name="Window").select_option("7 days")
    expect(daily.get_by_role("row")).to_have_count(8)
