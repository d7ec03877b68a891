"""Files of people: who is found, who is added, who is changed, and what nobody may do by a file."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AttributeHistory, Identity, Person, PersonDimension, PersonState
from audits.models import Event
from cxaccess.lib import clock
from cxaccess.lib.errors import Refused
from permissions import gate, history
from permissions.models import AttributeDefinition
from tests import world
from tests.accounts.test_group_rules import make, titled
from tests.importing import applied, apply, check, checked, received, said
from tests.policies import enact

pytestmark = [pytest.mark.django_db, pytest.mark.realdb]
HEAD = "name,email,external_id,department,region,manager,title,employed_from\n"


def file(*lines, head=HEAD):
    return head + "\n".join(lines) + "\n"


def counts(batch):
    return {name: batch.counts[name] for name in ("create", "change", "skip", "refuse") if batch.counts.get(name)}


def test_people_arrive_active_and_unclaimed_where_they_belong(cast):
    text = file(
        "Ada Lee,ADA@kestrelhome.example,E-1,Customer Care,Germany,bea@kestrelhome.example,Agent,2026-01-05",
        "Bea Ito,bea@kestrelhome.example,E-2,Customer Care,DACH,jonas.weber@kestrelhome.example,Lead,5.1.2026",
    )
    applied(cast.priya, "people", text, system="hr")
    ada = Person.objects.get(email="ada@kestrelhome.example")
    assert (ada.state, ada.claimed_at, ada.has_usable_password()) == (PersonState.ACTIVE, None, False)
    assert (ada.region, ada.department, ada.manager.name) == (cast.germany, cast.care, "Bea Ito")
    assert ada.manager.manager == cast.jonas
    assert ada.principal.label == "Ada Lee"
    assert Identity.objects.get(system="hr", external_id="E-1").person == ada
    event = Event.objects.get(tag="person.created", about_person_id=ada.pk)
    assert (event.actor, event.object_id) == (cast.priya, ada.pk)
    assert "Ada" not in str(event.changes) + str(event.additional_data)


def test_a_manager_who_comes_with_the_same_file_is_a_change_on_record(cast):
    before = clock.now()
    text = file(
        "Maya Okafor,maya.okafor@kestrelhome.example,,,,bea@kestrelhome.example,,",
        "Ali Haddad,ali.haddad@kestrelhome.example,,,,bea@kestrelhome.example,Agent of care,",
        "Bea Ito,bea@kestrelhome.example,E-2,Customer Care,DACH,,Lead,",
    )
    batch = applied(cast.priya, "people", text, system="hr")
    bea = Person.objects.get(email="bea@kestrelhome.example")
    told = Event.objects.filter(tag="person.edited", about_person_id=cast.maya.pk, additional_data__import=batch.pk)
    assert [event.changes for event in told] == [{"manager": [cast.jonas.pk, bea.pk]}]
    of_ali = Event.objects.filter(tag="person.edited", about_person_id=cast.ali.pk).order_by("pk")
    assert [sorted(event.changes) for event in of_ali] == [["title"], ["manager"]]
    then = history.attributes("person", "manager", {cast.maya.pk: bea.pk}, before - timedelta(minutes=6))
    assert then == {cast.maya.pk: cast.jonas.pk}


def test_of_somebody_new_a_manager_from_the_same_file_is_no_change(cast):
    text = file("Ada Lee,ada@kestrelhome.example,,,,bea@kestrelhome.example,,", "Bea Ito,bea@kestrelhome.example,,,,,,")
    applied(cast.priya, "people", text)
    ada = Person.objects.get(email="ada@kestrelhome.example")
    assert ada.manager.name == "Bea Ito"
    assert not Event.objects.filter(tag="person.edited", about_person_id=ada.pk).exists()
    assert not AttributeHistory.objects.filter(of="person", of_id=ada.pk).exists()


def test_what_a_policy_asks_for_first_refuses_the_row_and_breaks_nothing(cast):
    enact("only", permissions=["resource.give"], obligations=[{"kind": "step_up", "minutes": 5}])
    world.give(cast.chiara, world.role("Importer", {"import.view", "import.run", "person.edit", "person.create"}))
    world.give_on(cast.chiara, "resource.give", cast.mena_reviews)
    world.give_on(cast.ivy, "feedback.view", cast.german_reviews)  # which Chiara can give in no way
    world.give_on(world.person("Noor Aziz", claimed=False), "feedback.view", cast.mena_reviews)
    text = "name,email,external_id\n" + "\n".join(
        f"{name},{name[:2].lower()}.new@kestrelhome.example,E-{name[:2]}" for name in ("Ivy Park", "Noor Aziz")
    )
    for name in ("Ivy Park", "Noor Aziz"):
        Identity.objects.create(
            system="hr", external_id=f"E-{name[:2]}", person=Person.objects.get(name=name), linked_at=clock.now()
        )
    batch = checked(cast.chiara, "people", text, system="hr")
    assert counts(batch) == {"refuse": 2}
    assert all("second factor" in message for message in said(batch).values())


def test_the_past_of_an_attribute_is_found_by_its_name_however_long_that_is(cast):
    name = "how_the_shift_of_somebody_is_planned"
    AttributeDefinition.objects.create(
        entity="subject", name=name, label="How shifts are planned", type="text", created_at=clock.now()
    )
    row = "Maya Okafor,maya.okafor@kestrelhome.example,"
    applied(cast.priya, "people", f"name,email,custom.{name}\n{row}early\n")
    applied(cast.priya, "people", f"name,email,custom.{name}\n{row}late\n")
    history_ = AttributeHistory.objects.filter(of="person", of_id=cast.maya.pk, name=f"custom.{name}").order_by("pk")
    assert list(history_.values_list("value", flat=True)) == [None, "early", "late"]


def test_the_same_file_again_changes_nothing(cast):
    text = file("Ada Lee,ada@kestrelhome.example,E-1,Customer Care,Germany,,Agent,")
    applied(cast.priya, "people", text, system="hr")
    again = checked(cast.priya, "people", text, system="hr")
    assert counts(again) == {"skip": 1}


def test_somebody_is_found_by_their_id_whatever_else_changed(cast):
    applied(cast.priya, "people", file("Ada Lee,ada@kestrelhome.example,E-1,,Germany,,Agent,"), system="hr")
    ada = Person.objects.get(email="ada@kestrelhome.example")
    applied(cast.priya, "people", file("Ada Lee-Ito,ada.ito@kestrelhome.example,E-1,,MENA,,Lead,"), system="hr")
    ada.refresh_from_db()
    assert (ada.name, ada.email, ada.region, ada.title) == (
        "Ada Lee-Ito", "ada.ito@kestrelhome.example", cast.mena, "Lead",
    )  # fmt: skip
    assert ada.principal.label == "Ada Lee-Ito"
    told = Event.objects.get(tag="person.edited", about_person_id=ada.pk).changes
    assert told["name"] == told["email"] == ["", "changed"]
    assert told["region"] == [cast.germany.pk, cast.mena.pk]
    history = AttributeHistory.objects.filter(of="person", of_id=ada.pk, name="region").order_by("since")
    assert list(history.values_list("value", flat=True)) == [cast.germany.pk, cast.mena.pk]


def test_an_empty_cell_changes_nothing_and_a_dash_empties(cast):
    row = "Maya Okafor,maya.okafor@kestrelhome.example,,,,,,"
    assert counts(checked(cast.priya, "people", file(row))) == {"skip": 1}
    applied(cast.priya, "people", file("Maya Okafor,maya.okafor@kestrelhome.example,,,,-,-,"))
    cast.maya.refresh_from_db()
    assert (cast.maya.title, cast.maya.manager, cast.maya.region) == ("", None, cast.germany)


@pytest.mark.parametrize(
    ("row", "words", "column"),
    [
        (",new@kestrelhome.example,,,,,,", "needs a name", "name"),
        ("New,,,,,,,", "mail or an id", "email"),
        ("New,not a mail,,,,,,", "no mail address", "email"),
        ("New,new@kestrelhome.example,,Nowhere,,,,", "no place", "department"),
        ("New,new@kestrelhome.example,,,,nobody@kestrelhome.example,,", "Nobody has the mail", "manager"),
        ("New,new@kestrelhome.example,,,,lena.horn@kestrelhome.example,,", "has left", "manager"),
        ("New,new@kestrelhome.example,,,,new@kestrelhome.example,,", "reports to themselves", "manager"),
        ("New,new@kestrelhome.example,,,,,,3/4/2026", "no date", "employed_from"),
        ("New,new@kestrelhome.example,,,,,,2026-02-31", "no date", "employed_from"),
        ("N" * 201 + ",new@kestrelhome.example,,,,,,", "longer than 200", "name"),
    ],
)
def test_a_row_that_is_wrong_is_refused_with_its_column(cast, row, words, column):
    batch = checked(cast.priya, "people", file(row))
    refused = batch.rows.get()
    assert (refused.verdict, refused.line, refused.column) == ("refuse", 2, column)
    assert words in refused.message


def test_two_rows_about_the_same_person_are_refused_but_for_the_first(cast):
    batch = checked(cast.priya, "people", file("A,a@x.example,,,,,,", "B,A@X.example,,,,,,", "C,c@x.example,,,,,,"))
    assert said(batch) == {3: "Line 2 is about the same. Keep one of them."}
    assert counts(batch) == {"create": 2, "refuse": 1}


def test_rows_that_wait_for_a_refused_row_are_refused_too(cast):
    batch = checked(
        cast.priya,
        "people",
        file("A,a@x.example,,,,b@x.example,,", "B,b@x.example,,,,c@x.example,,", "C,c@x.example,,Nowhere,,,,"),
    )
    assert sorted(said(batch)) == [2, 3, 4]


def test_nobody_comes_to_report_to_themselves(cast):
    batch = checked(
        cast.priya,
        "people",
        file("A,a@x.example,,,,b@x.example,,", "B,b@x.example,,,,a@x.example,,", "D,d@x.example,,,,a@x.example,,"),
    )
    assert sorted(said(batch)) == [2, 3, 4]
    jonas = "Jonas,jonas.weber@kestrelhome.example,,,,maya.okafor@kestrelhome.example,,"
    assert list(said(checked(cast.priya, "people", file(jonas)))) == [2]


def test_who_administers_a_region_brings_people_in_there_alone(cast):
    world.give(cast.rosa, world.role("Importer", {"import.run"}), region=cast.emea)
    text = file("A,a@x.example,,,Germany,,,", "B,b@x.example,,,World,,,", "C,c@x.example,,,,,,")
    batch = checked(cast.rosa, "people", text)
    assert sorted(said(batch)) == [3, 4]
    apply(batch, leave_out=True)
    assert list(Person.objects.filter(email__endswith="@x.example").values_list("name", flat=True)) == ["A"]


def test_who_sees_only_a_region_learns_nothing_of_others(cast):
    world.give(cast.rosa, world.role("Importer", {"import.run"}), region=cast.emea)
    row = "Whoever,priya.raman@kestrelhome.example,,,Germany,,,"
    batch = checked(cast.rosa, "people", file(row))
    assert "whom you may not see" in said(batch)[2]
    assert "Priya" not in said(batch)[2]


def test_nobody_changes_what_their_own_access_depends_on(cast):
    own = "Priya Raman,priya.raman@kestrelhome.example,,,Germany,,,"
    assert "their own access" in said(checked(cast.priya, "people", file(own)))[2]


def test_the_mail_of_who_signs_in_with_it_is_not_changed_by_a_file(cast):
    world.identity(cast.maya, "hr", "E-7")
    batch = checked(cast.priya, "people", file("Maya Okafor,other@kestrelhome.example,E-7,,,,,"), system="hr")
    assert "signs in with the mail" in said(batch)[2]


def test_a_way_in_is_given_only_by_who_may_give_all_that_is_held(cast):
    """Ivy has no mail yet; whoever gives her one could read it and use all she holds."""
    Person.objects.filter(pk=cast.ivy.pk).update(email="")
    world.identity(cast.ivy, "hr", "E-9")
    world.give(cast.ivy, cast.administrator)
    world.give(cast.rosa, world.role("Importer", {"import.run"}), region=cast.emea)
    row = file("Ivy Park,ivy@kestrelhome.example,E-9,,,,,")
    assert "may not give" in said(checked(cast.rosa, "people", row, system="hr"))[2]
    applied(cast.priya, "people", row, system="hr")
    cast.ivy.refresh_from_db()
    assert cast.ivy.email == "ivy@kestrelhome.example"


def test_people_are_not_suspended_or_brought_back_by_a_file(cast):
    head = "name,email,state\n"
    batch = checked(cast.priya, "people", head + "Sofia Lindqvist,sofia.lindqvist@kestrelhome.example,active\n")
    assert "on their own page" in said(batch)[2]
    applied(cast.priya, "people", head + "Nils Berg,nils.berg@kestrelhome.example,active\n")
    cast.nils.refresh_from_db()
    assert cast.nils.state == PersonState.ACTIVE


def test_territories_are_a_whole_list_and_custom_attributes_keep_their_type(cast):
    AttributeDefinition.objects.create(
        entity="subject", name="grade", label="Grade", type="number", created_at=clock.now()
    )  # fmt: skip
    head = "email,territories,grade\n"
    mail = "maya.okafor@kestrelhome.example"
    applied(cast.priya, "people", f"{head}{mail},Germany; DACH,7\n")
    applied(cast.priya, "people", f"{head}{mail},DACH; MENA,8.5\n")
    now = PersonDimension.objects.in_force(clock.now()).filter(person=cast.maya)
    assert set(now.values_list("node__name", flat=True)) == {"DACH", "MENA"}
    cast.maya.refresh_from_db()
    assert cast.maya.custom == {"grade": 8.5}
    assert "no number" in said(checked(cast.priya, "people", f"{head}{mail},,seven\n"))[2]


def test_the_number_of_queries_follows_the_chunks_not_the_rows(cast):
    def queries(rows):
        text = file(*(f"P {n},p{n}@x.example,E-{n},Customer Care,Germany,,Agent," for n in range(rows)))
        batch = received(cast.priya, "people", text)
        with CaptureQueriesContext(
            connection,
        ) as caught:
            check(batch)
        return len(caught)

    assert queries(10) == queries(400)


def test_an_imported_person_is_decided_at_once(cast):
    applied(cast.priya, "people", file("Ada Lee,ada@kestrelhome.example,,,Germany,,,"))
    ada = Person.objects.get(email="ada@kestrelhome.example")
    world.give(ada, cast.feedback_reader, region=cast.dach)
    assert gate.may(ada, "feedback.view", cast.german_reviews, at=clock.now())


@pytest.fixture
def analysts(cast):
    """Whoever is an analyst is in a group that holds what only Priya may give."""
    group = make(cast.priya, titled("Analyst"), "By title")
    world.give(group, cast.administrator)
    return group


def test_groups_that_go_by_a_rule_follow_the_file(cast, analysts):
    applied(cast.priya, "people", file("Ada Lee,ada@kestrelhome.example,,,Germany,,Analyst,"))
    ada = Person.objects.get(email="ada@kestrelhome.example")
    assert gate.may(ada, "settings.view", at=clock.now())
    applied(cast.priya, "people", file("Ada Lee,ada@kestrelhome.example,,,,,Agent,"))
    assert not gate.may(ada, "settings.view", at=world.soon(seconds=1))


def test_nobody_comes_by_a_rule_to_what_the_bringer_could_not_give(cast, analysts):
    world.give(cast.rosa, world.role("Importer", {"import.run"}), region=cast.emea)
    batch = checked(cast.rosa, "people", file("Ada Lee,ada@kestrelhome.example,,,Germany,,Analyst,"))
    with pytest.raises(Refused, match="rule of a group"):
        apply(batch)
    batch.refresh_from_db()
    assert (batch.state, Person.objects.filter(name="Ada Lee").exists()) == ("checked", False)


def test_nobody_changes_of_themselves_what_a_rule_reads(cast, analysts):
    own = "Priya Raman,priya.raman@kestrelhome.example,,,,,Analyst,"
    assert "their own access" in said(checked(cast.priya, "people", file(own)))[2]
