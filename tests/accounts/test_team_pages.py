"""The pages of teams and of the structure."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.teams import memberships, services
from cxaccess.lib import clock
from tests import world
from tests.cast import Cast
from tests.sessions import signed_in


@pytest.fixture
def priya(cast: Cast) -> Client:
    return signed_in(cast.priya)


def queries(client: Client, url: str) -> int:
    client.get(url)
    with CaptureQueriesContext(connection) as found:
        assert client.get(url).status_code == 200
    return len(found)


def populate(cast: Cast, n: int, start: int) -> None:
    for i in range(start, start + n):
        team = world.team(f"Squad {i:03}", cast.care_emea, region=cast.emea, department=cast.care)
        person = world.person(f"Member {i:03}", region=cast.germany)
        world.join(person, team, part="lead")
        world.join(person, cast.care_dach)
        world.give(team, cast.agent, region=cast.dach)


@pytest.mark.parametrize("as_", ["list", "tree"])
def test_the_list_costs_the_same_for_one_team_and_for_many(cast: Cast, priya: Client, as_: str) -> None:
    url = f"{reverse('teams:list')}?q=squad&as={as_}"
    populate(cast, 1, 0)
    few = queries(priya, url)
    populate(cast, 20, 1)
    assert queries(priya, url) == few
    assert len(priya.get(url).context["rows"]) == 21


def test_the_members_page_costs_the_same_for_one_and_for_many(cast: Cast, priya: Client) -> None:
    url = reverse("teams:members", args=[cast.care_dach.pk])
    populate(cast, 1, 0)
    few = queries(priya, url)
    populate(cast, 20, 1)
    assert queries(priya, url) == few


def test_the_tree_puts_teams_under_their_parents(cast: Cast, priya: Client) -> None:
    rows = priya.get(f"{reverse('teams:list')}?as=tree").context["rows"]
    assert [(row.team.name, row.depth) for row in rows] == [("Care EMEA", 0), ("Care DACH", 1), ("Insights DACH", 0)]


def test_teams_without_a_lead_are_found_and_warned_about(cast: Cast, priya: Client) -> None:
    rows = priya.get(f"{reverse('teams:list')}?view=no-lead").context["rows"]
    assert [row.team.name for row in rows] == ["Care DACH", "Care EMEA"]
    assert "Nobody leads this team." in priya.get(reverse("teams:detail", args=[cast.care_dach.pk])).content.decode()


def test_a_team_is_found_by_a_member(cast: Cast, priya: Client) -> None:
    rows = priya.get(f"{reverse('teams:list')}?q=okafor").context["rows"]
    assert [(row.team.name, row.members) for row in rows] == [("Insights DACH", 2)]


def test_the_roles_page_says_what_comes_from_above(cast: Cast, priya: Client) -> None:
    world.give(cast.care_emea, cast.agent, region=cast.emea)
    world.give(cast.care_dach, cast.feedback_reader)
    context = priya.get(reverse("teams:roles", args=[cast.care_dach.pk])).context
    assert [held.grant.role.name for held in context["own"]] == ["Feedback reader"]
    assert [held.grant.principal.label for held in context["above"]] == ["Care EMEA"]


def test_what_a_team_can_do_names_each_role_that_lets_it(cast: Cast, priya: Client) -> None:
    world.give(cast.insights_dach, cast.feedback_reader)
    groups = dict(priya.get(reverse("teams:abilities", args=[cast.insights_dach.pk])).context["groups"])
    feedback = next(found for type_, found in groups.items() if type_.key == "feedback")
    ways = {ability.action.key: sorted(ability.ways) for ability in feedback}
    assert ways["feedback.view"] == [("Analyst", "DACH"), ("Feedback reader", "Everywhere")]
    assert ways["feedback.export"] == [("Analyst", "DACH")]


def test_adding_a_member_says_what_they_gain_and_what_the_reader_cannot_give(cast: Cast) -> None:
    url = reverse("teams:add", args=[cast.insights_dach.pk])
    mine = signed_in(cast.jonas)
    context = mine.get(url).context
    assert [held.grant.role.name for held in context["gains"]] == ["Analyst"]
    assert len(context["beyond"]) == 1
    nina = world.person("Nina Neu", region=cast.dach)
    answer = mine.post(url, {"person": nina.pk, "part": "member", "reason": "Joins"})
    assert answer.status_code == 403
    assert "(role.give)" in answer.content.decode()
    assert 'value="Joins"' in answer.content.decode()


def test_a_date_without_a_time_ends_with_that_day_where_the_reader_is(cast: Cast, priya: Client) -> None:
    type(cast.priya).objects.filter(pk=cast.priya.pk).update(time_zone="America/New_York")
    url = reverse("teams:add", args=[cast.care_dach.pk])
    day = world.soon(days=30).date()
    assert priya.post(url, {"person": cast.ali.pk, "part": "member", "until_date": f"{day}"}).status_code == 302
    until = cast.ali.memberships.get().until
    assert until.hour in (4, 5)
    assert (until.date() - day).days == 1


def test_ending_twice_is_409(cast: Cast, priya: Client) -> None:
    row = cast.maya.memberships.get()
    url = reverse("teams:end", args=[row.pk])
    assert priya.post(url).status_code == 302
    assert priya.post(url).status_code == 409


def test_a_lead_is_made_and_unmade_by_one_button(cast: Cast, priya: Client) -> None:
    row = cast.maya.memberships.get()
    priya.post(reverse("teams:turn", args=[row.pk]))
    follows = cast.maya.memberships.latest("pk")
    assert follows.part == "lead"
    assert priya.post(reverse("teams:turn", args=[row.pk])).status_code == 409


def test_two_who_edit_a_team_at_once_are_told(cast: Cast, priya: Client) -> None:
    services.edit_team(cast.rosa, team=cast.care_dach, row_version=1, changes={"purpose": "Theirs"}, at=clock.now())
    data = {"row_version": 1, "name": "Care DACH", "purpose": "Mine", "region": cast.dach.pk}
    seen = {"initial-name": "Care DACH", "initial-purpose": "", "initial-region": cast.dach.pk}
    seen |= {"initial-department": cast.care.pk}
    answer = priya.post(reverse("teams:edit", args=[cast.care_dach.pk]), data | seen)
    assert answer.status_code == 409
    assert [(conflict.label, conflict.now) for conflict in answer.context["conflicts"]] == [("Purpose", "Theirs")]


def test_a_team_in_use_says_who_instead_of_asking(cast: Cast, priya: Client) -> None:
    url = reverse("teams:archive", args=[cast.insights_dach.pk])
    assert "2 members (Jonas Weber, Maya Okafor)" in priya.get(url).content.decode()
    assert priya.post(url, {"reason": "Merged"}).status_code == 422
    memberships.end_membership(cast.priya, membership=cast.maya.memberships.get(), at=clock.now())
    assert "1 member (Jonas Weber)" in priya.get(url).content.decode()


def test_the_structure_counts_everything_below(cast: Cast, priya: Client) -> None:
    (root,) = priya.get(f"{reverse('structure:index')}?counted=1").context["forest"]
    assert (root.node.name, root.people, root.teams) == ("World", 10, 3)
    (emea,) = root.children
    assert [(branch.node.name, branch.people) for branch in emea.children] == [("DACH", 3), ("MENA", 2)]


def test_the_tree_stands_before_it_is_counted(cast: Cast, priya: Client) -> None:
    there = f'id="people-{cast.emea.parent_id}"'
    page = priya.get(reverse("structure:index")).content.decode()
    assert f"<span {there}>People</span>" in page
    assert "10 people" not in page
    counts = reverse("structure:counts")
    part = priya.get(counts, headers={"HX-Request": "true"}).content.decode()
    assert f'<span {there} hx-swap-oob="true">10 people</span>' in part
    assert "3 teams</span>" in part
    assert "10 people" in priya.get(counts, follow=True).content.decode()  # as a page, where there are no scripts


def test_a_regional_reader_sees_their_part_of_the_tree(cast: Cast) -> None:
    (root,) = signed_in(cast.jonas).get(reverse("structure:index")).context["forest"]
    assert root.node.name == "DACH"
    assert signed_in(cast.jonas).get(reverse("structure:detail", args=[cast.mena.pk])).status_code == 404


def test_the_tree_costs_the_same_however_large(cast: Cast, priya: Client) -> None:
    url = reverse("structure:index")
    few = queries(priya, url)
    for i in range(15):
        world.node(f"Place {i}", cast.dach)
    assert queries(priya, url) == few


def test_moving_the_end_of_a_membership_asks_who_is_there(cast: Cast) -> None:
    row = world.join(cast.chiara, cast.care_dach, until=world.soon(days=1))
    client = signed_in(cast.priya)
    session = client.session
    session["proved_at"] = world.soon(hours=-3).isoformat()
    session.save()
    answer = client.post(reverse("teams:until", args=[row.pk]), {"until_date": ""})
    row.refresh_from_db()
    assert answer.url.startswith(reverse("signin:confirm"))
    assert row.until is not None
