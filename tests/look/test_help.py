"""Help: every screen has its page of the guide, and the guide leads nowhere that is not there."""

import re
from html import unescape

import pytest
from django.test import Client
from django.urls import get_resolver, reverse

from cxaccess.help import ABOUT, pages
from tests.cast import Cast
from tests.sessions import signed_in
from tests.url_table import rows

# What has no page of its own: parts of the frame, machines' addresses, before anybody has signed in.
UNEXPLAINED = {"live", "ready", "search", "gallery", "appearance", "help", "help-start", "jobs", "setup", "account"}


def test_every_screen_has_its_page_of_the_guide() -> None:
    areas = {row.url.partition(":")[0] for row in rows() if not row.url.startswith(("/", "account_", "openid_"))}
    known = {namespace for namespace in get_resolver().namespace_dict if namespace}
    assert (areas & known) - UNEXPLAINED <= set(ABOUT)
    assert set(ABOUT.values()) <= set(pages())


def test_the_guide_leads_only_to_its_own_pages() -> None:
    for name, (title, body) in pages().items():
        assert title, name
        for target in re.findall(r'href="([^"]+)"', body):
            assert target.startswith("/help/"), f"{name}: {target}"
            page = unescape(target).split("#")[0].rstrip("/").rpartition("/")[2]
            assert page in pages(), f"{name}: {target}"


@pytest.mark.django_db
def test_the_help_button_opens_the_page_about_where_one_is(cast: Cast) -> None:
    client: Client = signed_in(cast.priya)
    assert reverse("help", args=["people"]) in client.get("/people/").content.decode()
    assert "<h1>People</h1>" in client.get("/help/people/").content.decode()
    assert client.get("/help/nowhere/").status_code == 404


def test_text_of_the_guide_cannot_bring_html_in() -> None:
    assert all("<script" not in body for _title, body in pages().values())
