"""How a page looks: on a telephone and on a desk, in the light and in the dark, to everybody."""

import os
from typing import Final

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from local.host.state import PROJECT

IMAGES: Final = PROJECT / "docs" / "images"
TAKEN: Final = bool(os.environ.get("LIMELIGHT_SCREENSHOTS"))
SIZES: Final = {"telephone": (360, 780), "desk": (1440, 900)}

# The rules of WCAG 2.2, to AA, and what axe calls good practice.
RULES: Final = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
TOO_WIDE: Final = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def what_is_wrong(window: Page, name: str, *, pictures: tuple[str, ...] = ()) -> list[str]:
    """What does not fit or keeps somebody out of the page that is open, at every size.

    Its pictures for the README are taken on the way, by the names of their sizes.
    """
    wrong = []
    for size, (width, height) in SIZES.items():
        window.set_viewport_size({"width": width, "height": height})
        if (overhang := window.evaluate(TOO_WIDE)) > 0:
            wrong.append(f"{name} on a {size}: {overhang} px too wide")
        wrong += [f"{name} on a {size}: {barrier}" for barrier in _barriers(window)]
        if TAKEN and size in pictures:
            window.screenshot(path=IMAGES / f"console-{name}-{size}.png")
    window.emulate_media(color_scheme="dark")
    wrong += [f"{name} in the dark: {barrier}" for barrier in _barriers(window)]
    window.emulate_media(color_scheme="light")
    return wrong


def _barriers(window: Page) -> list[str]:
    """What keeps somebody out of the page as it is shown, as axe finds it."""
    violations = Axe().run(window, options=RULES).response["violations"]
    return [
        f"{rule['id']}: {node['html'][:120]} ({node['failureSummary']})"
        for rule in violations
        for node in rule["nodes"]
    ]
