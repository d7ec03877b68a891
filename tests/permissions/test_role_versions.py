"""Clones, versions beside each other, a version brought back, a retired role reopened."""

import pytest
from django.test import Client
from django.urls import reverse

from audits.models import Event
from audits.trail.stories import describe
from audits.trail.tags import Tag
from cxaccess.lib import clock
from cxaccess.lib.errors import Refused
from cxaccess.lib.models import Risk
from permissions.guards import NotAllowed, NotVisible
from permissions.models import Resource, Role
from permissions.roles.rows import contents
from permissions.roles.services import clone_role, reopen_role, retire_role, save_version
from permissions.roles.versions import difference, restoration
from tests import world
from tests.cast import Cast
from tests.sessions import signed_in


@pytest.fixture
def priya(cast: Cast) -> Client:
    return signed_in(cast.priya)


def cloned(cast: Cast, role: Role, **more: object) -> Role:
    stated = {"name": "Copy", "purpose": "The same, elsewhere", "owner": cast.rosa, "at": clock.now()}
    return clone_role(cast.priya, role=role, **(stated | more))


def save(cast: Cast, actions: set[str], includes=(), note: str = "", **more: object):
    role = Role.objects.get(pk=cast.agent.pk)
    same = {"role": role, "row_version": role.row_version, "includes": list(includes), "at": clock.now()}
    return save_version(cast.priya, actions=actions, note=note, **same, **more)


def test_a_clone_holds_and_includes_the_same_and_follows_no_change(cast: Cast) -> None:
    made = cloned(cast, cast.analyst)
    assert contents(made.current) == contents(cast.analyst.current)
    assert (made.owner, made.risk, made.current.number) == (cast.rosa, Risk.HIGH, 1)
    assert not made.grants.exists()
    world.reversion(cast.analyst, {"survey.view"})
    assert contents(made.current) != contents(Role.objects.get(pk=cast.analyst.pk).current)


def test_the_trail_says_what_a_role_was_cloned_from(cast: Cast) -> None:
    cloned(cast, cast.analyst)
    event = Event.objects.filter(tag=Tag.ROLE_CREATED)
    assert str(describe(event)[0].sentence) == "Priya Raman made the role Copy as a clone of Analyst"
    assert event.get().additional_data["cloned_from"] == cast.analyst.pk


def test_who_may_not_make_roles_or_not_see_this_one_clones_nothing(cast: Cast) -> None:
    stated = {"role": cast.agent, "name": "Copy", "purpose": "The same", "owner": None, "at": clock.now()}
    with pytest.raises(NotAllowed):
        clone_role(cast.otto, **stated)
    with pytest.raises(NotVisible):
        clone_role(cast.jonas, **stated)
    assert not Role.objects.filter(name="Copy").exists()


def test_a_taken_name_is_told_beside_the_field(cast: Cast, priya: Client) -> None:
    url = reverse("roles:clone", args=[cast.agent.pk])
    answer = priya.post(url, {"name": "analyst", "purpose": "The same"})
    assert answer.status_code == 422
    assert "already a role called" in answer.content.decode()


def test_a_second_clone_is_offered_a_name_of_its_own(cast: Cast, priya: Client) -> None:
    url = reverse("roles:clone", args=[cast.agent.pk])
    for expected in ("Copy of Agent", "Copy of Agent 2"):
        name = priya.get(url).context["form"]["name"].value()
        assert name == expected
        assert priya.post(url, {"name": name, "purpose": "The same"}).status_code == 302


def test_a_retired_role_is_not_cloned(cast: Cast) -> None:
    role = world.role("Once", {"report.view"})
    retire_role(cast.priya, role=role, reason="Over", at=clock.now())
    with pytest.raises(Refused, match="retired"):
        cloned(cast, role)


def test_two_versions_differ_in_what_was_added_and_taken_out_between(cast: Cast) -> None:
    save(cast, {"ticket.reply", "survey.view"}, note="Surveys come in")
    save(cast, {"ticket.reply", "survey.view", "report.view"}, [cast.feedback_reader], note="And reports")
    found = difference(cast.agent, 3, 1)
    assert found is not None
    change = found.change
    assert (found.older.number, found.newer.number) == (1, 3)
    assert (change.added, change.removed, change.included) == (
        ("report.view", "survey.view"), ("article.view",), ("Feedback reader",),
    )  # fmt: skip
    assert [step.version.note for step in found.between] == ["And reports", "Surveys come in"]
    for one, other in ((1, 1), (1, 9), (None, 2)):
        assert difference(cast.agent, one, other) is None


def test_the_page_of_two_versions_says_who_changed_what_and_why(cast: Cast, priya: Client) -> None:
    save(cast, {"ticket.reply"}, note="No articles any more")
    page = priya.get(reverse("roles:compare_versions", args=[cast.agent.pk]), {"from": "1", "to": "2"})
    text = page.content.decode()
    assert "No articles any more" in text
    assert "by Priya Raman" in text
    assert "article.view" in text
    odd = priya.get(reverse("roles:compare_versions", args=[cast.agent.pk]), {"from": "²", "to": "99"})
    assert odd.status_code == 200


