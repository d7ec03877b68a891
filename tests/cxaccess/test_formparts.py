"""Moments and windows as people type them."""

from datetime import UTC, datetime

import pytest
from django import forms

from cxaccess.formparts import UntilForm, VersionedForm, WindowForm
from cxaccess.lib.errors import Refused
from cxaccess.lib.windows import ended, settle

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)


def window(zone: str = "Europe/Berlin", **data: str) -> WindowForm:
    return WindowForm(data, zone=zone, at=NOON)


def test_a_date_alone_ends_with_that_day_in_the_readers_zone() -> None:
    form = window(until_date="2026-03-03")
    assert form.is_valid(), form.errors
    assert form.cleaned_data["until"] == datetime(2026, 3, 3, 23, tzinfo=UTC)


def test_a_start_alone_begins_with_that_day_in_the_readers_zone() -> None:
    form = window(starts_at_date="2026-07-01")
    assert form.is_valid(), form.errors
    assert form.cleaned_data["starts_at"] == datetime(2026, 6, 30, 22, tzinfo=UTC)


def test_a_time_is_of_the_readers_zone_too() -> None:
    form = window(zone="America/New_York", until_date="2026-03-03", until_time="18:30")
    assert form.is_valid(), form.errors
    assert form.cleaned_data["until"] == datetime(2026, 3, 3, 23, 30, tzinfo=UTC)


def test_nothing_stated_is_from_now_without_end() -> None:
    form = window()
    assert form.is_valid()
    assert (form.cleaned_data["starts_at"], form.cleaned_data["until"]) == (None, None)


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"until_date": "2026-03-01"}, "until"),
        ({"starts_at_date": "2026-04-02", "until_date": "2026-04-01"}, "until"),
        ({"until_time": "18:00"}, "until"),
        ({"until_date": "soon"}, "until"),
        ({"until_date": "9999-12-31"}, "until"),
    ],
)
def test_windows_that_cannot_be_are_errors_beside_their_field(data: dict[str, str], field: str) -> None:
    form = window(**data)
    assert not form.is_valid()
    assert list(form.errors) == [field]


def test_a_moment_is_shown_in_the_readers_zone() -> None:
    html = UntilForm(initial={"until": NOON}, zone="Asia/Tokyo", at=NOON).as_p()
    assert 'value="2026-03-03"' in html
    assert 'value="21:00"' in html


def test_an_unknown_zone_is_utc() -> None:
    form = window(zone="Mars/Base", until_date="2026-03-03")
    assert form.is_valid()
    assert form.cleaned_data["until"] == datetime(2026, 3, 4, tzinfo=UTC)


def test_a_past_start_means_now_and_is_kept_beside_it() -> None:
    stated = datetime(2026, 1, 1, tzinfo=UTC)
    settled = settle(stated, None, at=NOON)
    assert (settled.starts_at, settled.stated_from) == (NOON, stated)


def test_an_end_that_is_over_is_refused() -> None:
    with pytest.raises(Refused):
        settle(None, NOON, at=NOON)


def test_what_is_ended_before_it_began_has_an_empty_window() -> None:
    later = datetime(2026, 4, 1, tzinfo=UTC)
    assert ended(later, at=NOON) == later
    assert ended(datetime(2026, 1, 1, tzinfo=UTC), at=NOON) == NOON


class NameForm(VersionedForm):
    name = forms.CharField()
    kind = forms.ChoiceField(choices=[("a", "Apple"), ("b", "Pear")])


def test_the_loser_of_a_race_sees_the_difference_and_keeps_what_was_typed() -> None:
    posted = {"row_version": "3", "initial-name": "Old", "name": "Mine", "initial-kind": "a", "kind": "a"}
    form = NameForm(posted)
    assert form.is_valid()
    now = {"name": "Theirs", "kind": "a"}
    assert [(c.seen, c.now, c.typed) for c in form.conflicts(now)] == [("Old", "Theirs", "Mine")]
    again = NameForm(form.rebased(now, 4))
    assert again.is_valid()
    assert (again.cleaned_data["row_version"], again.changes["name"]) == (4, "Mine")
    assert again.conflicts(now) == []
