"""The model as a document: written out, applied to the same instance and to an empty one, refused with its place."""

import copy
import io
import json
import re
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Node
from audits.models import Event
from cxaccess.lib import clock, documents
from permissions import facts, gate
from permissions.document import checking, services
from permissions.document.desk import Misfit
from permissions.document.shape import MODEL, OPTIONS, SCHEMA
from permissions.models import (
    Policy,
    PolicyState,
    PolicyVersion,
    ResourceType,
    Role,
    RoleVersion,
)
from tests.furnished import export, furnish

pytestmark = pytest.mark.django_db
PUBLISHED = Path(__file__).resolve().parents[2] / "docs/model.schema.json"
PRIYA = "priya.raman@kestrelhome.example"
CONDITION = {"attribute": "resource.region", "operator": "within", "value": ["emea-1"]}


def apply(cast, document, **more):
    return services.apply_document(cast.priya, document=document, reason="To be tested", at=clock.now(), **more)[0]


def refused(cast, document):
    with pytest.raises(Misfit) as refusal:
        apply(cast, document)
    return str(refusal.value)


@pytest.fixture
def furnished(cast):
    return furnish(cast)


def test_the_published_schema_is_the_one_that_documents_are_read_by():
    assert json.loads(PUBLISHED.read_text()) == json.loads(json.dumps(SCHEMA))


@pytest.mark.parametrize("options", [(), OPTIONS, ("teams",), ("people", "grants")])
def test_what_is_written_is_as_the_schema_says_in_both_formats(furnished, options):
    found = export(*options)
    assert list(checking.problems(found)) == []
    assert documents.loaded(documents.dumped(found)) == found == json.loads(json.dumps(found))
    assert set(MODEL) <= set(found)
    if "people" not in options:
        assert "@kestrelhome.example" not in json.dumps({**found, "policies": []})


def test_no_id_of_a_row_and_no_secret_stands_in_it(furnished):
    (policy,) = export(*OPTIONS)["policies"]
    assert policy["about"] == {"types": ["ticket"], "teams": ["Care EMEA", "Insights DACH"]}
    within, manager, level = policy["condition"]["all"]
    assert within["value"] == [furnished.emea.code]
    assert manager["value"] == "jonas.weber@kestrelhome.example"
    assert level["value"] == "confidential"
    text = json.dumps(export(*OPTIONS))
    assert "password" not in text
    assert "argon2" not in text


def test_applying_what_was_exported_changes_nothing(furnished):
    before, events = export(*OPTIONS), Event.objects.count()
    versions = (RoleVersion.objects.count(), PolicyVersion.objects.count())
    assert apply(furnished, before) == []
    assert export(*OPTIONS) == before
    assert (RoleVersion.objects.count(), PolicyVersion.objects.count()) == versions
    assert Event.objects.count() == events


def changed(document):
    """Return the document with a difference of every kind in its model part."""
    wanted = copy.deepcopy(document)
    wanted["places"].append({"kind": "region", "code": "nordics", "name": "Nordics", "under": "emea-x"})
    emea = next(row for row in wanted["places"] if row["name"] == "EMEA")
    wanted["places"][-1]["under"] = emea["code"]
    wanted["types"].append({
        "key": "voucher", "label": "Voucher", "plural": "Vouchers", "area": "Care", "requestable": True,
        "unregistered": True,
        "fields": [{"name": "holder", "label": "Holder", "data_class": "name"}],
    })  # fmt: skip
    wanted["permissions"] += [
        {"key": "voucher.issue", "label": "Issue", "risk": "high", "purpose": "Hand out", "implies": ["voucher.draw"]},
        {"key": "voucher.draw", "label": "Draw", "risk": "low", "purpose": "Draw one", "implies": ["voucher.view"]},
    ]  # fmt: skip
    next(row for row in wanted["permissions"] if row["key"] == "report.view")["purpose"] = "Read reports"
    wanted["attributes"].append({"entity": "resource", "name": "brand", "label": "Brand", "type": "text"})
    agent = next(row for row in wanted["roles"] if row["key"] == "agent")
    agent["permissions"] = ["report.view", "ticket.reply"]
    agent["purpose"] = "Answers customers"
    wanted["roles"].insert(0, {
        "key": "voucher-lead", "name": "Voucher lead", "purpose": "Leads vouchers", "risk": "high",
        "permissions": ["voucher.issue"], "includes": ["voucher-clerk"],
    })  # fmt: skip
    wanted["roles"].append({
        "key": "voucher-clerk", "name": "Voucher clerk", "purpose": "Draws", "risk": "low",
        "permissions": ["voucher.view"],
    })  # fmt: skip
    wanted["policies"] += [
        {"name": "Nordics", "purpose": "Nordics alone", "stage": "enforced", "effect": "block",
         "about": {"types": ["voucher"], "teams": ["care dach"]},
         "condition": {"not": {"attribute": "resource.region", "operator": "within", "value": ["nordics"]}}},
        {"name": "Drafted", "purpose": "For later", "effect": "only", "about": {"permissions": ["report.view"]},
         "obligations": [{"kind": "step_up", "minutes": 10}]},
        {"name": "Watched", "purpose": "To see", "stage": "recording", "effect": "block",
         "about": {"types": ["report"]}},
    ]  # fmt: skip
    for row in wanted["policies"]:
        if row["name"] == "EMEA":
            row["obligations"] = [{"kind": "mask", "data_classes": ["phone", "email"]}]
            row["about"]["teams"] = list(reversed(row["about"]["teams"]))
    return wanted


