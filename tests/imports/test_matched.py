"""Whom a permission matrix matched: who gets its rights, and who was made their owner only lately."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Identity
from accounts.people.services import edit_person
from audits.models import Event
from audits.trail.tags import Tag
from cxaccess.lib import clock
from tests import world
from tests.importing import applied, apply, checked
from tests.imports.test_pages import FACTS
from tests.sessions import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.realdb]
FILE = "user,permission\nu1,p1\nu1,p2\nu2,p1\n"


def linked(someone, external_id, *, days):
    row = world.identity(someone, "legacy", external_id)
    Identity.objects.filter(pk=row.pk).update(linked_at=clock.now() - timedelta(days=days))
    return row


def page(reader, batch, **asked):
    return signed_in(reader).get(reverse("imports:matched", kwargs={"pk": batch.pk}), asked).content.decode()


def test_an_id_that_was_given_to_an_accomplice_stands_out_before_the_matrix_is_applied(cast):
    """Whoever imports people says that u1 is Chiara; whoever brings the matrix sees who said so, and when."""
    row = f"external_id,email,system\nu1,{cast.chiara.email},legacy\n"
    applied(cast.priya, "people", row, system="legacy")
    linked(cast.maya, "u2", days=90)
    told = Event.objects.get(tag=Tag.IDENTITY_LINKED)
    assert (told.actor, told.about_person_id, told.additional_data["system"]) == (cast.priya, cast.chiara.pk, "legacy")
    batch = checked(cast.priya, "matrix", FILE, system="legacy")
    assert (batch.counts["matched"], batch.counts["lately"]) == (2, 1)
    shown = page(cast.priya, batch, show="lately")
    assert (cast.chiara.name in shown, cast.chiara.email in shown, cast.maya.name in shown) == (True, True, False)
    assert ("Newly linked" in shown, cast.priya.name in shown) == (True, True)
    assert cast.maya.name in page(cast.priya, batch)
    detail = signed_in(cast.priya).get(reverse("imports:detail", kwargs={"pk": batch.pk})).content.decode()
    assert "1 matched person was linked" in detail


def test_who_came_with_a_matrix_is_new_only_once_somebody_gave_them_a_mail(cast):
    """Until then nobody can sign in as them. A mail makes a person of the id, so it counts as a link does."""
    applied(cast.priya, "matrix", FILE, system="legacy")
    again = checked(cast.priya, "matrix", FILE + "u1,p9\n", system="legacy")
    assert (again.counts["matched"], again.counts["lately"]) == (2, 0)
    Identity.objects.update(linked_at=clock.now() - timedelta(days=90))
    una = Identity.objects.get(external_id="u1").person
    edit_person(
        cast.priya, person=una, row_version=1, changes={"email": "una@kestrelhome.example"}, at=clock.now()
    )  # fmt: skip
    once_more = checked(cast.priya, "matrix", FILE + "u1,p9\n", system="legacy")
    assert once_more.counts["lately"] == 1
    shown = page(cast.priya, once_more, show="lately")
    assert ("New mail" in shown, "Newly linked" in shown) == (True, False)


def test_whom_the_file_itself_brought_is_not_among_them(cast):
    linked(cast.maya, "u2", days=90)
    batch = apply(checked(cast.priya, "matrix", FILE, system="legacy"))
    shown = page(cast.priya, batch)
    assert (">u2<" in shown, ">u1<" in shown) == (True, False)


def test_who_may_not_see_somebody_sees_the_id_that_the_file_holds_and_no_name(cast):
    linked(cast.maya, "u2", days=3)
    batch = checked(cast.priya, "matrix", FILE, system="legacy")
    world.give(cast.ali, world.role("Watcher", {"import.view"}))
    shown = page(cast.ali, batch)
    assert ("u2" in shown, "Somebody you may not see" in shown) == (True, True)
    assert cast.maya.name not in shown
    assert cast.maya.email not in shown


def test_whose_rows_are_all_refused_matched_nothing(cast):
    """Nobody gets the rights of an id whose rows fail, so it is no warning either."""
    linked(cast.maya, "u2", days=3)
    batch = checked(cast.priya, "matrix", f"user,permission\nu1,p1\nu2,{'p' * 121}\n", system="legacy")
    assert (batch.counts["refuse"], batch.counts["matched"], batch.counts["lately"]) == (1, 0, 0)


def test_only_a_checked_matrix_has_such_a_page(cast):
    batch = checked(cast.priya, "people", "Name,Mail\nAda Lee,ada@kestrelhome.example\n")
    answer = signed_in(cast.priya).get(reverse("imports:matched", kwargs={"pk": batch.pk}))
    assert answer.status_code == 404


def cost(reader, batch):
    client = signed_in(reader)
    url = reverse("imports:matched", kwargs={"pk": batch.pk})
    client.get(url)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(url).status_code == 200
    return len(asked)


def test_the_page_costs_the_same_for_ten_times_as_many(cast):
    few = 3
    costs = []
    for n in (few, 10 * few):
        people = [world.person(f"Nadia {n} {number}") for number in range(n)]
        for number, one in enumerate(people):
            linked(one, f"n{n}-{number}", days=3)
        lines = "".join(f"n{n}-{number},p1\n" for number in range(n))
        batch = checked(cast.priya, "matrix", "user,permission\n" + lines, system="legacy")
        assert batch.counts["lately"] == n
        costs.append(cost(cast.priya, batch))
    assert costs[0] == costs[1] <= 20 + FACTS, costs
