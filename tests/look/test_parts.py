"""The small parts that every page is made of."""

import doctest
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import timezone

from cxaccess.gallery import Sample
from cxaccess.lib.models import Risk
from cxaccess.templatetags import pictures, ui

AT = datetime(2026, 11, 20, 8, 42, tzinfo=UTC)


def draw(source: str, query: str = "", **context: object) -> str:
    request = RequestFactory().get(f"/people/{query}")
    request.at = AT  # type: ignore[attr-defined]
    return Template(source).render(Context({"request": request, **context}))


def test_the_examples_in_the_docstrings_run() -> None:
    assert doctest.testmod(ui).failed == 0


def test_every_icon_the_console_names_exists() -> None:
    for name in ui.ICONS:
        assert 'aria-hidden="true"' in ui.icon(name)


def test_a_name_keeps_its_hue_and_is_escaped() -> None:
    assert ui.avatar("Maya Okafor") == ui.avatar("Maya Okafor")
    assert "<script>" not in ui.avatar("<script> x")
    assert ui.initials("") == ""


@pytest.mark.parametrize(("moment", "text"), [
    (AT - timedelta(seconds=5), "just now"), (AT - timedelta(minutes=5), "5 min ago"),
    (AT - timedelta(hours=2), "2 h ago"),
    (AT + timedelta(hours=25), "in 1 day"), (AT - timedelta(days=3), "3 days ago"),
])  # fmt: skip
def test_relative_times(moment: datetime, text: str) -> None:
    assert ui.relative(moment, AT) == text
    drawn = draw("{% when moment 'ago' %}", moment=moment)
    assert f">{text}</time>" in drawn
    assert "UTC" in drawn  # the full time is in the title


def test_times_are_shown_in_the_readers_zone() -> None:
    with timezone.override("Europe/Berlin"):
        drawn = draw("{% when moment %}", moment=AT)
    assert 'datetime="2026-11-20T09:42:00+01:00"' in drawn
    assert ">Fri 20 Nov 2026, 09:42 CET</time>" in drawn


def test_no_time_says_what_that_means() -> None:
    assert "No end" in draw("{% when None empty='No end' %}")


def test_what_ends_at_midnight_ends_with_the_day_before_in_the_zone_of_the_reader() -> None:
    midnight = datetime(2026, 11, 30, 23, tzinfo=UTC)  # the end of 30 November in Berlin
    with timezone.override("Europe/Berlin"):
        assert ">30 Nov 2026<" in draw("{% when moment 'last' %}", moment=midnight)
        assert ">1 Dec 2026<" in draw("{% when moment 'day' %}", moment=midnight)


def test_a_link_keeps_the_address_but_goes_to_its_first_page() -> None:
    assert draw("{% query sort='name' %}", "?q=a&page=3") == "?q=a&amp;sort=name"
    assert draw("{% query page=2 %}", "?q=a&page=3") == "?q=a&amp;page=2"
    assert draw("{% query q=None %}", "?q=a") == "/people/"


def test_a_sorted_head_says_so_and_turns_round() -> None:
    page = SimpleNamespace(sort="-name")
    drawn = draw("{% sort_head page 'name' 'Person' %}", "?sort=-name", page=page)
    assert 'aria-sort="descending"' in drawn
    assert 'href="?sort=name"' in drawn


def test_a_risk_is_a_word_and_bars() -> None:
    assert ">High</span>" in ui.risk(Risk.HIGH)
    assert ui.risk(Risk.HIGH).count('class="on"') == 3


def test_pictures_of_nothing_do_not_fail() -> None:
    assert "<svg" in pictures.meter([("a", 0)], "Nothing yet")
    assert "<svg" in pictures.donut([("a", 0)], "Nothing yet", "0")
    assert pictures.bars([], "Nothing yet") == ""
    assert pictures.spark([], "Nothing yet") == ""
    assert "<svg" in pictures.spark([7], "Steady")


def test_a_field_ties_label_help_and_error_to_its_control() -> None:
    form = Sample({"name": ""})
    drawn = form["name"].as_field_group()
    assert 'class="input"' in drawn
    assert 'aria-invalid="true"' in drawn
    assert 'aria-describedby="id_name_helptext id_name_error"' in drawn
    assert 'id="id_name_helptext"' in drawn
    assert 'id="id_name_error"' in drawn
    assert '<label for="id_name">' in drawn


def test_a_group_of_choices_is_a_fieldset_with_a_legend() -> None:
    drawn = Sample()["approvals"].as_field_group()
    assert drawn.count("<legend") == 1
    assert drawn.count('class="radio"') == 2
