"""Five thousand people move at once: what rules gave them is taken back, and what rules now give is given, in sets."""

from time import perf_counter, process_time

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import Membership, Person, Principal
from cxaccess.lib import clock
from permissions.birthrights import recompute, rules
from permissions.models import RoleGrant
from tests import birthrights as by
from tests import world
from tests.birthrights import gift, titled, within
from tests.cast import Cast

pytestmark = [pytest.mark.django_db, pytest.mark.realdb]


def hired(cast: Cast, count: int) -> list[int]:
    """Make people of Germany; return their ids."""
    principals = Principal.objects.bulk_create(Principal(kind="person", label=f"Agent {n}") for n in range(count))
    made = Person.objects.bulk_create(
        Person(
            principal=principal, name=principal.label, title="Support agent", region=cast.germany, department=cast.care,
            email=f"{principal.pk}@kestrelhome.example", created_at=world.LONG_AGO,
        )
        for principal in principals
    )  # fmt: skip
    return [person.pk for person in made]


def ruled(cast: Cast) -> None:
    by.in_force(cast.priya, titled("Support agent"), [gift(cast.feedback_reader, "region")], "Own region")
    by.in_force(cast.priya, within(cast.dach), [gift(cast.agent, region=cast.dach), gift(cast.care_dach)], "DACH")
    by.in_force(cast.priya, within(cast.mena), [gift(cast.agent, region=cast.mena), gift(cast.care_emea)], "MENA")


def moved(cast: Cast, ids: list[int]) -> tuple[float, float]:
    """Let everybody move, as a file lets them; return the seconds and the processor seconds that their rights took."""
    with transaction.atomic():
        for start in range(0, len(ids), 500):
            Person.objects.filter(pk__in=ids[start : start + 500]).update(region=cast.mena)
        began, worked = perf_counter(), process_time()
        recompute.recompute(rules.standing(), at=clock.now())
        return perf_counter() - began, process_time() - worked


@pytest.mark.slow
def test_five_thousand_movers_have_what_their_new_place_gives_and_nothing_of_the_old_one(cast: Cast) -> None:
    ids = hired(cast, 5_000)
    ruled(cast)
    seconds, worked = moved(cast, ids)
    print(f"\n5,000 movers on {connection.vendor}: {seconds:.2f} s, {worked:.2f} s of this process")  # noqa: T201 - a figure
    held = RoleGrant.objects.in_force(clock.now()).filter(source="birthright", principal__person__in=ids)
    assert held.filter(scope__digest=f"region={cast.mena.pk}").count() == 2 * 5_000
    assert held.count() == 2 * 5_000
    inside = Membership.objects.in_force(clock.now()).filter(source="birthright", person__in=ids)
    assert set(inside.values_list("principal__label", flat=True)) == {"Care EMEA"}


def test_rights_are_recomputed_in_as_many_statements_for_many_as_for_few(cast: Cast) -> None:
    ruled(cast)
    counts = []
    for many in (3, 30):
        ids = hired(cast, many)
        with transaction.atomic():
            recompute.recompute(rules.standing(), at=clock.now())
        with CaptureQueriesContext(connection) as queries:
            moved(cast, ids)
        counts.append(len(queries))
    assert counts[0] == counts[1], counts
