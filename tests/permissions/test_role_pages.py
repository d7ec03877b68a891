"""The pages of roles: the matrix, its preview, what is refused and what is told."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Team
from cxaccess.jobs import stamps
from cxaccess.lib import clock
from permissions.models import Action, Role, RoleGrant
from permissions.roles import holding
from permissions.roles.matrix import matrix
from permissions.roles.preview import preview
from permissions.roles.rows import Contents, contents
from permissions.roles.selectors import draft, holders, steps, types
from permissions.roles.services import save_version
from tests import world
from tests.cast import Cast
from tests.sessions import signed_in


@pytest.fixture
def priya(cast: Cast) -> Client:
    return signed_in(cast.priya)


def cells(role: Role, after: Contents | None = None):
    shown = matrix(draft(role, after, at=clock.now()), types())
    return {cell.key: cell for area in shown.areas for line in area.lines for cell in line.all}


def posted(role: Role, actions, includes=(), **more: object) -> dict[str, object]:
    role = Role.objects.select_related("current").get(pk=role.pk)
    return {
        "row_version": role.row_version,
        "number": role.current.number,
        "action": sorted(actions),
        "include": [inner.pk for inner in includes],
        **more,
    }


def test_each_permission_is_granted_inherited_implied_or_none(cast: Cast) -> None:
    found = cells(cast.analyst)
    assert (found["report.edit"].state, found["report.edit"].locked) == ("granted", False)
    assert (found["report.view"].state, found["report.view"].source) == ("implied", "by Edit")
    assert (found["feedback.view"].state, found["feedback.view"].source) == ("inherited", "Feedback reader")
    assert found["ticket.view"].state == "none"


def test_what_a_draft_adds_and_takes_is_marked_with_all_that_follows(cast: Cast) -> None:
    own = contents(cast.analyst.current)
    found = cells(cast.analyst, Contents((own.actions - {"report.edit"}) | {"profile.export"}, own.includes))
    changed = {key: cell.change for key, cell in found.items() if cell.change}
    assert changed == {"report.edit": "del", "report.view": "del", "profile.export": "add", "profile.view": "add"}


def test_taking_an_included_role_out_takes_what_only_it_brought(cast: Cast) -> None:
    found = cells(cast.analyst, Contents(frozenset({"report.edit"}), frozenset()))
    assert found["feedback.view"].change == "del"


def test_a_filter_hides_rows_but_keeps_their_ticks(cast: Cast) -> None:
    shown = matrix(draft(cast.analyst, None, at=clock.now()), types(), q="ticket")
    assert [line.type.key for area in shown.areas for line in area.lines] == ["ticket"]
    assert set(shown.hidden) == {"feedback.export", "report.edit"}


def test_the_preview_names_who_gains_and_saves_nothing(cast: Cast, priya: Client) -> None:
    own = contents(cast.analyst.current)
    url = reverse("roles:edit_permissions", args=[cast.analyst.pk])
    answer = priya.post(url, posted(cast.analyst, own.actions | {"survey.view"}, [cast.feedback_reader]))
    assert answer.status_code == 200
    page = answer.content.decode()
    assert "2 people gain" in page
    assert "Maya Okafor" in page
    assert cast.analyst.versions.count() == 1


def test_only_those_whom_the_editor_may_see_are_named(cast: Cast) -> None:
    world.give(cast.chiara, world.role("Role editor", {"role.edit"}))
    own = contents(cast.analyst.current)
    wanted = draft(cast.analyst, Contents(own.actions | {"survey.view"}, own.includes), at=clock.now())
    told = preview(cast.chiara, wanted, at=clock.now()).told[0]
    assert (told.count, told.people, told.unseen) == (2, (), 2)


def test_the_preview_says_where_the_editor_may_not_give_it(cast: Cast) -> None:
    world.give(cast.chiara, world.role("Role editor", {"role.edit"}))
    world.give(cast.chiara, cast.regional_admin, region=cast.dach)
    wanted = draft(cast.agent, Contents(frozenset({"ticket.assign"}), frozenset()), at=clock.now())
    assert preview(cast.chiara, wanted, at=clock.now()).refusals == ("MENA",)


def test_saving_needs_a_reason_and_then_makes_a_version(cast: Cast, priya: Client) -> None:
    url = reverse("roles:save", args=[cast.agent.pk])
    answer = priya.post(url, posted(cast.agent, {"article.view"}))
    assert (answer.status_code, cast.agent.versions.count()) == (200, 1)
    answer = priya.post(url, posted(cast.agent, {"article.view"}, note="Agents no longer reply"))
    assert (answer.status_code, cast.agent.versions.count()) == (302, 2)


def test_giving_high_risk_to_many_takes_the_number_typed(cast: Cast, priya: Client) -> None:
    for number in range(11):
        world.give(world.person(f"Person {number}"), cast.agent)
    url = reverse("roles:save", args=[cast.agent.pk])
    wanted = posted(cast.agent, {"ticket.reply", "article.view", "ticket.export"}, note="The move")
    assert "Type <b>12</b> to confirm" in priya.post(url, wanted).content.decode()
    assert priya.post(url, wanted | {"typed": "11"}).status_code == 200
    assert cast.agent.versions.count() == 1
    assert priya.post(url, wanted | {"typed": "12"}).status_code == 302


def test_who_saves_second_sees_what_the_first_changed_and_keeps_their_ticks(cast: Cast, priya: Client) -> None:
    mine = posted(cast.agent, {"ticket.reply", "article.view", "survey.view"}, note="Surveys as well")
    first = {"actions": {"ticket.reply"}, "includes": [], "note": "No articles", "at": clock.now()}
    save_version(cast.priya, role=cast.agent, row_version=1, **first)
    answer = priya.post(reverse("roles:save", args=[cast.agent.pk]), mine)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "No articles" in page
    assert "article.view</dd>" in page
    assert set(answer.context["draft"].after.actions) == {"ticket.reply", "survey.view"}
    again = posted(cast.agent, {"ticket.reply", "survey.view"}, note="Surveys as well")
    assert priya.post(reverse("roles:save", args=[cast.agent.pk]), again).status_code == 302


def test_two_who_edit_the_facts_get_409_with_the_difference(cast: Cast, priya: Client) -> None:
    url = reverse("roles:edit", args=[cast.agent.pk])
    seen = {"initial-name": "Agent", "initial-purpose": cast.agent.purpose, "initial-risk": "1", "row_version": 1}
    first = {"name": "Support agent", "purpose": "Answers", "risk": "2", **seen}
    assert priya.post(url, first).status_code == 302
    answer = priya.post(url, first | {"name": "Helper"})
    assert answer.status_code == 409
    assert "Support agent" in answer.content.decode()
    assert 'value="Helper"' in answer.content.decode()


def test_the_difference_is_told_although_none_of_it_stands_in_the_form(cast: Cast, priya: Client) -> None:
    save_version(cast.priya, role=cast.agent, row_version=1, actions={"ticket.reply"}, includes=[], note="Less",
                 at=clock.now())  # fmt: skip
    mine = {"name": "Helper", "purpose": "Answers", "risk": "2", "row_version": 1, "initial-name": "Agent"}
    mine |= {"initial-purpose": cast.agent.purpose, "initial-risk": "1"}
    answer = priya.post(reverse("roles:edit", args=[cast.agent.pk]), mine)
    assert answer.status_code == 409
    assert "They changed something that does not stand in this form." in answer.content.decode()


def test_whose_a_role_is_stays_while_its_name_is_changed(cast: Cast, priya: Client) -> None:
    Role.objects.filter(pk=cast.agent.pk).update(owner=cast.sofia)  # who is suspended
    url = reverse("roles:edit", args=[cast.agent.pk])
    drawn = priya.get(url).context["form"]
    assert f'<option value="{cast.sofia.pk}" selected>' in str(drawn["owner"])
    given = {"name": "Helper", "purpose": "Answers", "risk": "2", "owner": cast.sofia.pk, "row_version": 1}
    assert priya.post(url, given).status_code == 302
    cast.agent.refresh_from_db()
    assert (cast.agent.name, cast.agent.owner) == ("Helper", cast.sofia)


@pytest.mark.parametrize("odd", ["hidden", "²", "9" * 30, "x"])
def test_nobody_learns_a_name_by_saying_what_they_were_shown(cast: Cast, odd: str) -> None:
    rosa, team = signed_in(cast.rosa), cast.care_emea
    said = str(cast.otto.pk) if odd == "hidden" else odd  # Rosa does not see him
    mine = {"name": "Care", "purpose": "", "row_version": 99, "initial-owner": said, "owner": said}
    answer = rosa.post(reverse("teams:edit", args=[team.pk]), mine | {"initial-name": "Care EMEA"})
    assert answer.status_code in (409, 422)
    assert cast.otto.name not in answer.content.decode()


def test_an_unknown_permission_in_a_draft_is_a_bad_request(cast: Cast, priya: Client) -> None:
    url = reverse("roles:edit_permissions", args=[cast.agent.pk])
    assert priya.post(url, posted(cast.agent, {"ticket.fly"})).status_code == 400


def test_a_cycle_is_told_on_the_page_with_its_path(cast: Cast, priya: Client) -> None:
    url = reverse("roles:save", args=[cast.feedback_reader.pk])
    answer = priya.post(url, posted(cast.feedback_reader, {"feedback.view"}, [cast.analyst], note="Round and round"))
    assert "Feedback reader &gt; Analyst &gt; Feedback reader" in answer.content.decode()


def test_a_new_role_begins_as_a_copy_and_goes_on_to_its_matrix(cast: Cast, priya: Client) -> None:
    form = {"name": "Junior analyst", "purpose": "Learns", "risk": "1", "owner": "", "copy_of": cast.analyst.pk}
    answer = priya.post(reverse("roles:create"), form)
    made = Role.objects.get(name="Junior analyst")
    assert answer.url == reverse("roles:edit_permissions", args=[made.pk])
    assert contents(made.current) == contents(cast.analyst.current)


def test_retiring_names_who_stands_in_the_way_and_works_when_nobody_does(cast: Cast, priya: Client) -> None:
    held = priya.get(reverse("roles:retire", args=[cast.agent.pk]))
    assert "Ali Haddad" in held.content.decode()
    unused = world.role("Unused", {"report.view"})
    answer = priya.post(reverse("roles:retire", args=[unused.pk]), {"reason": "Never given"})
    unused.refresh_from_db()
    assert (answer.status_code, unused.retired_at is not None) == (302, True)


def test_the_matrix_wants_a_fresh_proof_of_who_is_there(cast: Cast) -> None:
    client = signed_in(cast.priya)
    session = client.session
    session["proved_at"] = world.soon(hours=-3).isoformat()
    session.save()
    for name in ("roles:edit_permissions", "roles:retire"):
        assert "/confirm/" in client.get(reverse(name, args=[cast.agent.pk])).url


def test_holders_are_counted_once_directly_and_through_teams(cast: Cast) -> None:
    world.give(cast.maya, cast.analyst)
    world.give(cast.sofia, cast.analyst)
    found = holding.held([cast.analyst.pk, cast.agent.pk], at=clock.now())[cast.analyst.pk]
    assert (str(found.count), str(found.only_through)) == ("2", "1")
    assert holders([cast.agent.pk], at=clock.now())[cast.agent.pk].direct == {cast.ali.pk}


@pytest.mark.realdb
def test_a_list_counts_the_holders_that_a_comparison_names(cast: Cast) -> None:
    above = world.team("Insights")
    under = world.team("Insights North", parent=above)
    closed = world.team("Insights South", parent=above)
    for person, team in ((cast.ali, above), (cast.chiara, under), (cast.sofia, closed), (cast.priya, closed)):
        world.join(person, team)
    Team.objects.filter(pk=closed.pk).update(archived_at=clock.now())
    beside_it = world.team("Insights of Sundays")
    for person in (cast.chiara, cast.ali, cast.maya):
        world.join(person, beside_it)
    for holder in (above, cast.maya, beside_it):  # once and once more, for a part of it: still one of each
        world.give(holder, cast.analyst)
        world.give(holder, cast.analyst, region=cast.dach)
    world.give(beside_it, cast.agent)
    world.give(beside_it, cast.agent, region=cast.dach)
    world.give(cast.chiara, cast.agent, until=clock.now() - timedelta(minutes=1))
    with transaction.atomic():
        stamps.bump(stamps.MODEL)
    roles, at = list(Role.objects.values_list("pk", flat=True)), clock.now()
    named, counted = holders(roles, at=at), holding.held(roles, at=at)
    for role in Role.objects.all():
        direct, through = named[role.pk].direct, named[role.pk].through - named[role.pk].direct
        for held in (counted[role.pk], holding.held_by(role, at=at)):
            assert (held.direct.value, held.only_through.value) == (len(direct), len(through))
    assert cast.chiara.pk in named[cast.analyst.pk].through


def test_a_role_that_very_many_hold_is_not_counted_to_its_end(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holding, "BESIDE", 1)
    for person in (cast.maya, cast.sofia):
        world.give(person, cast.agent)
    roles, at = [cast.agent.pk, cast.analyst.pk], clock.now()
    held, given = holding.held(roles, at=at), holding.given(roles, at=at)
    assert (str(held[cast.agent.pk].count), str(given[cast.agent.pk].grants)) == ("1+", "1+")
    assert str(held[cast.analyst.pk].count) in ("1", "1+")


def test_the_matrix_stands_before_its_holders_are_counted(cast: Cast, priya: Client) -> None:
    world.give(cast.maya, cast.agent)
    page = priya.get(reverse("roles:permissions", args=[cast.agent.pk])).content.decode()
    address = reverse("roles:held", args=[cast.agent.pk])
    assert f'hx-get="{address}"' in page
    assert '<span class="count" id="count-holders"></span>' in page
    part = priya.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "2 people" in part
    assert '<span class="count" id="count-holders" hx-swap-oob="true">2</span>' in part
    assert priya.get(address).url == reverse("roles:holders", args=[cast.agent.pk])


def test_versions_show_what_each_changed(cast: Cast) -> None:
    save_version(
        cast.priya, role=cast.agent, row_version=1, actions={"ticket.reply", "survey.view"},
        includes=[cast.feedback_reader], note="", at=clock.now(),
    )  # fmt: skip
    newest = steps(cast.agent)[0]
    assert (newest.added, newest.removed, newest.included) == (
        ("survey.view",),
        ("article.view",),
        ("Feedback reader",),
    )


def cost(client: Client, url: str) -> int:
    """Return how many statements the second look at a page takes."""
    client.get(url)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


@pytest.mark.parametrize("name", ["roles:detail", "roles:permissions", "roles:holders", "roles:edit_permissions"])
def test_a_page_costs_the_same_however_many_hold_the_role(cast: Cast, priya: Client, name: str) -> None:
    url = reverse(name, args=[cast.agent.pk])
    few = cost(priya, url)
    for number in range(15):
        world.give(world.person(f"Person {number}"), cast.agent)
    assert cost(priya, url) <= few + 1


def test_a_preview_costs_the_same_however_many_it_concerns(cast: Cast, priya: Client) -> None:
    url = reverse("roles:edit_permissions", args=[cast.agent.pk])
    wanted = posted(cast.agent, {"ticket.reply", "survey.view"})
    costs = []
    for number in range(2):
        priya.post(url, wanted)
        with CaptureQueriesContext(connection) as queries:
            priya.post(url, wanted)
        costs.append(len(queries))
        for more in range(15):
            world.give(world.person(f"Person {number} {more}"), cast.agent)
    assert costs[1] <= costs[0] + 1


def test_the_list_costs_the_same_however_many_roles_there_are(cast: Cast, priya: Client) -> None:
    url = reverse("roles:list")
    few = cost(priya, url)
    for number in range(15):
        world.give(cast.maya, world.role(f"Role {number:02}", {"report.view"}))
    assert cost(priya, url) <= few + 1


def test_the_list_narrows_by_text_risk_and_use(cast: Cast, priya: Client) -> None:
    world.role("Never given", {"report.view"})

    def names(query: str) -> set[str]:
        return {role.name for role, *_rest in priya.get(f"{reverse('roles:list')}?{query}").context["lines"]}

    assert names("q=analy") == {"Analyst"}
    assert names("risk=4") == {"Administrator"}
    assert names("view=unused") == {"Never given"}
    assert names("view=retired") == set()
    assert "Analyst" in names("risk=x&owner=y&page=99&sort=nonsense")


def test_a_past_grant_leaves_a_role_unused(cast: Cast, priya: Client) -> None:
    role = world.role("Once held", {"report.view"})
    world.give(cast.maya, role, until=world.soon(days=-2))
    page = priya.get(f"{reverse('roles:list')}?view=unused")
    assert [line[0].name for line in page.context["lines"]] == ["Once held"]
    assert RoleGrant.objects.filter(role=role).exists()


def test_the_filter_by_owner_names_nobody_whom_the_reader_cannot_see(cast: Cast) -> None:
    world.give(cast.chiara, world.role("Role reader", {"role.view"}))
    address = f"{reverse('roles:list')}?owner={cast.priya.pk}"
    assert "Priya Raman" not in signed_in(cast.chiara).get(address).content.decode()
    assert "Priya Raman" in signed_in(cast.otto).get(address).content.decode()


@pytest.mark.parametrize("odd", ["²", "9" * 40])
def test_an_owner_that_is_no_number_narrows_nothing(cast: Cast, priya: Client, odd: str) -> None:
    assert priya.get(f"{reverse('roles:list')}?owner={odd}&risk={odd}").status_code == 200


def test_changing_a_risk_asks_who_is_there(cast: Cast, priya: Client) -> None:
    session = priya.session
    session["proved_at"] = world.soon(hours=-3).isoformat()
    session.save()
    card = Action.objects.get(key="role.give")
    for address in (reverse("roles:edit", args=[cast.analyst.pk]), reverse("catalogue:edit", args=[card.pk])):
        assert priya.get(address).url.startswith(reverse("signin:confirm"))
        assert priya.post(address, {"risk": 1}).url.startswith(reverse("signin:confirm"))