def test_the_model_becomes_what_the_document_says_and_a_second_time_changes_nothing(furnished):
    wanted = changed(export())
    tried = services.try_document(furnished.priya, document=wanted, reason="To be tested", at=clock.now())[0]
    assert not Role.objects.filter(key="voucher-lead").exists()
    said = apply(furnished, wanted)
    assert said == tried
    assert (
        "~ role agent: purpose “What a Agent needs” → “Answers customers”; permissions + report.view, - article.view"
        in said
    )
    assert apply(furnished, wanted) == []
    assert Role.objects.get(key="agent").current.note == "To be tested"
    assert Node.objects.get(code="nordics").parent == furnished.emea
    voucher = ResourceType.objects.get(key="voucher")
    assert (voucher.fields[0]["data_class"], voucher.unregistered, voucher.requestable) == ("name", True, True)
    states = dict(PolicyState.objects.filter(until=None).values_list("policy__name", "stage"))
    assert states == {"EMEA": "enforced", "Nordics": "enforced", "Watched": "recording"}
    assert Policy.objects.get(name="EMEA").current.number == 2
    assert Policy.objects.get(name="EMEA").states.get(until=None).version.number == 2
    assert gate.held(furnished.ali, at=clock.now()) >= {"report.view"}


def policy(**changes):
    """Return what changes the one policy of a document."""
    return lambda document: document["policies"][0].update(changes)


def first(section, **changes):
    return lambda document: document[section][0].update(changes)


def more(section, **row):
    return lambda document: document[section].append(row)


WRONG = [
    (lambda document: document.update(version=2), "version: This must be “1”"),
    (lambda document: document.update(more=[]), "Nobody knows “more” here"),
    (first("roles", colour="red"), "roles[0]: Nobody knows “colour” here"),
    (first("roles", permissions=["no.such"]), "roles[0]"),
    (first("roles", includes=["nobody"]), "roles[0]: There is no “nobody”"),
    (first("roles", owner="nobody@x.example"), "roles[0]: There is no “nobody@x.example”"),
    (first("roles", risk="low", permissions=["role.give_onward"]), "roles[0].risk: What it holds makes its risk"),
    (more("places", kind="region", code="x", name="X", under="y"), ": There is no “y”"),
    (
        lambda document: next(row for row in document["permissions"] if row["key"] == "gift.hand").update(label="Else"),
        ".label: This cannot be changed",
    ),
    (
        more("types", key="odd", label="Odd", plural="Odds", area="Care", console=True),
        ".console: A type of the console itself cannot be made",
    ),
    (more("roles", key="agent", name="B", purpose="P", risk="low"), ": “agent” stands there twice"),
    (first("roles", name=""), "roles[0].name: This must not be empty"),
    (first("roles", permissions="report.view"), "roles[0].permissions: This must be of type array"),
    (first("roles", permissions=["report.view"] * 2), "roles[0].permissions: Something stands there twice"),
    (first("roles", key="Odd key"), "roles[0].key: “Odd key” is not written as it must be"),
    (lambda document: document["roles"][0].pop("purpose"), "roles[0]: This is missing: purpose"),
    (policy(condition={**CONDITION, "operator": "like"}), "policies[0].condition.operator: “like” is not one of"),
    (policy(condition={**CONDITION, "operator": "at_most"}), "policies[0].condition"),
    (more("permissions", key="nosuch.view", label="V", risk="low", purpose="P"), "no type “nosuch”"),
    (first("attributes", type="text", choices=[]), "attributes[0].type: The type of an attribute"),
    (policy(about={"types": ["ticket"], "teams": ["No team"]}), "policies[0].about.teams: There is no “No team”"),
    (policy(condition={**CONDITION, "value": ["no-1"]}), "policies[0].condition: There is no “no-1”"),
    (policy(condition={**CONDITION, "value": [1]}), "policies[0].condition: There is no “1”"),
    (
        policy(condition={"any": [{"attribute": "subject.shoe", "operator": "is_set"}]}),
        "condition: 1: No such attribute",
    ),
    (policy(condition={"eval": "1"}), "policies[0].condition: Nobody knows “eval” here"),
    (policy(obligations=[{"kind": "mask", "fields": ["no_such"]}]), "policies[0].obligations"),
]


