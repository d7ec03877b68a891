"""Files of grants: given by the rule that holds on every page, within places, for windows."""

from datetime import UTC, datetime

import pytest

from audits.models import Event
from cxaccess.lib import clock
from cxaccess.lib.errors import Refused
from permissions import gate
from permissions.models import RoleGrant
from tests import world
from tests.importing import applied, apply, checked, said

pytestmark = [pytest.mark.django_db, pytest.mark.realdb]
HEAD = "person,team,role,region,department,until,reason\n"


def file(*lines):
    return HEAD + "\n".join(lines) + "\n"


def test_a_role_is_given_where_and_until_when_the_file_says(cast):
    text = file(
        "ali.haddad@kestrelhome.example,,Feedback reader,MENA,,2030-03-31,Covers the campaign",
        ",Care EMEA,feedback-reader,,Customer Care,,",
    )
    batch = applied(cast.priya, "grants", text)
    ali = RoleGrant.objects.get(principal=cast.ali.principal, role=cast.feedback_reader)
    assert (ali.source, ali.source_ref, ali.given_by, ali.reason) == (
        "import", str(batch.pk), cast.priya, "Covers the campaign",
    )  # fmt: skip
    assert ali.until == datetime(2030, 4, 1, tzinfo=UTC)
    assert gate.may(cast.ali, "feedback.view", cast.mena_reviews, at=clock.now())
    assert not gate.may(cast.ali, "feedback.view", cast.german_reviews, at=clock.now())
    team = RoleGrant.objects.get(principal=cast.care_emea.principal, role=cast.feedback_reader)
    assert dict(team.scope.terms.values_list("dimension", "ref_id")) == {"department": cast.care.pk}
    assert Event.objects.filter(tag="grant.given", object_id=ali.pk, about_person_id=cast.ali.pk).exists()
    assert batch.counts["gain"] == 2


def test_the_same_file_again_changes_nothing_and_another_end_moves_it(cast):
    row = "ali.haddad@kestrelhome.example,,feedback-reader,MENA,,{},"
    applied(cast.priya, "grants", file(row.format("2030-03-31")))
    assert checked(cast.priya, "grants", file(row.format("2030-03-31"))).counts["skip"] == 1
    assert checked(cast.priya, "grants", file(row.format(""))).counts["skip"] == 1
    batch = applied(cast.priya, "grants", file(row.format("2030-06-30")))
    assert batch.counts["change"] == 1
    grant = RoleGrant.objects.get(principal=cast.ali.principal, role=cast.feedback_reader)
    assert grant.until == datetime(2030, 7, 1, tzinfo=UTC)
    assert Event.objects.filter(tag="grant.changed", object_id=grant.pk).exists()


@pytest.mark.parametrize(
    ("row", "words", "column"),
    [
        (",,agent,,,,", "person or a team", "person"),
        ("ali.haddad@kestrelhome.example,Care EMEA,agent,,,,", "person or a team", "person"),
        ("nobody@kestrelhome.example,,agent,,,,", "Nobody you may see", "person"),
        ("lena.horn@kestrelhome.example,,agent,,,,", "has left", "person"),
        (",No Such Team,agent,,,,", "no team", "team"),
        ("ali.haddad@kestrelhome.example,,nonsense,,,,", "no role", "role"),
        ("ali.haddad@kestrelhome.example,,agent,Nowhere,,,", "no place", "region"),
        ("ali.haddad@kestrelhome.example,,agent,,,2020-01-01,", "already over", "until"),
    ],
)
def test_a_row_that_is_wrong_is_refused_with_its_column(cast, row, words, column):
    refused = checked(cast.priya, "grants", file(row)).rows.get()
    assert (refused.verdict, refused.column) == ("refuse", column)
    assert words in refused.message


def test_nobody_gains_by_a_file_what_its_bringer_could_not_give(cast):
    world.give(cast.rosa, world.role("Importer", {"import.run", "role.view"}))
    text = file(
        "ali.haddad@kestrelhome.example,,agent,DACH,,,",
        "ali.haddad@kestrelhome.example,,agent,World,,,",
        "ali.haddad@kestrelhome.example,,agent,,,,",
        "ali.haddad@kestrelhome.example,,regional-administrator,DACH,,,",
    )
    batch = checked(cast.rosa, "grants", text)
    assert sorted(said(batch)) == [3, 4, 5]
    assert all("may not give" in words for words in said(batch).values())


def test_the_last_administrator_is_not_given_an_end(cast):
    batch = checked(cast.priya, "grants", file("priya.raman@kestrelhome.example,,administrator,,,2030-01-01,"))
    with pytest.raises(Refused, match="nobody who can administer"):
        apply(batch)
    batch.refresh_from_db()
    assert (batch.state, bool(batch.message)) == ("checked", True)
    assert RoleGrant.objects.get(principal=cast.priya.principal).until is None
