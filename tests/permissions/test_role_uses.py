"""Where roles are used, which are nearly the same, and which give more than another."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Person, Principal
from cxaccess.lib import clock
from permissions import facts
from permissions.models import Action, Role, RoleGrant
from permissions.roles import alike
from permissions.roles.uses import uses
from tests import world
from tests.cast import Cast
from tests.sessions import signed_in

MANY = {"report.edit", "report.export", "dashboard.edit", "dashboard.share", "survey.edit", "survey.export",
        "ticket.reply", "article.edit", "profile.view", "segment.view", "feedback.view"}  # fmt: skip


@pytest.fixture
def priya(cast: Cast) -> Client:
    return signed_in(cast.priya)


def texts(role: Role) -> list[tuple[str, str]]:
    reader = Person.objects.get(name="Priya Raman")
    return [(use.text, use.note) for use in uses(reader, role, at=clock.now())]


def test_a_role_says_who_includes_it_directly_and_further_out(cast: Cast) -> None:
    middle = world.role("Middle", {"survey.view"}, [cast.feedback_reader])
    world.role("Outer", set(), [middle])
    found = [text for text, _note in texts(cast.feedback_reader)]
    assert found == ["Included in Analyst", "Included in Middle", "And by way of others in 1 role"]


def test_a_role_says_to_how_many_of_each_kind_it_was_given(cast: Cast) -> None:
    world.give(cast.care_dach, cast.agent)
    world.give(cast.ali, cast.agent, region=cast.dach)  # twice to one person
    world.give(cast.chiara, cast.agent, starts=world.soon(days=3))
    world.give(cast.maya, cast.agent, until=world.soon(days=-3))
    group = Principal.objects.create(kind="group", label="Night shift", auth_group=_auth_group())
    RoleGrant.objects.create(principal=group, role=cast.agent, scope=world.scope(), starts_at=world.LONG_AGO,
                             given_at=world.LONG_AGO)  # fmt: skip
    assert texts(cast.agent) == [
        ("Given to 2 people", "1 of them begins later"), ("Given to 1 team", ""), ("Given to 1 group", ""),
    ]  # fmt: skip


def _auth_group():
    from django.contrib.auth.models import Group

    return Group.objects.create(name="group-night-shift")


def test_the_page_says_that_an_unused_role_can_go(cast: Cast, priya: Client) -> None:
    role = world.role("Unused", {"report.view"})
    page = priya.get(reverse("roles:detail", args=[role.pk])).content.decode()
    assert "It can be retired" in page


def test_a_permission_says_which_roles_give_it_how_and_to_how_many(cast: Cast, priya: Client) -> None:
    action = Action.objects.get(key="structure.view")
    page = priya.get(reverse("catalogue:detail", args=[action.pk]))
    givers = {giver.role.name: (giver.itself, giver.inner, str(giver.people)) for giver in page.context["givers"]}
    assert givers["Regional administrator"] == (False, "People reader", "1")
    assert givers["People reader"] == (True, "", "0")
    assert page.context["holders"] == 4


def test_roles_that_are_nearly_the_same_find_each_other(cast: Cast) -> None:
    one, two = world.role("One", MANY), world.role("Two", MANY | {"feedback.edit"})
    world.role("Small", {"settings.view"})
    world.role("Also small", {"settings.view"})
    found = alike.duplicates(facts.model(clock.now()))
    assert (found[one.pk].role, found[two.pk].role) == (two.pk, one.pk)
    assert found[one.pk].percent < 100
    assert {one.pk, two.pk} == set(found)


def test_the_quick_search_for_duplicates_finds_what_the_plain_one_does(cast: Cast) -> None:
    for number in range(12):
        world.role(f"Role {number}", set(sorted(MANY)[number % 4 :]) | ({"team.edit"} if number % 3 else set()))
    model = facts.model(clock.now())
    big = [role for role, held in model.holding.items() if len(held) >= alike.LEAST]
    plain = {
        one: max(alike.likeness(model, two, one).share for two in big if two != one) for one in big if len(big) > 1
    }
    expected = {role for role, share in plain.items() if share >= alike.NEAR}
    found = alike.duplicates(model)
    assert set(found) == expected
    assert {role: one.share for role, one in found.items()} == {role: plain[role] for role in expected}


def test_the_hint_leads_to_the_comparison_and_names_no_role_that_is_hidden(cast: Cast, priya: Client) -> None:
    one, two = world.role("One", MANY), world.role("Two", MANY)
    address = f"?a=role-{one.pk}&amp;b=role-{two.pk}"
    for url in (reverse("roles:list"), reverse("roles:detail", args=[one.pk])):
        page = priya.get(url).content.decode()
        assert "Gives the same as Two" in page
        assert address in page


def test_the_list_shows_what_gives_more_than_a_role_most_alike_first(cast: Cast, priya: Client) -> None:
    world.reversion(cast.agent, {"ticket.reply", "article.view", "feedback.view"})
    near = world.role("Nearly an agent", {"ticket.reply", "article.view", "survey.view"})
    part = world.role("Part of an agent", {"article.view"})
    page = priya.get(reverse("roles:list"), {"differs": cast.agent.pk})
    names = [role.name for role in page.context["page"]]
    assert names[0] == near.name
    assert part.name not in names
    assert cast.agent.name not in names
    assert "3 shared, 1 more, 1 missing" in page.content.decode()
    assert [role.name for role in priya.get(reverse("roles:list"), {"differs": cast.agent.pk, "sort": "name"}).context[
        "page"]] == sorted(names)  # fmt: skip
    assert priya.get(reverse("roles:list"), {"differs": cast.agent.pk, "page": "99"}).status_code == 200


@pytest.mark.parametrize("odd", ["²", "9" * 40, "0"])
def test_a_role_that_is_none_narrows_nothing(cast: Cast, priya: Client, odd: str) -> None:
    assert priya.get(reverse("roles:list"), {"differs": odd}).context["page"].count.value > 5


def test_the_list_beside_a_role_costs_the_same_however_many_there_are(cast: Cast, priya: Client) -> None:
    costs = []
    for number in range(2):
        priya.get(reverse("roles:list"), {"differs": cast.agent.pk})
        with CaptureQueriesContext(connection) as queries:
            priya.get(reverse("roles:list"), {"differs": cast.agent.pk})
        costs.append(len(queries))
        for more in range(20):
            world.role(f"Role {number} {more}", {"report.view"})
    assert costs[1] <= costs[0]


def test_who_sees_one_role_learns_no_other_by_name(cast: Cast) -> None:
    """An object grant shows one role; what includes it, resembles it or gives the same stays unnamed."""
    one, two = world.role("One", MANY), world.role("Two", MANY)
    world.role("Around", {"survey.view"}, [one])
    world.give_on(cast.chiara, "role.view", one.resource)
    world.give(cast.chiara, world.role("Catalogue reader", {"catalogue.view"}))
    client = signed_in(cast.chiara)
    action = Action.objects.get(key="survey.edit")
    for url in (
        reverse("roles:list"), reverse("roles:detail", args=[one.pk]), reverse("roles:includes", args=[one.pk]),
        reverse("catalogue:detail", args=[action.pk]), f"{reverse('roles:compare')}?a=role-{one.pk}&b=role-{two.pk}",
        f"{reverse('roles:list')}?differs={two.pk}",
    ):  # fmt: skip
        answer = client.get(url)
        text = answer.content.decode()
        assert answer.status_code == 200
        assert "Two" not in text, url
        assert "Around" not in text, url