@pytest.mark.parametrize(("break_it", "says"), WRONG, ids=[says for _break, says in WRONG])
def test_what_does_not_fit_is_refused_with_its_place_and_nothing_is_kept(furnished, break_it, says):
    document = changed(export())
    document["policies"] = [row for row in document["policies"] if row["name"] == "EMEA"]
    break_it(document)
    before = export(*OPTIONS)
    assert says in refused(furnished, document)
    facts.kept.clear()
    assert export(*OPTIONS) == before


def test_what_is_enforced_is_not_made_a_draft_again(furnished):
    document = export()
    document["policies"][0]["stage"] = "draft"
    assert "policies[0].stage: Its current version is enforced" in refused(furnished, document)
    document["policies"][0]["purpose"] = "Said better"
    document["policies"][0]["stage"] = "enforced"
    assert apply(furnished, document) == ["~ policy “EMEA”: purpose “EMEA alone” → “Said better”"]
    assert PolicyVersion.objects.count() == 1


def test_the_authority_is_that_of_the_person_named(furnished):
    document = changed(export())
    for person in (furnished.rosa, furnished.chiara, furnished.otto, furnished.sofia):
        with pytest.raises(Exception, match="refused"):
            services.apply_document(person, document=document, reason="Mine", at=clock.now())
    assert not Role.objects.filter(key="voucher-lead").exists()
    assert Event.objects.filter(tag="access.refused").count() == 4


def run(*arguments, **options):
    out = io.StringIO()
    call_command("model", *arguments, stdout=out, **options)
    return out.getvalue()


def test_the_command_writes_tries_and_applies(furnished, tmp_path):
    path = tmp_path / "model.yaml"
    path.write_text(run("export", "--with", "people, teams"))
    assert run("apply", str(path), "--as", PRIYA.upper()).splitlines()[-1] == "All is as the document says."
    document = changed(export())
    path = tmp_path / "model.json"
    path.write_text(json.dumps(document))
    tried = run("apply", str(path), "--as", PRIYA, "--dry-run")
    assert "+ role voucher-lead" in tried
    assert tried.endswith("differences. Nothing was changed.\n")
    assert not Role.objects.filter(key="voucher-lead").exists()
    assert run("apply", str(path), "--as", PRIYA).endswith("differences, made so.\n")
    assert Role.objects.filter(key="voucher-lead").exists()
    assert json.loads(run("schema")) == json.loads(PUBLISHED.read_text())
    assert json.loads(run("export", "--format", "json")) == export()


@pytest.mark.parametrize(
    ("text", "mail", "says"),
    [
        ("format: other", PRIYA, "format: This must be “cxaccess-model”"),
        ("a: *b", PRIYA, "Aliases"),
        ("[]", PRIYA, "type object"),
        ("null", PRIYA, "type object"),
        ("roles: 5", PRIYA, "roles: This must be of type array"),
        ("", "nobody@x.example", "Nobody has the mail"),
        ("\xff", PRIYA, "UTF-8"),
    ],
)
def test_the_command_refuses_what_is_no_document(cast, tmp_path, text, mail, says):
    path = tmp_path / "model.yaml"
    path.write_bytes(text.encode("latin-1") if text == "\xff" else text.encode())
    with pytest.raises(CommandError, match=re.escape(says)):
        run("apply", str(path), "--as", mail)
    with pytest.raises(CommandError, match="no file"):
        run("apply", str(tmp_path / "none"), "--as", PRIYA)
    with pytest.raises(CommandError, match="--with takes"):
        run("export", "--with", "secrets")


def test_the_command_says_who_may_not_and_where(cast, tmp_path):
    path = tmp_path / "model.json"
    path.write_text(json.dumps(changed(export()) | {"policies": []}))
    with pytest.raises(CommandError, match=r"places\[\d+\]: Chiara Bellini may not do this"):
        run("apply", str(path), "--as", "chiara.bellini@kestrelhome.example")
