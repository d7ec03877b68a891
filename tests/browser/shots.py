"""Pictures of pages for people to look at: light and dark, at a desk and on a telephone.

    python -m tests.browser.shots --as priya.raman@kestrelhome.example /people/ /roles/

Signs in on the database of the environment's settings, against a console that is already running.
"""

import argparse
import os
from pathlib import Path

import django
from playwright.sync_api import Browser, sync_playwright

LOOKS = [(theme, width) for width in (1280, 360) for theme in ("light", "dark")]


def session_of(mail: str) -> str:
    """Return a session key of the person with this address."""
    from accounts.models import Person
    from tests.sessions import signed_in

    client = signed_in(Person.objects.get(email__iexact=mail))
    return client.cookies["sessionid"].value


def take(browser: Browser, base: str, path: str, session: str, folder: Path) -> None:
    """Write the four pictures of `path`."""
    for theme, width in LOOKS:
        context = browser.new_context(base_url=base, viewport={"width": width, "height": 900})
        context.add_cookies([{"name": "theme", "value": theme, "url": base}])
        if session:
            context.add_cookies([{"name": "sessionid", "value": session, "url": base}])
        page = context.new_page()
        page.goto(path, wait_until="networkidle")
        name = "".join(letter if letter.isalnum() else "-" for letter in path).strip("-") or "home"
        page.screenshot(path=folder / f"{name}-{theme}-{width}.png", full_page=True)
        context.close()


def main() -> None:
    """Take the pictures that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="+")
    parser.add_argument("--base", default="http://localhost:8000")
    parser.add_argument("--as", dest="mail", default="", help="mail address of who looks; nobody without it")
    parser.add_argument("--to", type=Path, default=Path("shots"))
    asked = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cxaccess.settings")
    django.setup()
    session = session_of(asked.mail) if asked.mail else ""
    asked.to.mkdir(parents=True, exist_ok=True)
    from tests.browser.conftest import launched

    with sync_playwright() as playwright:
        browser = launched(playwright)
        for path in asked.paths:
            take(browser, asked.base, path, session, asked.to)


if __name__ == "__main__":
    main()
