"""The frame: navigation by the gate, theme without a flash, search of what may be seen, nothing inline."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from accounts.models import Person
from cxaccess import navigation
from cxaccess.lib import clock
from tests.cast import Cast
from tests.sessions import signed_in

TEMPLATES = sorted(Path(settings.BASE_DIR, "templates").rglob("*.html"))
INLINE = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=\"|javascript:", re.IGNORECASE)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_holds_anything_inline(path: Path) -> None:
    """The content security policy would not run it."""
    assert not INLINE.search(path.read_text())


def test_the_gallery_renders_every_component(cast: Cast) -> None:
    page = signed_in(cast.priya).get("/gallery/")
    assert page.status_code == 200
    assert not INLINE.search(page.text)


def test_the_navigation_shows_only_what_the_gate_allows(cast: Cast) -> None:
    def places(person: Person) -> set[str]:
        items = (item for section in navigation.NAVIGATION for item in section.items)
        return {item.url_name for item in items if navigation.allowed(person, item, clock.now())}

    assert places(cast.chiara) == {"overview", "my-access"}
    assert "check:index" in places(cast.priya)
    assert places(cast.jonas) > places(cast.chiara)
    assert "check:index" not in places(cast.jonas)


def test_every_place_of_the_navigation_has_a_page(cast: Cast) -> None:
    shown = navigation.NAVIGATION
    client = signed_in(cast.priya)
    assert {client.get(item.url).status_code for section in shown for item in section.items} == {200}


def test_search_finds_what_may_be_seen_and_nothing_else(cast: Cast) -> None:
    assert "Maya Okafor" in signed_in(cast.jonas).get("/search/", {"q": "maya"}).text
    assert "Ali Haddad" not in signed_in(cast.jonas).get("/search/", {"q": "ali"}).text
    assert "Maya Okafor" not in signed_in(cast.chiara).get("/search/", {"q": "maya"}).text


def test_theme_and_density_are_right_in_the_first_paint(cast: Cast) -> None:
    client = signed_in(cast.maya)
    client.post("/appearance/", {"theme": "dark"})
    client.post("/appearance/", {"density": "compact"})
    assert '<html lang="en" data-theme="dark" data-density="compact">' in client.get("/search/").text


def test_an_unknown_theme_is_the_systems() -> None:
    client = Client()
    client.cookies.load({"theme": '"><script>'})
    assert 'data-theme="system"' in client.get("/nowhere/").text


def test_the_palette_gets_the_list_alone(cast: Cast) -> None:
    part = signed_in(cast.priya).get("/search/", {"q": "a"}, headers={"X-Requested-With": "palette"}).text
    assert "<html" not in part


def test_search_answers_anything(cast: Cast) -> None:
    client = signed_in(cast.priya)
    for text in ("", "maya", "%", "\x00", "x" * 5000, "'\"<>"):
        assert client.get("/search/", {"q": text}).status_code == 200


STYLES = Path(settings.BASE_DIR, "static/css")
COLOUR = re.compile(r"oklch\(|rgba?\(|hsla?\(|#[0-9a-fA-F]{3,8}\b")
# An avatar's hue belongs to the person; a token, resolved at the root, cannot know it.
OWN_COLOURS = {"avatar.css"}


@pytest.mark.parametrize(
    "path",
    [path for path in sorted(STYLES.glob("*/*.css")) if path.parent.name != "tokens"],
    ids=lambda path: path.name,
)
def test_only_tokens_name_colours(path: Path) -> None:
    assert path.name in OWN_COLOURS or not COLOUR.search(path.read_text())


def test_every_token_that_is_used_is_named() -> None:
    everything = "".join(path.read_text() for path in STYLES.rglob("*.css"))
    named = set(re.findall(r"(--[\w-]+):", everything))
    assert set(re.findall(r"var\((--[\w-]+)\)", everything)) <= named


def test_people_are_served_by_the_storage_that_bundles() -> None:
    from cxaccess import settings as deployed

    assert deployed.STORAGES["staticfiles"]["BACKEND"] == "cxaccess.assets.ConsoleStorage"


def test_the_style_sheet_is_one_file_with_every_part() -> None:
    from django.contrib.staticfiles.finders import get_finders

    from cxaccess.assets import ENTRY, bundled

    paths = {path: (storage, path) for finder in get_finders() for path, storage in finder.list([])}
    text = bundled(ENTRY, paths)
    assert "@import" not in text
    parts = {path for path in paths if path.startswith("css/") and path != ENTRY}
    named = set(re.findall(r'@import "([\w/.-]+)"', Path(settings.BASE_DIR, "static", ENTRY).read_text()))
    assert {f"css/{name}" for name in named} == parts
