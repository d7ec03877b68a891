"""A whole instance as a document: brought into an empty one, written out again, taken while somebody edits."""

import copy
import json
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import transaction
from jsonschema import Draft202012Validator

from accounts.models import Group, Membership, Node, Person, PersonDimension, Team
from audits.models import Event
from cxaccess.lib import clock, documents
from permissions import facts, gate
from permissions.document import services
from permissions.document.desk import Misfit
from permissions.document.shape import OPTIONS
from permissions.models import Policy, Resource, ResourceType, Role, RoleGrant
from permissions.starter import services as starter
from tests import cast as people
from tests import world
from tests.furnished import export, furnish

pytestmark = [pytest.mark.django_db, pytest.mark.realdb]
DOCS = Path(__file__).resolve().parents[2] / "docs"
ADA = "ada.first@kestrelhome.example"


def first_administrator():
    ada = world.person("Ada First")
    starter.bootstrap(ada, at=clock.now())
    return ada


@pytest.fixture
def kestrel(db):
    """What Kestrel Home writes out, by what is written besides the model; nothing of it is here any longer."""
    with transaction.atomic():
        furnish(people.build())
        found = {options: export(*options) for options in WAYS}
        transaction.set_rollback(True)
    facts.kept.clear()
    return found


@pytest.fixture
def empty(kestrel):
    """An instance that has nobody but a new administrator, and all of Kestrel Home as a document."""
    return first_administrator(), kestrel[OPTIONS]


WAYS = (
    (),
    OPTIONS,
    ("teams",),
    ("people",),
    ("people", "teams", "grants"),
    ("resources", "grants"),
    ("groups", "people"),
)


def without(document, mail):
    """Return the document without somebody and what they were given."""
    found = copy.deepcopy(document)
    for section, name in (("people", "mail"), ("grants", "person")):
        if section in found:
            found[section] = [row for row in found[section] if row.get(name) != mail]
    return documents.dumped(found)


@pytest.mark.parametrize("options", WAYS, ids="+".join)
def test_what_an_empty_instance_took_in_is_written_out_again_to_the_letter(kestrel, options):
    ada, wanted = first_administrator(), kestrel[options]
    if not {"teams", "people"} <= set(options):
        wanted["policies"] = []  # this one names both
    if "teams" not in options:
        wanted["birthrights"] = []  # this one gives one
    services.apply_document(ada, document=wanted, reason="Moved here", at=clock.now())
    assert without(export(*options), ADA) == documents.dumped(wanted)
    events = Event.objects.count()
    assert services.apply_document(ada, document=wanted, reason="Again", at=clock.now()).differences == []
    assert Event.objects.count() == events


def test_an_empty_instance_takes_all_of_it_in(empty):
    ada, found = empty
    found["roles"] = [row for row in found["roles"] if row["key"] != "administrator"]
    found["grants"] = [row for row in found["grants"] if row.get("role") != "administrator"]
    said, _passed_over = services.apply_document(ada, document=found, reason="Moved here", at=clock.now())
    assert {row for row in said if row.startswith("+ ") and row[2].isdigit()} == {
        "+ 10 people", "+ 3 teams", "+ 2 groups", "+ 2 memberships", "+ 2 resources",
        f"+ {len(found['grants'])} grants",
    }  # fmt: skip
    maya, jonas = (Person.objects.get(email=f"{name}@kestrelhome.example") for name in ("maya.okafor", "jonas.weber"))
    assert (maya.manager, maya.custom, maya.clearance) == (jonas, {"shift": "early"}, 3)
    assert Person.objects.get(email__startswith="sofia").state == "suspended"
    assert PersonDimension.objects.get(person=jonas).node.name == "DACH"
    assert Team.objects.get(principal__label="Care DACH").parent.name == "Care EMEA"
    assert Membership.objects.get(person=jonas, principal__kind="team").part == "lead"
    inside = Membership.objects.filter(principal=Group.objects.get(principal__label="People of DACH").principal)
    assert maya in {row.person for row in inside}
    assert ResourceType.objects.get(key="gift").fields == [{"name": "taker", "label": "Taker", "data_class": "name"}]
    assert "gift.view" in facts.model(clock.now()).implies["gift.hand"]
    german, mena = (Resource.objects.get(name=f"App reviews {place}") for place in ("Germany", "MENA"))
    at = clock.now()
    assert gate.may(maya, "feedback.view", german, at=at)
    assert not gate.may(maya, "feedback.view", mena, at=at)
    assert gate.may(Person.objects.get(email__startswith="chiara"), "feedback.view", german, at=at)
    assert RoleGrant.objects.filter(reason="Needed for the job").exists()
    assert Policy.objects.get(name="EMEA").states.get(until=None).stage == "enforced"


