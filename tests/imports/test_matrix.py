"""Permission matrices: each assignment is allowed and nothing else is, asked one by one and as lists."""

import os
from collections import defaultdict

import pytest

from accounts.models import Identity, Person, PersonState
from audits.models import Event
from cxaccess.lib import clock
from permissions import facts, gate
from permissions.models import PersonObjectGrant, Resource
from tests import cast as people
from tests import matrices, world
from tests.importing import applied, checked, said

FULL = bool(os.environ.get("CXACCESS_FULL"))
ALL = list(matrices.SHAPES) if FULL else list(matrices.SMALL)
USE = "entitlement.use"
pytestmark = [pytest.mark.django_db, pytest.mark.realdb]


def people_of(system):
    rows = Identity.objects.filter(system=system).select_related("person")
    return {row.external_id: row.person for row in rows}


def things_of(system):
    return {row.external_id: row for row in Resource.objects.filter(system=system).select_related("type")}


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)  # committed, so that the model is kept between people as it is in life
@pytest.mark.parametrize("name", ALL)
def test_every_assignment_is_allowed_and_nothing_else(name):
    cast = people.build()
    given = matrices.matrix(name)
    batch = applied(cast.priya, "matrix", given.content, system=name)
    assert batch.counts["create"] == len(given.pairs)
    assert (batch.counts["people"], batch.counts["resources"]) == (len(given.users), len(given.permissions))
    known, things = people_of(name), things_of(name)
    held = defaultdict(set)
    for user, permission in given.pairs:
        held[user].add(permission)
    assert (known.keys(), things.keys()) == (held.keys(), set(given.permissions))
    registered = Resource.objects.filter(system=name)
    with facts.pinned():
        for user, permissions in held.items():
            at = clock.now()  # a moment more than a minute old would be answered from history
            assert all(gate.may(known[user], USE, things[permission], at=at) for permission in permissions), user
            seen = gate.visible(known[user], USE, registered, at=at).values_list("external_id", flat=True)
            assert set(seen) == permissions, user
        wrong = [
            pair for pair in given.others(10_000) if gate.may(known[pair[0]], USE, things[pair[1]], at=clock.now())
        ]
    assert wrong == []


FILE = "user,permission\nu1,p1\nu1,p2\nu2,p1\n"


def test_people_arrive_active_and_unclaimed_and_each_history_tells_of_it(cast):
    batch = applied(cast.priya, "matrix", FILE, system="legacy")
    person = Identity.objects.get(system="legacy", external_id="u1").person
    assert (person.name, person.state, person.claimed_at, person.email) == ("u1", PersonState.ACTIVE, None, "")
    assert not person.has_usable_password()
    told = Event.objects.filter(about_person_id=person.pk).order_by("id").values_list("tag", "actor_id")
    assert list(told) == [("person.created", cast.priya.pk), ("import.gave", cast.priya.pk)]
    thing = Resource.objects.get(system="legacy", external_id="p1")
    assert thing.type.key == "entitlement"
    assert Event.objects.get(tag="import.gave", object_id=thing.pk).additional_data["people"] == 2
    grant = PersonObjectGrant.objects.get(user=person, content_object=thing)
    assert (grant.source, grant.source_ref, grant.given_by) == ("import", str(batch.pk), cast.priya)


def test_the_same_file_again_changes_nothing_and_more_lines_only_add(cast):
    applied(cast.priya, "matrix", FILE, system="legacy")
    assert checked(cast.priya, "matrix", FILE, system="legacy").counts["skip"] == 3
    more = applied(cast.priya, "matrix", FILE + "u2,p2\nu2,p2\nu3,p3\n", system="legacy")
    assert (more.counts["create"], more.counts["skip"]) == (2, 4)
    assert PersonObjectGrant.objects.count() == 5


def test_two_systems_do_not_mix(cast):
    applied(cast.priya, "matrix", FILE, system="one")
    applied(cast.priya, "matrix", FILE, system="two")
    assert Identity.objects.filter(external_id="u1").values("person").distinct().count() == 2


def test_a_right_that_was_ended_is_given_anew(cast):
    applied(cast.priya, "matrix", FILE, system="legacy")
    PersonObjectGrant.objects.filter(user__identities__external_id="u2").update(until=clock.now())
    assert applied(cast.priya, "matrix", FILE, system="legacy").counts["create"] == 1


def test_what_nobody_can_be_given_is_refused(cast):
    Person.objects.filter(pk=cast.lena.pk).update(state=PersonState.LEFT)
    world.identity(cast.lena, "legacy", "u9")
    taken = world.resource("Not an entitlement", "survey", system="legacy")
    text = f"user,permission\nu9,p1\n,p1\nu1,\nu1,{taken.external_id}\n{'u' * 121},p1\nu1,p1\n"
    batch = checked(cast.priya, "matrix", text, system="legacy")
    assert sorted(said(batch)) == [2, 3, 4, 5, 6]
    assert batch.counts["create"] == 1


def test_who_may_give_in_a_region_alone_brings_no_matrix_in(cast):
    world.give(cast.rosa, world.role("Importer", {"import.run", "resource.create"}))
    batch = checked(cast.rosa, "matrix", FILE, system="legacy")
    assert len(said(batch)) == 3


def test_somebody_imported_claims_later_what_they_hold(cast):
    """The file of people gives them their name and their mail; what they hold stays theirs."""
    applied(cast.priya, "matrix", FILE, system="legacy")
    row = "external_id,name,email,system\nu1,Una Berg,una@kestrelhome.example,legacy\n"
    applied(cast.priya, "people", row, system="legacy")
    una = Person.objects.get(email="una@kestrelhome.example")
    assert una.name == "Una Berg"
    assert gate.may(una, USE, things_of("legacy")["p2"], at=clock.now())
