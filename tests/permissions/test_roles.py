"""What a role may become, and who may make it so."""

import pytest

from audits.models import Event
from audits.trail.tags import Tag
from cxaccess.lib import clock
from cxaccess.lib.errors import InUse, Refused, Stale
from cxaccess.lib.models import Risk
from permissions import gate
from permissions.guards import NotAllowed, NotVisible
from permissions.models import Role
from permissions.roles.rows import contents
from permissions.roles.services import create_role, edit_role, retire_role, save_version
from tests import world
from tests.cast import Cast


def make(cast: Cast, name: str = "Survey manager", **more: object) -> Role:
    wanted: dict = {
        "purpose": "Plans surveys",
        "owner": None,
        "risk": Risk.LOW,
        "actions": ["survey.edit"],
        "includes": [],
        "note": "",
        "at": clock.now(),
    }
    return create_role(cast.priya, name=name, **(wanted | more))


def save(cast: Cast, role: Role, actions=None, includes=None, *, by=None, row_version: int | None = None):
    role.refresh_from_db()
    own = contents(role.current)
    return save_version(
        by or cast.priya,
        role=role,
        row_version=role.row_version if row_version is None else row_version,
        actions=own.actions if actions is None else actions,
        includes=list(Role.objects.filter(pk__in=own.includes)) if includes is None else includes,
        note="For the winter survey",
        at=clock.now(),
    )


def test_a_new_role_has_version_one_a_key_and_a_resource(cast: Cast) -> None:
    role = make(cast)
    assert (role.key, role.current.number, role.resource.object_id) == ("survey-manager", 1, role.pk)
    assert contents(role.current).actions == {"survey.edit"}
    assert Event.objects.filter(tag=Tag.ROLE_CREATED, object_id=role.pk, actor=cast.priya).count() == 1


def test_keys_stay_unique_when_names_look_alike(cast: Cast) -> None:
    assert make(cast, "Survey  manager!").key == "survey-manager"
    assert make(cast, "Survey manager").key == "survey-manager-2"


def test_a_second_role_of_the_same_name_is_refused(cast: Cast) -> None:
    with pytest.raises(Refused) as refused:
        make(cast, "ANALYST")
    assert refused.value.field == "name"


def test_permissions_that_the_catalogue_does_not_know_are_refused(cast: Cast) -> None:
    with pytest.raises(Refused, match=r"survey\.fly"):
        make(cast, actions=["survey.fly"])


