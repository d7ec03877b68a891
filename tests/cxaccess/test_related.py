"""What rows point to is read in one statement, and stands beside them as if it had been joined."""

from typing import Any

from cxaccess.lib.related import attach, attach_all
from permissions.models import GroupObjectGrant, PersonObjectGrant, RoleGrant
from tests import world
from tests.cast import Cast

NAMED = ("role__name", "role__risk", "given_by__name", "principal__label")


def told(row: RoleGrant) -> tuple[Any, ...]:
    return row.role.name, row.role.risk, row.given_by and row.given_by.name, row.principal.label


def test_rows_get_what_they_point_to_in_one_statement(cast: Cast, django_assert_num_queries: Any) -> None:
    world.give(cast.maya, cast.analyst)
    world.give(cast.insights_dach, cast.agent)
    RoleGrant.objects.filter(role=cast.analyst).update(given_by=cast.priya)
    rows = list(RoleGrant.objects.order_by("pk"))
    joined = RoleGrant.objects.select_related("role", "given_by", "principal").order_by("pk")
    with django_assert_num_queries(1):
        attach(rows, *NAMED)
        found = [told(row) for row in rows]
    assert found == [told(row) for row in joined]
    assert type(rows[0].role.risk) is int


def test_what_points_back_is_found_too_and_none_is_remembered(cast: Cast, django_assert_num_queries: Any) -> None:
    world.give(cast.maya, cast.analyst)
    given = RoleGrant.objects.filter(role=cast.analyst)
    rows = list(given.select_related("principal").order_by("-principal__label"))
    with django_assert_num_queries(1):
        attach(rows, "principal__person__title", "principal__team__pk")
        assert [hasattr(row.principal, "team") for row in rows] == [False, True]
        assert rows[0].principal.person.title == cast.maya.title
        assert (rows[1].principal.team, rows[1].principal.team.principal) == (cast.insights_dach, rows[1].principal)


def test_lists_of_several_tables_are_one_statement(cast: Cast, django_assert_num_queries: Any) -> None:
    thing = world.resource("Voice of DACH", region=cast.dach)
    world.give_on(cast.maya, "feedback.view", thing)
    world.give_on(cast.insights_dach, "feedback.view", thing)
    own, shared = list(PersonObjectGrant.objects.all()), list(GroupObjectGrant.objects.all())
    with django_assert_num_queries(1):
        attach_all([(own, ("content_object__name", "user__name")), (shared, ("content_object__name",))])
        assert {row.content_object.name for row in (*own, *shared)} >= {"Voice of DACH"}
        assert "Maya Okafor" in {row.user.name for row in own}


def test_no_rows_ask_nothing(db: None, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        attach([], "role__name")
