"""How a page is looked at: both themes, a telephone and a desk, without loading it again."""

from collections.abc import Iterator

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

THEMES = ("light", "dark")
WIDTHS = (1280, 360)
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
OPTIONS = {"resultTypes": ["violations"], "runOnly": {"type": "tag", "values": TAGS}}


def looks(page: Page) -> Iterator[str]:
    """Switch `page` through every theme and width, yielding what it now is."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        for theme in THEMES:
            page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
            yield f"{theme} {width}"


def faults(page: Page) -> list[str]:
    """Return what is wrong with `page` in any of its looks: axe's violations, and what juts out at its side."""
    found = []
    for look in looks(page):
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"{look}: wider than the window")
        for violation in Axe().run(page, options=OPTIONS).response["violations"]:
            nodes = [f"{node['target']} {node.get('failureSummary', '')}" for node in violation["nodes"][:3]]
            found.append(f"{look}: {violation['id']}: {nodes}")
    return found