def test_a_second_time_nothing_changes_and_what_is_passed_over_is_told(empty):
    ada, found = empty
    found["roles"] = [row for row in found["roles"] if row["key"] != "administrator"]
    found["grants"] = [row for row in found["grants"] if row.get("role") != "administrator"]
    assert services.apply_document(ada, document=found, reason="Moved here", at=clock.now()).passed_over == []
    grants, events = RoleGrant.objects.count(), Event.objects.count()
    again = services.apply_document(ada, document=found, reason="Again", at=clock.now())
    assert again.differences == []
    assert "10 people, for this instance is in use" in again.passed_over
    assert (RoleGrant.objects.count(), Event.objects.count()) == (grants, events)


@pytest.mark.parametrize(
    ("section", "number", "wrong", "says"),
    [
        ("people", 3, {"manager": "nobody@x.example"}, "people[3]: There is no “nobody@x.example”"),
        ("people", 3, {"employed_from": "2026-02-30"}, "people[3]: “2026-02-30” is no day"),
        ("people", 3, {"custom": {"hat": 1}}, "people[3].custom_hat: There is no attribute “hat”"),
        ("people", 3, {"state": "left"}, "people[3].state"),
        ("teams", 1, {"under": "No team"}, "teams[1]: There is no “No team”"),
        ("groups", 0, {"rule": {"all": []}}, "groups[0].rule"),
        ("memberships", 0, {"group": "Friends"}, "memberships[0]: Name one of: team, group"),
        ("memberships", 0, {"until": "2026-02-30T10:00:00Z"}, "memberships[0]: “2026-02-30T10:00:00Z” is no moment"),
        ("resources", 1, {"type": "nosuch"}, "resources[1]: There is no “nosuch”"),
        ("resources", 1, {"region": "no-1"}, "resources[1]: There is no “no-1”"),
        ("grants", 0, {"scope": {"region": "no-1"}}, "grants[0]: There is no “no-1”"),
        ("grants", 0, {"team": "Care EMEA", "person": "otto.lang@kestrelhome.example"}, "grants[0]: Name one of"),
    ],
)
def test_nothing_of_a_document_with_one_wrong_row_is_kept(empty, section, number, wrong, says):
    ada, found = empty
    found["roles"] = [row for row in found["roles"] if row["key"] != "administrator"]
    found["grants"] = [row for row in found["grants"] if row.get("role") not in (None, "administrator")]
    found[section][number] = {**found[section][number], **wrong}
    with pytest.raises(Misfit) as refusal:
        services.apply_document(ada, document=found, reason="Moved here", at=clock.now())
    assert says in str(refusal.value)
    counts = (Person.objects.count(), Team.objects.count(), Node.objects.count(), Policy.objects.count())
    assert counts == (1, 0, 0, 0)


def test_whom_a_document_does_not_hold_it_does_not_name(cast):
    furnish(cast)
    Role.objects.filter(key="agent").update(owner=cast.lena)
    Person.objects.filter(pk=cast.ali.pk).update(state="leave", manager=cast.lena)
    found = export(*OPTIONS)
    assert "ali." not in json.dumps(found)
    assert "lena." not in json.dumps(found)
    for options in (("grants",), ("teams", "grants"), ("resources",), ("groups",)):
        assert "@kestrelhome.example" not in json.dumps({**export(*options), "policies": []})
    assert services.apply_document(cast.priya, document=found, reason="As it is", at=clock.now()).differences == []
    assert Role.objects.get(key="agent").owner == cast.lena


