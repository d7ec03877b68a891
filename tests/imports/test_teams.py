"""Files of teams: founded under each other, members let in by the rule that holds on their pages."""

import pytest

from accounts.models import Membership, Team
from audits.models import Event
from cxaccess.lib import clock
from permissions import gate
from permissions.models import PersonObjectGrant
from tests import world
from tests.importing import applied, checked, said

pytestmark = [pytest.mark.django_db, pytest.mark.realdb]
HEAD = "team,parent,region,department,person,part,until\n"


def file(*lines):
    return HEAD + "\n".join(lines) + "\n"


TEXT = file(
    "Care Berlin,Care Germany,Germany,Customer Care,maya.okafor@kestrelhome.example,lead,",
    "Care Berlin,,,,ali.haddad@kestrelhome.example,,2030-01-31",
    "Care Germany,Care EMEA,Germany,,,,",
    "Care EMEA,,,,chiara.bellini@kestrelhome.example,,",
)


def test_teams_are_founded_under_each_other_with_their_members(cast):
    world.give(cast.care_emea, cast.feedback_reader, region=cast.emea)
    batch = applied(cast.priya, "teams", TEXT)
    assert batch.counts["create"] == 4
    berlin = Team.objects.get(principal__label="Care Berlin")
    assert (berlin.parent.name, berlin.parent.parent) == ("Care Germany", cast.care_emea)
    assert berlin.resource.region == cast.germany
    rows = Membership.objects.filter(principal=berlin.principal).order_by("person__name")
    assert [(row.person.name, row.part, row.source) for row in rows] == [
        ("Ali Haddad", "member", "import"), ("Maya Okafor", "lead", "import"),
    ]  # fmt: skip
    assert gate.may(cast.ali, "feedback.view", cast.german_reviews, at=clock.now())
    assert PersonObjectGrant.objects.filter(user=cast.maya, content_object=berlin.resource, source="lead").exists()
    assert Event.objects.filter(tag="membership.given", about_person_id=cast.ali.pk).exists()
    assert Event.objects.filter(tag="team.created", object_id=berlin.pk).exists()


def test_the_same_file_again_changes_nothing(cast):
    applied(cast.priya, "teams", TEXT)
    again = checked(cast.priya, "teams", TEXT)
    assert (again.counts.get("skip"), again.counts.get("create"), again.counts.get("refuse")) == (4, None, None)


def test_another_end_and_another_part_change_the_membership(cast):
    row = "Insights DACH,,,,maya.okafor@kestrelhome.example,{},{}"
    applied(cast.priya, "teams", file(row.format("lead", "2030-01-31")))
    now = Membership.objects.in_force(clock.now()).get(person=cast.maya, principal=cast.insights_dach.principal)
    assert (now.part, now.until.year) == ("lead", 2030)


@pytest.mark.parametrize(
    ("row", "words", "column"),
    [
        (",,,,maya.okafor@kestrelhome.example,,", "Name the team", "team"),
        ("New,No Such,,,,,", "no team", "parent"),
        ("New,New,,,,,", "no team", "parent"),
        ("New,,Nowhere,,,,", "no place", "region"),
        ("Care EMEA,Care DACH,,,,,", "stands otherwise", "parent"),
        ("Care EMEA,,,,nobody@kestrelhome.example,,", "Nobody you may see", "person"),
        ("Care EMEA,,,,ali.haddad@kestrelhome.example,boss,", "not one of", "part"),
    ],
)
def test_a_row_that_is_wrong_is_refused_with_its_column(cast, row, words, column):
    refused = checked(cast.priya, "teams", file(row)).rows.get()
    assert (refused.verdict, refused.column) == ("refuse", column)
    assert words in refused.message


def test_a_team_whose_founding_line_is_refused_is_not_founded_by_the_next_one(cast):
    text = file(
        "New,Care EMEA,,,nobody@kestrelhome.example,,",
        "New,,,,maya.okafor@kestrelhome.example,,",
        "Below,New,,,,,",
    )
    assert sorted(said(checked(cast.priya, "teams", text))) == [2, 3, 4]


def test_teams_in_a_circle_and_lines_that_disagree_are_refused(cast):
    text = file("A,B,,,,,", "B,A,,,,,", "C,,Germany,,,,", "C,,DACH,,maya.okafor@kestrelhome.example,,")
    assert sorted(said(checked(cast.priya, "teams", text))) == [2, 3, 5]


def test_nobody_joins_by_a_file_what_its_bringer_could_not_give(cast):
    """Rosa manages members in EMEA, but not what reaches everywhere."""
    world.give(cast.rosa, world.role("Importer", {"import.run", "team.create"}), region=cast.emea)
    world.give(cast.care_emea, cast.administrator)
    text = file(
        "Care EMEA,,,,ali.haddad@kestrelhome.example,,",
        "Care DACH,,,,ali.haddad@kestrelhome.example,,",
        "Care Bern,Care DACH,DACH,,ali.haddad@kestrelhome.example,,",
        "Insights DACH,,,,ali.haddad@kestrelhome.example,,",
    )
    assert sorted(said(checked(cast.rosa, "teams", text))) == [2, 3, 4]
