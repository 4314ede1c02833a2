"""The admin desk."""

from playwright.sync_api import expect

from tests.console.browser import Windows


def test_a_user_is_suspended_with_a_reason_and_let_back(windows: Windows) -> None:
    ada = windows.sign_in("Ada", "#/admin/users")
    ada.get_by_label("Name or e-mail").fill("demo_sam")
    ada.get_by_role("button", name="Search").click()
    sam = ada.get_by_role("row").filter(has_text="demo_sam@example.com")
    expect(ada.get_by_role("row")).to_have_count(2)
    sam.get_by_label("Reason").fill("Spam")
    sam.get_by_role("button", name="Suspend Sam").click()
    expect(ada.get_by_text("Sam is suspended.")).to_be_visible()

    sam.get_by_label("Reason").fill("A mistake")
    sam.get_by_role("button", name="Lift Sam").click()
    expect(ada.get_by_text("Sam is back.")).to_be_visible()


def test_the_books_balance_and_the_statements_are_listed(windows: Windows) -> None:
    ada = windows.sign_in("Ada", "#/admin/finance")
    expect(ada.locator("#trial-balance")).to_have_text("0")
    expect(ada.get_by_role("table", name="By type of entry")).to_contain_text("promo credit")

    ada.get_by_role("link", name="Slow queries").click()
    expect(ada.get_by_role("table", name="Statements").get_by_role("row").nth(1)).to_be_visible()


def test_a_desk_that_is_not_for_oneself_says_so(windows: Windows) -> None:
    windows.expected.add(403)
    robin = windows.sign_in("Robin", "#/admin/users")

    expect(robin.get_by_role("alert").first).to_contain_text("Not allowed")