def test_restoring_shows_who_gains_and_makes_the_older_one_the_next(cast: Cast, priya: Client) -> None:
    save(cast, {"ticket.reply"}, note="No articles")
    page = priya.get(reverse("roles:restore", args=[cast.agent.pk, 1]))
    assert "1 person gains" in page.content.decode()
    assert "Ali Haddad" in page.content.decode()
    role = Role.objects.select_related("current").get(pk=cast.agent.pk)
    draft = {
        "row_version": role.row_version, "number": 2, "action": sorted(page.context["draft"].after.actions),
        "restores": 1, "note": page.context["form"]["note"].value(),
    }  # fmt: skip
    assert priya.post(reverse("roles:save", args=[role.pk]), draft).status_code == 302
    role.refresh_from_db()
    assert role.current.number == 3
    assert contents(role.current) == contents(role.versions.get(number=1))
    event = Event.objects.filter(tag=Tag.ROLE_VERSIONED).order_by("-pk")
    assert "which brings back version 1" in str(describe(event[:1])[0].sentence)


def test_what_was_ticked_besides_is_no_restoration(cast: Cast) -> None:
    save(cast, {"ticket.reply"})
    save(cast, {"ticket.reply", "article.view", "survey.view"}, restores=1)
    assert "restores" not in Event.objects.filter(tag=Tag.ROLE_VERSIONED).order_by("-pk")[0].additional_data


def test_what_is_live_already_needs_no_restoring(cast: Cast, priya: Client) -> None:
    answer = priya.get(reverse("roles:restore", args=[cast.agent.pk, 1]))
    assert answer.url == reverse("roles:versions", args=[cast.agent.pk])
    assert priya.get(reverse("roles:restore", args=[cast.agent.pk, 7])).status_code == 404


def test_a_role_retired_since_is_left_out_of_what_comes_back(cast: Cast, priya: Client) -> None:
    inner = world.role("Inner", {"survey.view"})
    save(cast, {"ticket.reply"}, [inner])
    save(cast, {"ticket.reply", "report.view"})
    retire_role(cast.priya, role=inner, reason="Over", at=clock.now())
    found = restoration(cast.agent.versions.get(number=2))
    assert (found.contents.includes, found.left_out) == (frozenset(), ("Inner",))
    page = priya.get(reverse("roles:restore", args=[cast.agent.pk, 2]))
    assert "retired since: Inner" in page.content.decode()


def test_restoring_gives_no_more_than_its_actor_may_give(cast: Cast) -> None:
    world.give(cast.chiara, world.role("Role editor", {"role.edit"}))
    world.give(cast.chiara, cast.regional_admin, region=cast.dach)
    save(cast, {"ticket.reply"})
    role = Role.objects.get(pk=cast.agent.pk)
    same = {"role": role, "row_version": role.row_version, "includes": [], "note": "", "at": clock.now()}
    with pytest.raises(NotAllowed):
        save_version(cast.chiara, actions={"ticket.reply", "article.view"}, restores=1, **same)


def test_the_note_and_the_version_survive_another_preview(cast: Cast, priya: Client) -> None:
    save(cast, {"ticket.reply"})
    role = Role.objects.get(pk=cast.agent.pk)
    draft = {"row_version": role.row_version, "number": 2, "action": ["article.view"], "restores": 1, "note": "Back"}
    page = priya.post(reverse("roles:edit_permissions", args=[role.pk]), draft)
    assert page.context["form"]["note"].value() == "Back"
    assert 'name="restores" value="1"' in page.content.decode()


def test_a_retired_role_comes_back_as_it_was(cast: Cast, priya: Client) -> None:
    role = world.role("Once", {"report.view"})
    retire_role(cast.priya, role=role, reason="Over", at=clock.now())
    page = priya.get(reverse("roles:detail", args=[role.pk])).content.decode()
    assert reverse("roles:reopen", args=[role.pk]) in page
    answer = priya.post(reverse("roles:reopen", args=[role.pk]), {"reason": "Needed again"})
    role.refresh_from_db()
    assert (answer.status_code, role.retired_at) == (302, None)
    assert not Resource.objects.get(pk=role.resource_id).archived_at
    assert Event.objects.get(tag=Tag.ROLE_REOPENED).additional_data == {"reason": "Needed again"}
    answer = priya.post(reverse("roles:reopen", args=[role.pk]), {"reason": "Once more"})
    assert (answer.status_code, "in use already" in answer.content.decode()) == (422, True)


def test_reopening_is_giving_where_a_role_in_use_includes_it(cast: Cast) -> None:
    """Inner and outer were retired; outer came back first and is held. Reopening inner gives its holders more."""
    inner = world.role("Inner", {"survey.export"})
    outer = world.role("Outer", {"report.view"}, [inner])
    for role in (outer, inner):
        retire_role(cast.priya, role=role, reason="Over", at=clock.now())
    reopen_role(cast.priya, role=outer, reason="Again", at=clock.now())
    world.give(cast.ali, outer, region=cast.mena)
    world.give(cast.chiara, world.role("Keeper", {"role.retire", "role.view"}))
    with pytest.raises(NotAllowed):
        reopen_role(cast.chiara, role=inner, reason="Again", at=clock.now())
    reopen_role(cast.priya, role=inner, reason="Again", at=clock.now())
    outer.refresh_from_db()
    assert outer.risk >= Risk.MEDIUM