def test_whoever_set_it_up_and_stands_in_the_document_stays_as_they_are(empty):
    ada, found = empty
    found["people"].append({**found["people"][0], "mail": ADA.upper(), "name": "Ada Second"})
    outcome = services.apply_document(ada, document=found, reason="Moved here", at=clock.now())
    assert f"+ {len(found['people']) - 1} people" in outcome.differences
    assert outcome.passed_over == [f"{ADA.upper()}, who is here already and stays as they are"]
    assert Person.objects.get(pk=ada.pk).name == "Ada First"


def test_what_belongs_to_the_console_is_passed_over_and_told(cast):
    document = export()
    next(row for row in document["types"] if row["key"] == "person").update(label="Else")
    next(row for row in document["permissions"] if row["key"] == "person.view").update(label="Else", purpose="To see")
    outcome = services.apply_document(cast.priya, document=document, reason="Else", at=clock.now())
    assert outcome.passed_over == [
        "type person, which is the console's own",
        "label of person.view, which is the console's own",
    ]
    (changed,) = outcome.differences
    assert changed.startswith("~ permission person.view: purpose")


def test_the_last_administrator_is_not_locked_out(empty):
    ada, _found = empty
    document = export()
    held = set(document["roles"][0]["permissions"])
    document["roles"][0]["permissions"] = sorted(held - {"role.give", "role.give_onward"})
    with pytest.raises(Misfit, match=r"^roles\[0\]: "):
        services.apply_document(ada, document=document, reason="By mistake", at=clock.now())
    facts.kept.clear()
    assert gate.may(ada, "role.give", at=clock.now())
    assert set(export()["roles"][0]["permissions"]) == held


def test_a_circle_of_roles_is_refused_with_its_place(empty):
    ada, _found = empty
    card = {"purpose": "P", "risk": "low", "permissions": []}
    circle = [{"key": one, "name": one, "includes": [other], **card} for one, other in (("aa", "bb"), ("bb", "aa"))]
    document = {**export(), "roles": circle}
    with pytest.raises(Misfit, match=r"^roles\[1\]: There is no “aa”"):
        services.apply_document(ada, document=document, reason="Round", at=clock.now())
    for row in circle:
        row["includes"] = []
    services.apply_document(ada, document=document, reason="Two", at=clock.now())
    circle[0]["includes"], circle[1]["includes"] = ["bb"], ["aa"]
    with pytest.raises(Misfit, match=r"^roles\[0\]"):
        services.apply_document(ada, document=document, reason="Round", at=clock.now())
    assert Role.objects.get(key="aa").current.number == 1


def test_a_trial_writes_nothing(empty, tmp_path):
    _ada, found = empty
    path, before = tmp_path / "all.json", counts()
    path.write_text(json.dumps(found))
    call_command("model", "apply", str(path), "--as", ADA, "--dry-run")
    assert counts() == before
    assert export(*OPTIONS)["roles"][0]["key"] == "administrator"


def counts():
    return [model.objects.count() for model in (Event, Person, Team, Group, Node, Resource, Role, RoleGrant, Policy)]


def test_the_example_fits_the_published_schema_and_a_new_instance(empty):
    ada, _found = empty
    published = json.loads((DOCS / "model.schema.json").read_text())
    Draft202012Validator.check_schema(published)
    document = documents.read(DOCS / "model.example.yaml")
    assert list(Draft202012Validator(published).iter_errors(document)) == []
    assert services.apply_document(ada, document=document, reason="To try it", at=clock.now()).differences
    assert services.apply_document(ada, document=document, reason="Again", at=clock.now()).differences == []
