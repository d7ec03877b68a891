"""How a page is looked at: both themes, a telephone and a desk, without loading it again."""

from collections.abc import Iterator

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

THEMES = ("light", "dark")
WIDTHS = (1280, 360)
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
EVERYTHING = {"resultTypes": ["violations"], "runOnly": {"type": "tag", "values": TAGS}}
# A theme changes colours and nothing else: what stands where was seen in the other one.
COLOURS = {"resultTypes": ["violations"], "runOnly": {"type": "rule", "values": ["color-contrast"]}}


def looks(page: Page) -> Iterator[tuple[str, dict[str, object]]]:
    """Switch `page` through every width and theme, yielding what it now is and what axe has to look at."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        for theme in THEMES:
            page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
            yield f"{theme} {width}", EVERYTHING if theme == THEMES[0] else COLOURS


def faults(page: Page) -> list[str]:
    """Return what is wrong with `page` in any of its looks: axe's violations, and what juts out at its side."""
    found = []
    page.evaluate(Axe().axe_script)
    for look, options in looks(page):
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"{look}: wider than the window")
        for violation in page.evaluate("options => axe.run(options)", options)["violations"]:
            nodes = [f"{node['target']} {node.get('failureSummary', '')}" for node in violation["nodes"][:3]]
            found.append(f"{look}: {violation['id']}: {nodes}")
    return found