def test_only_who_may_create_roles_creates_one(cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        create_role(
            cast.otto, name="Mine", purpose="Mine", owner=None, risk=1, actions=[], includes=[], note="", at=clock.now()
        )
    assert not Role.objects.filter(name="Mine").exists()


def test_a_version_is_numbered_and_the_old_one_stays_as_it_was(cast: Cast) -> None:
    before = cast.agent.current
    version = save(cast, cast.agent, {"article.view"})
    assert (version.number, version.made_by, version.note) == (2, cast.priya, "For the winter survey")
    assert contents(before).actions == {"ticket.reply", "article.view"}
    event = Event.objects.get(tag=Tag.ROLE_VERSIONED)
    assert event.changes == {"actions": [["ticket.reply"], []]}


def test_holders_have_the_new_permissions_with_the_next_question(cast: Cast) -> None:
    queue = world.resource("Returns MENA", "ticket", region=cast.mena)
    assert not gate.may(cast.ali, "ticket.assign", queue, at=clock.now())
    save(cast, cast.agent, {"ticket.assign"})
    assert gate.may(cast.ali, "ticket.assign", queue, at=clock.now())
    assert not gate.may(cast.ali, "article.view", queue, at=clock.now())


def test_saving_what_is_already_so_is_refused(cast: Cast) -> None:
    with pytest.raises(Refused, match="Nothing is different"):
        save(cast, cast.agent)
    assert cast.agent.versions.count() == 1


def test_a_role_cannot_include_itself_and_the_path_is_shown(cast: Cast) -> None:
    with pytest.raises(Refused, match="Feedback reader > Analyst > Feedback reader"):
        save(cast, cast.feedback_reader, includes=[cast.analyst])
    with pytest.raises(Refused, match="Agent > Agent"):
        save(cast, cast.agent, includes=[cast.agent])


def test_a_retired_role_cannot_be_included(cast: Cast) -> None:
    old = make(cast, "Old")
    retire_role(cast.priya, role=old, reason="Not used any more", at=clock.now())
    with pytest.raises(Refused, match="Old is retired"):
        save(cast, cast.agent, includes=[old])


def test_the_loser_of_two_edits_is_told_what_the_winner_changed(cast: Cast) -> None:
    seen = cast.agent.row_version
    save(cast, cast.agent, {"article.view"}, row_version=seen)
    with pytest.raises(Stale) as stale:
        save(cast, cast.agent, {"ticket.reply"}, row_version=seen)
    assert stale.value.facts["theirs"] == {"Permissions": ("article.view, ticket.reply", "article.view")}
    assert cast.agent.versions.count() == 2


def test_an_edit_gives_to_all_holders_so_the_editor_must_be_able_to_give_there(cast: Cast) -> None:
    editor = world.role("Role editor", {"role.edit", "role.view"})
    world.give(cast.chiara, editor)
    world.give(cast.chiara, cast.regional_admin, region=cast.dach)
    with pytest.raises(NotAllowed):
        save(cast, cast.agent, {"ticket.assign"}, by=cast.chiara)  # Ali holds it in MENA
    save(cast, cast.agent, {"article.view"}, by=cast.chiara)  # taking away gives nobody anything
    save(cast, cast.feedback_reader, {"feedback.edit"}, by=cast.chiara)  # analysts hold it, in DACH alone


def test_what_an_included_role_gains_its_includers_gain(cast: Cast) -> None:
    editor = world.role("Role editor", {"role.edit", "role.view"})
    world.give(cast.chiara, editor)
    world.give(cast.chiara, cast.regional_admin, region=cast.mena)
    with pytest.raises(NotAllowed):
        save(cast, cast.feedback_reader, {"feedback.edit"}, by=cast.chiara)


def test_a_grant_that_starts_later_counts_as_well(cast: Cast) -> None:
    editor = world.role("Role editor", {"role.edit", "role.view"})
    world.give(cast.chiara, editor)
    role = make(cast)
    world.give(cast.ali, role, starts=world.soon(days=10))
    with pytest.raises(NotAllowed):
        save(cast, role, {"survey.send"}, by=cast.chiara)


def test_passing_on_the_right_to_give_needs_the_right_to_pass_it_on(cast: Cast) -> None:
    editor = world.role("Giver", {"role.edit", "role.view", "role.give"})
    world.give(cast.chiara, editor)
    with pytest.raises(NotAllowed):
        save(cast, cast.agent, {"role.give"}, by=cast.chiara)
    save(cast, cast.agent, {"ticket.assign"}, by=cast.chiara)


def test_who_cannot_see_roles_does_not_learn_that_one_exists(cast: Cast) -> None:
    with pytest.raises(NotVisible):
        save(cast, cast.agent, {"ticket.assign"}, by=cast.chiara)


def test_the_administrator_role_keeps_what_administering_needs(cast: Cast) -> None:
    own = contents(cast.administrator.current).actions
    with pytest.raises(Refused, match="leave nobody"):
        save(cast, cast.administrator, own - {"role.give_onward"})


def test_risk_follows_the_riskiest_permission_and_never_below_it(cast: Cast) -> None:
    role = make(cast)
    assert role.risk == Risk.MEDIUM
    save(cast, role, {"profile.export"})
    role.refresh_from_db()
    assert role.risk == Risk.CRITICAL
    with pytest.raises(Refused, match=r"profile\.export") as refused:
        edit_role(cast.priya, role=role, row_version=role.row_version, changes={"risk": Risk.LOW}, at=clock.now())
    assert refused.value.field == "risk"
    save(cast, role, {"survey.view"})
    role.refresh_from_db()
    assert role.risk == Risk.CRITICAL
    edit_role(cast.priya, role=role, row_version=role.row_version, changes={"risk": Risk.LOW}, at=clock.now())
    role.refresh_from_db()
    assert role.risk == Risk.LOW


def test_a_role_that_includes_a_riskier_one_is_as_risky(cast: Cast) -> None:
    outer = make(cast, "Outer", actions=[], includes=[cast.feedback_reader])
    assert outer.risk == Risk.LOW
    save(cast, cast.feedback_reader, {"feedback.export"})
    outer.refresh_from_db()
    assert outer.risk == Risk.HIGH
    assert Event.objects.filter(tag=Tag.ROLE_EDITED, object_id=outer.pk).get().changes == {"risk": [1, 3]}


def test_renaming_renames_the_resource_and_is_recorded(cast: Cast) -> None:
    role = edit_role(
        cast.priya,
        role=cast.agent,
        row_version=1,
        changes={"name": "Support agent", "owner": cast.rosa},
        at=clock.now(),
    )
    assert (role.resource.name, role.row_version) == ("Support agent", 2)
    assert Event.objects.get(tag=Tag.ROLE_EDITED).changes["name"] == ["Agent", "Support agent"]


def test_a_held_role_is_not_retired_and_its_holders_are_named(cast: Cast) -> None:
    with pytest.raises(InUse, match="Insights DACH still holds it") as refused:
        retire_role(cast.priya, role=cast.analyst, reason="Clearing up", at=clock.now())
    assert refused.value.facts["holders"] == ["Insights DACH"]


def test_an_included_role_is_not_retired(cast: Cast) -> None:
    with pytest.raises(InUse, match="Analyst still includes it"):
        retire_role(cast.priya, role=cast.feedback_reader, reason="Clearing up", at=clock.now())


def test_a_retired_role_stays_as_it_was(cast: Cast) -> None:
    role = make(cast)
    retire_role(cast.priya, role=role, reason="Not needed", at=clock.now())
    role.refresh_from_db()
    assert role.retired_at is not None
    with pytest.raises(Refused, match="retired"):
        save(cast, role, {"survey.view"})
    with pytest.raises(Refused, match="retired"):
        edit_role(cast.priya, role=role, row_version=role.row_version, changes={"name": "X"}, at=clock.now())
