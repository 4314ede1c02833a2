"""Pages that have a past, in a world of 2,000 people: the pictures of the README.

The world fills the stack of these tests, so this file comes after the others. With
LIMELIGHT_SCREENSHOTS=1 the pictures are taken anew.
"""

from uuid import UUID

import pytest
from playwright.sync_api import Page, expect

from local.demo.data import Demo
from local.host.progress import QUIET
from local.seed.fill import fill
from local.seed.target import connect, landmarks, username_of
from local.seed.world import PASSWORD, World, this_second
from local.stack.deployed import Deployment
from tests.console.browser import Windows
from tests.console.looks import what_is_wrong

type Places = dict[str, UUID]

SCALE = 0.02


@pytest.fixture(scope="module")
def places(stack: Deployment, demo: Demo) -> Places:
    """Where there is most of everything, by name."""
    with connect(stack.backing.direct_url) as connection:
        fill(connection, World(seed=1, scale=SCALE, at=this_second()), QUIET)
        return landmarks(connection)


@pytest.fixture(scope="module")
def creator_name(stack: Deployment, places: Places) -> str:
    """The creator to whom most people go."""
    with connect(stack.backing.direct_url) as connection:
        return str(username_of(connection, places["creator"]))


def sign_in_as(windows: Windows, username: str) -> Page:
    window = windows.open("#/sign-in")
    form = window.get_by_role("button", name="Sign in", exact=True).locator("xpath=ancestor::form")
    form.get_by_label("E-mail").fill(f"{username}@example.com")
    form.get_by_label("Password").fill(PASSWORD)
    form.get_by_role("button").click()
    expect(window.get_by_role("button", name="Sign out")).to_be_visible()
    return window


def test_a_stream_that_everybody_watches(windows: Windows, places: Places) -> None:
    window = windows.sign_in("Robin", f"#/stream/{places['stream']}")
    expect(window.get_by_text("Live updates")).to_be_visible()
    expect(window.locator(".board li")).to_have_count(10)

    assert what_is_wrong(window, "stream", pictures=("desk", "telephone")) == []


def test_the_figures_of_the_creator_to_whom_most_people_go(
    windows: Windows, creator_name: str
) -> None:
    window = sign_in_as(windows, creator_name)
    window.goto(f"{windows.url}#/analytics")
    earnings = window.get_by_role("figure", name="Coins earned by day and source")
    expect(earnings.locator("rect")).not_to_have_count(0)

    assert what_is_wrong(window, "analytics", pictures=("desk",)) == []


def test_the_books_of_a_platform_that_has_begun(windows: Windows, places: Places) -> None:
    window = windows.sign_in("Ada", "#/admin/finance")
    expect(window.get_by_text("Trial balance")).to_be_visible()

    assert what_is_wrong(window, "finance", pictures=("desk",)) == []


@pytest.mark.parametrize("path", ["explore", "admin/users"])
def test_long_lists(windows: Windows, places: Places, path: str) -> None:
    window = windows.sign_in("Ada", f"#/{path}")
    expect(window.get_by_role("button", name="Show more").first).to_be_visible()

    assert what_is_wrong(window, path) == []
