"""One of very many can be chosen, with and without scripts: the form holds the first and takes a name for any other."""

import pytest

from accounts.models import Person
from accounts.people.forms import EditPersonForm, NewPersonForm
from cxaccess import choosing
from cxaccess.lib import clock
from tests import world
from tests.cast import Cast


@pytest.fixture
def many(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Cast:
    monkeypatch.setattr(choosing, "MOST", 3)
    return cast


def form(cast: Cast, **data: str) -> NewPersonForm:
    sent = {"name": "New Person", "time_zone": "UTC", "language": "en", "state": "active", **data}
    return NewPersonForm(sent, reader=cast.priya, at=clock.now())


def test_a_short_list_is_whole(cast: Cast) -> None:
    drawn = str(form(cast)["manager"])
    assert drawn.count("<option") == 1 + Person.objects.exclude(state="left").count()
    assert "manager_find" not in drawn


def test_a_long_list_holds_the_first_and_who_is_chosen(many: Cast) -> None:
    drawn = str(form(many, manager=str(many.priya.pk))["manager"])
    assert drawn.count("<option") == 5
    assert f'<option value="{many.priya.pk}" selected>' in drawn
    assert 'name="manager_find"' in drawn


@pytest.mark.parametrize("odd", ["²", "9" * 30])
def test_what_is_no_id_chooses_nobody(many: Cast, odd: str) -> None:
    found = form(many, manager=odd)
    assert "manager" in found.errors
    assert str(found["manager"]).count("<option") == 4


def test_a_name_that_fits_one_chooses_them(many: Cast) -> None:
    found = form(many, manager_find="priya")
    assert found.is_valid(), found.errors
    assert found.cleaned_data["manager"] == many.priya


def test_a_name_that_fits_several_offers_only_them(many: Cast) -> None:
    world.person("Priya Nair")
    found = form(many, manager_find="priya")
    assert not found.is_valid()
    assert "fits several" in str(found.errors["manager"])
    drawn = str(found["manager"])
    assert drawn.count("<option") == 3
    assert 'value="priya"' in drawn


def test_a_name_that_fits_nobody_says_so(many: Cast) -> None:
    found = form(many, manager_find="nobody at all")
    assert "Nothing here" in str(found.errors["manager"])


def test_nobody_is_found_whom_the_reader_does_not_see(many: Cast) -> None:
    hidden = NewPersonForm({"manager_find": "priya"}, reader=many.jonas, at=clock.now())
    assert "Nothing here" in str(hidden.errors["manager"])


def test_a_name_is_a_change_that_a_conflict_can_tell_of(many: Cast) -> None:
    edit = EditPersonForm({"manager_find": "priya"}, person=many.maya, reader=many.priya, at=clock.now())
    assert edit._words("manager", edit["manager"].data) == "priya"
