"""Ways round a policy: by a file, by a group's rule, by a role in a role, and by what a policy must never be about."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

import pytest

from accounts.groups import rules
from accounts.groups.services import archive_group, change_rule, create_group
from accounts.models import Group, Person
from accounts.reads import sees_everybody
from accounts.teams.services import archive_team
from cxaccess.jobs import stamps
from cxaccess.lib import clock
from cxaccess.lib.errors import InUse, Refused
from permissions import asking, gate
from permissions.engine.policies import SECOND_FACTOR
from permissions.grants.bulk.services import end_many
from permissions.guards import NotAllowed, NotYet
from permissions.models import Action, Policy, Resource, Role, Sensitivity
from permissions.objects import services as objects
from permissions.objects.many import Wanted, give_many
from permissions.objects.rows import AnyGrant
from permissions.policies import services
from permissions.resources.bulk import archive_many
from permissions.resources.services import edit_resource
from permissions.roles.services import save_version
from tests import importing, policies, world
from tests.cast import Cast
from tests.permissions.test_policies import draft, fresh, says
from tests.sessions import signed_in

pytestmark = pytest.mark.django_db
TITLED = {"attribute": "subject.title", "operator": "equals", "value": "Incident lead"}
VIEW, EXPORT = "feedback.view", "feedback.export"


@pytest.fixture
def at() -> datetime:
    return clock.now()


def within(*nodes: Any, key: str = "resource.region") -> dict[str, Any]:
    return {"attribute": key, "operator": "within", "value": [node.pk for node in nodes]}


def keeper(person: Person, name: str, *actions: str, **places: Any) -> Person:
    """Give `person` a role of these permissions."""
    world.give(person, world.role(name, actions), **places)
    return person


# What a file gives is asked as on the screen


def test_a_file_of_grants_asks_about_policies_that_name_the_role(cast: Cast) -> None:
    """Rosa gives roles in EMEA; what a policy lets agents do is everywhere, so it is not hers to give."""
    keeper(cast.rosa, "Importer", "import.run", "role.view")
    text = f"person,role,region\n{cast.chiara.email},agent,{cast.mena.code}\n"
    assert importing.checked(cast.rosa, "grants", text).counts == {"create": 1} | _gain(cast.chiara)
    policies.enact("allow", permissions=[EXPORT], roles=[cast.agent.pk])
    assert "may not give" in importing.said(importing.checked(cast.rosa, "grants", text))[2]


def _gain(person: Person) -> dict[str, Any]:
    return {"gain": 1, "gain_names": [person.name]}


def test_a_file_that_moves_people_is_judged_by_where_they_go(cast: Cast) -> None:
    keeper(cast.rosa, "Importer", "import.run")
    policies.enact("only", permissions=["person.edit"], condition=within(cast.dach))
    text = f"email,region\n{cast.maya.email},{{}}\n"
    away = importing.checked(cast.rosa, "people", text.format(cast.mena.code))
    assert "could not change them afterwards" in importing.said(away)[2]
    assert importing.said(importing.checked(cast.rosa, "people", text.format(cast.dach.code)), "change")


def test_a_file_of_resources_is_judged_by_what_they_become(cast: Cast) -> None:
    """What stands in no cell stays as it is, and a policy may read it; what does may be what it forbids."""
    keeper(cast.rosa, "Importer", "import.run")
    secret = {"attribute": "resource.sensitivity", "operator": "equals", "value": int(Sensitivity.RESTRICTED)}
    policies.enact("block", permissions=["resource.edit"], condition=secret)
    thing = cast.german_reviews.external_id
    moved = importing.checked(cast.rosa, "resources", f"external_id,region\n{thing},{cast.dach.code}\n", system="voice")
    assert importing.said(moved, "change")
    raised = f"external_id,sensitivity\n{thing},restricted\n"
    refused = importing.said(importing.checked(cast.rosa, "resources", raised, system="voice"))
    assert "resource.edit where it is and where it goes" in refused[2]


# What no policy is about


@pytest.mark.parametrize("key", ["policy.view", "policy.edit", "policy.enforce", "role.give", "role.give_onward"])
def test_no_policy_is_about_mending_and_giving(cast: Cast, at: datetime, key: str) -> None:
    for wording in (says("block", None, permissions=[key]), says("block", None, types=[key.partition(".")[0]])):
        with pytest.raises(Refused, match=key) as refusal:
            draft(cast.priya, at, wording)
        assert refusal.value.field == "targets"
        assert key in refusal.value.facts["out_of_reach"]


def test_neither_a_block_nor_an_allow_reaches_them_by_what_they_imply(cast: Cast, at: datetime) -> None:
    """Giving implies viewing; whoever blocks viewing roles must not lock out those who would mend it."""
    policies.enact("block", permissions=["role.view", "policy.view"])
    policies.enact("allow", permissions=["role.give", "role.give_onward", "policy.enforce"], condition=TITLED)
    Person.objects.filter(pk=cast.chiara.pk).update(title="Incident lead")
    for key in ("policy.view", "policy.enforce", "role.give", "role.give_onward"):
        assert gate.may(cast.priya, key, at=at), key
        assert not gate.may_somewhere(cast.chiara, key, at=at), key
    assert not gate.may_somewhere(cast.priya, "role.view", at=at)
    services.create_policy(cast.priya, name="New", purpose="To mend it", owner=None, says=says(), at=at)


# Groups and teams that a policy names


def by_rule(actor: Person, condition: Any) -> Group:
    """Make a group that `condition` fills."""
    return create_group(actor, name="Watched", rule=rules.parsed(condition), at=clock.now())


def _titled(*titles: str) -> dict[str, Any]:
    return {"attribute": "subject.title", "operator": "one_of", "value": list(titles)}


def change(actor: Person, group: Group, *titles: str) -> Group:
    row = Group.objects.get(pk=group.pk)
    rule = rules.parsed(_titled(*titles))
    return change_rule(actor, group=row, row_version=row.row_version, rule=rule, at=clock.now())


def test_nobody_takes_people_out_of_a_group_that_a_policy_blocks_by_another_rule(cast: Cast) -> None:
    watched = by_rule(cast.priya, _titled(cast.maya.title))
    policies.enact("block", permissions=[VIEW], groups=[watched.pk])
    keeper(cast.chiara, "Group keeper", "group.edit", "group.view")
    with pytest.raises(NotAllowed):
        change(cast.chiara, watched, "Nobody")
    assert not gate.may(cast.maya, VIEW, cast.german_reviews, at=clock.now())
    change(cast.chiara, watched, cast.maya.title, cast.ali.title)  # whom it takes in beside her is closed, not let in
    change(cast.priya, watched, "Nobody")
    assert gate.may(cast.maya, VIEW, cast.german_reviews, at=clock.now())


def test_what_a_standing_policy_names_is_not_archived(cast: Cast, at: datetime) -> None:
    group, team, owning = world.group("Named"), world.team("Named too"), world.team("A value")
    shares = {"attribute": "resource.teams", "operator": "contains_any", "value": [owning.pk]}
    policies.enact("block", permissions=[VIEW], groups=[group.pk], teams=[team.pk], name="By target")
    policies.enact("allow", permissions=[VIEW], condition=shares, name="By value", stage="recording")
    with pytest.raises(InUse, match="By target"):
        archive_group(cast.priya, group=group, reason="Old", at=at)
    for row, name in ((team, "By target"), (owning, "By value")):
        with pytest.raises(InUse, match=name):
            archive_team(cast.priya, team=row, reason="Old", at=at)
    policies.enact("allow", permissions=[VIEW], condition=shares, name="Draft", stage=None)
    for one in Policy.objects.exclude(name="Draft"):
        services.retire_policy(cast.priya, reason="Unwanted", at=at, **fresh(one))
    assert archive_group(cast.priya, group=group, reason="Old", at=at).archived_at
    assert archive_team(cast.priya, team=owning, reason="Old", at=at).archived_at


def test_a_draft_that_names_what_is_gone_by_now_is_not_put_in_force(cast: Cast, at: datetime) -> None:
    team = world.team("Short-lived")
    policy = draft(cast.priya, at, says("block", None, types=["feedback"], teams=[team.pk]))
    archive_team(cast.priya, team=team, reason="Old", at=at)
    for put in (services.record_policy, services.enforce_policy):
        more = {"reason": "Wanted"} if put is services.enforce_policy else {}
        with pytest.raises(Refused, match="no longer in use"):
            put(cast.priya, at=at, **more, **fresh(policy))


# What is masked is there to be masked


@pytest.mark.parametrize(("masks", "part"), [
    ({"fields": ["phone"]}, "fields"),
    ({"data_classes": ["phone"]}, "data_classes"),
    ({"fields": ["comment"], "data_classes": ["email", "name"]}, "data_classes"),
    ({"fields": [["comment"]]}, "fields"),
    ({"fields": 7}, "fields"),
    ({}, "fields"),
])  # fmt: skip
def test_a_mask_names_what_its_types_have(cast: Cast, at: datetime, masks: Mapping[str, Any], part: str) -> None:
    """Feedback holds a comment, a score and a mail; a mask of anything else would promise what it does not do."""
    kept = [{"kind": "mask", "fields": ["comment"], "data_classes": ["email"]}, {"kind": "mask", **masks}]
    with pytest.raises(Refused, match="2: Choose which fields are masked") as refusal:
        draft(cast.priya, at, says(obligations=kept))
    assert refusal.value.field == "obligations"
    assert [(one["place"], one["part"]) for one in refusal.value.facts["problems"]] == [([1], part)]
    draft(cast.priya, at, says(obligations=kept[:1]))


# What a giver's own authority covers


def test_including_a_role_counts_every_policy_that_names_it(cast: Cast, at: datetime) -> None:
    """Both policies allow the same; the second without a condition. Who may give in EMEA alone opens neither."""
    keeper(cast.rosa, "Role keeper", "role.edit", "role.view")
    policies.enact("allow", permissions=[EXPORT], roles=[cast.feedback_reader.pk], condition=TITLED)
    policies.enact("allow", permissions=[EXPORT], roles=[cast.agent.pk])
    world.give(cast.chiara, cast.feedback_reader, region=cast.emea)
    role = Role.objects.get(pk=cast.feedback_reader.pk)
    after = {"actions": [VIEW], "includes": [cast.agent], "note": "Wider", "at": at}
    with pytest.raises(NotAllowed):
        save_version(cast.rosa, role=role, row_version=role.row_version, **after)
    assert save_version(cast.priya, role=role, row_version=role.row_version, **after).number == 2


def test_nobody_is_said_to_see_everybody_where_a_policy_judges_it(cast: Cast, at: datetime) -> None:
    """Of somebody nowhere in particular the policy says nothing; of everybody else it does."""
    assert sees_everybody(cast.otto, at=at)
    placed = {"attribute": "resource.region", "operator": "is_set"}
    policies.enact("block", permissions=["person.view"], condition=placed)
    assert not sees_everybody(cast.otto, at=at)


# The moment of asking


@pytest.mark.parametrize("network", ["10.20.0.0/16", "::ffff:10.20.0.0/112"])
def test_an_address_of_the_office_counts_however_it_arrives(cast: Cast, network: str) -> None:
    """A server that listens on IPv6 tells an IPv4 client as ::ffff:10.20.0.9."""
    office = {"attribute": "context.address", "operator": "network", "value": [network]}
    policies.enact("block", permissions=["role.view"], condition=office)
    browser = signed_in(cast.otto)
    for address, status in (("10.20.0.9", 404), ("::ffff:10.20.0.9", 404), ("::ffff:10.21.0.9", 200), ("fd00::9", 200)):
        assert browser.get("/roles/", REMOTE_ADDR=address).status_code == status, address


# What is owed before anything is written


FRESH = [{"kind": "step_up", "minutes": 15}]
WHY = [{"kind": "reason"}]


def owe(action: str, duties: Any = FRESH) -> None:
    policies.enact("only", permissions=[action], obligations=duties)


def refused_until_fresh(actor: Person, deed: Callable[[], Any]) -> None:
    """Pass a deed that is refused with what it takes, and done once the second factor was confirmed."""
    with pytest.raises(NotYet) as refusal:
        deed()
    assert refusal.value.minutes == 15
    with asking.by(lambda: (actor.pk, {SECOND_FACTOR: 3})):
        deed()


@pytest.fixture
def sharer(cast: Cast) -> Person:
    """Chiara shares exactly the German reviews, and gives nothing else."""
    world.give_on(cast.chiara, "resource.give", cast.german_reviews)
    return cast.chiara


def share(actor: Person, thing: Resource, to: Person) -> AnyGrant:
    what, now = Action.objects.get(key=VIEW), clock.now()
    stated = {"starts_at": None, "until": None, "reason": "Needed for the study"}
    return objects.give_on(actor, principal=to.principal, action=what, resource=thing, at=now, **stated)


def test_sharing_one_thing_takes_what_sharing_takes(cast: Cast, sharer: Person) -> None:
    owe("resource.give")
    refused_until_fresh(sharer, lambda: share(sharer, cast.german_reviews, cast.ali))


def test_so_does_sharing_with_many(cast: Cast, sharer: Person) -> None:
    owe("resource.give")
    wanted = [Wanted(who.principal_id, VIEW, cast.german_reviews.pk) for who in (cast.ali, cast.otto)]
    deed = partial(give_many, sharer, wanted=wanted, reason="Needed for the study", at=clock.now())
    refused_until_fresh(sharer, deed)


@pytest.mark.parametrize("action", ["resource.give", "grant.end"])
def test_ending_what_somebody_has_on_one_thing_takes_what_the_way_to_it_takes(
    cast: Cast, sharer: Person, action: str
) -> None:
    held = share(cast.priya, cast.german_reviews, cast.ali)
    owe(action)
    actor = sharer if action == "resource.give" else cast.rosa
    refused_until_fresh(actor, lambda: objects.end_grant(actor, grant=held, reason="Over", at=clock.now()))


def test_ending_many_takes_what_ending_one_takes(cast: Cast) -> None:
    grant = world.give(cast.chiara, cast.agent, region=cast.mena)
    owe("grant.end")
    refused_until_fresh(cast.rosa, lambda: end_many(cast.rosa, grants=[grant.pk], reason="Over", at=clock.now()))


def test_archiving_many_things_takes_what_archiving_one_takes(cast: Cast) -> None:
    owe("resource.archive", [*FRESH, *WHY])
    with pytest.raises(NotYet):
        archive_many(cast.rosa, ids=[cast.german_reviews.pk], reason="Old", at=clock.now())
    assert Resource.objects.get(pk=cast.german_reviews.pk).archived_at is None


def test_changing_what_a_thing_holds_takes_what_its_type_takes(cast: Cast) -> None:
    keeper(cast.rosa, "Coach", "feedback.edit")
    owe("feedback.edit")

    def write() -> None:
        row = Resource.objects.get(pk=cast.german_reviews.pk)
        words = {"content_comment": "Slow, but friendly"}
        edit_resource(cast.rosa, resource=row, row_version=row.row_version, changes=words, at=clock.now())

    refused_until_fresh(cast.rosa, write)


@pytest.mark.parametrize(("kind", "action", "text", "system"), [
    ("people", "person.edit", "email,title\n{ali},Care lead\n", ""),
    ("resources", "resource.edit", "external_id,channel\n{thing},app\n", "voice"),
    ("grants", "grant.end", "person,role,region,until\n{ali},agent,{mena},2099-01-01\n", ""),
    ("teams", "team.manage_members", "team,person\nCare DACH,{ali}\n", ""),
    ("usage", "usage.import", "person,action,resource,time\n{ali},feedback.view,{thing},2026-03-03T14:05Z\n", "voice"),
])  # fmt: skip
def test_a_file_cannot_give_what_is_owed(cast: Cast, kind: str, action: str, text: str, system: str) -> None:
    """A job has no moment of asking: what wants a fresh second factor is done on its own page."""
    keeper(cast.priya, "Importer", "usage.import")
    named = {"ali": cast.ali.email, "thing": cast.german_reviews.external_id, "mena": cast.mena.code}
    assert not importing.said(importing.checked(cast.priya, kind, text.format(**named), system=system))
    owe(action)
    with asking.by(lambda: (cast.priya.pk, {SECOND_FACTOR: 3})):
        batch = importing.received(cast.priya, kind, text.format(**named), system=system)
    refused = importing.said(importing.check(batch))
    assert "A file cannot give either" in refused[2]


def test_a_file_cannot_share_either(cast: Cast, sharer: Person) -> None:
    keeper(sharer, "Importer", "import.run")
    keeper(sharer, "Giver elsewhere", "role.give", region=cast.mena)
    right = world.resource("Release refunds", "entitlement", system="legacy")
    world.give_on(sharer, "resource.give", right)
    world.identity(cast.ali, "legacy", "u1")
    text = f"user,permission\nu1,{right.external_id}\n"
    assert not importing.said(importing.checked(sharer, "matrix", text, system="legacy"))
    owe("resource.give")
    assert "A file cannot give" in importing.said(importing.checked(sharer, "matrix", text, system="legacy"))[2]


# Rivals


def test_whoever_records_queues_up_with_whoever_enforces(
    cast: Cast, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both end what is recorded: without one queue a version could be left recorded beside the one in force."""
    policy, held = draft(cast.priya, at), []
    monkeypatch.setattr(stamps, "lock", lambda key=stamps.MODEL: held.append(key))
    services.record_policy(cast.priya, at=at, **fresh(policy))
    assert held[:1] == [stamps.MODEL]
