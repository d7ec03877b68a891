"""The doors by which somebody may come to hold something, drawn at random: each returns what its actor then does."""

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from accounts.groups import rules
from accounts.groups.services import change_rule
from accounts.models import Group, Membership, Node, Person, PersonState, Team
from accounts.people.ranges import add_places
from accounts.people.services import create_person, edit_person, reactivate, suspend
from accounts.structure.services import move_node
from accounts.teams.memberships import add_member, change_membership_end, change_part, end_membership
from accounts.teams.services import move_team
from cxaccess.lib import clock
from permissions.birthrights import services as birthrights
from permissions.birthrights.gifts import Gift, write
from permissions.grants import scopes
from permissions.grants.bulk.plan import preview
from permissions.grants.bulk.services import end_many, give_many, undo_many
from permissions.grants.services import change_end, end_grant, give_in_words
from permissions.models import (
    Action,
    Birthright,
    BirthrightVersion,
    GrantBatch,
    PersonObjectGrant,
    Resource,
    Role,
    RoleGrant,
    RoleVersion,
)
from permissions.objects import services as objects
from permissions.resources import bulk
from permissions.resources.services import archive_resource, edit_resource, reopen_resource
from permissions.roles.rows import contents
from permissions.roles.services import clone_role, create_role, reopen_role, save_version
from permissions.roles.versions import restoration
from tests import world
from tests.birthrights import gift, titled, within
from tests.cast import Cast
from tests.leaving import come_back, leave

ON_THINGS = ("feedback.view", "feedback.export", "team.manage_members", "resource.edit", "resource.give")
ACTIONS = (
    "feedback.edit",
    "feedback.export",
    "report.view",
    "ticket.assign",
    "person.edit",
    "role.give",
    "role.give_onward",
)
Door = Callable[[Any, Cast], object]


def _give(draw: Any, cast: Cast) -> object:
    regions = [{"region": place.pk} for place in (cast.dach, cast.mena, cast.emea)]
    others = [{}, {"region": cast.dach.pk, "department": cast.care.pk}, {"team": cast.care_dach.pk}]
    terms = draw(st.sampled_from([*regions, *others]))
    to = draw(st.sampled_from([cast.maya, cast.ali, cast.chiara, cast.jonas, cast.insights_dach, cast.care_emea]))
    role = draw(st.sampled_from(list(Role.objects.order_by("pk"))))
    stated = {"starts_at": None, "until": None, "reason": "Needed", "at": clock.now()}
    return lambda actor: give_in_words(actor, principal=to.principal, role=role, terms=terms, **stated)


def _save(draw: Any, cast: Cast) -> object:
    role = draw(st.sampled_from(list(Role.objects.order_by("pk"))))
    extra = draw(st.sets(st.sampled_from(ACTIONS), max_size=3))
    inner = draw(st.lists(st.sampled_from(list(Role.objects.order_by("pk"))), max_size=2, unique=True))
    own = contents(role.current)
    keep = {key for key in own.actions if draw(st.booleans())} if draw(st.booleans()) else own.actions
    includes = [*Role.objects.filter(pk__in=own.includes), *inner]
    return lambda actor: save_version(
        actor, role=role, row_version=role.row_version, actions=keep | extra, includes=includes, note="", at=clock.now()
    )


def _create(draw: Any, cast: Cast) -> object:
    actions = draw(st.sets(st.sampled_from(ACTIONS)))
    stated = {"purpose": "Any", "owner": None, "risk": 1, "includes": [cast.analyst], "note": "", "at": clock.now()}
    return lambda actor: create_role(actor, name="Drawn", actions=actions, **stated)


def _join(draw: Any, cast: Cast) -> object:
    who = draw(st.sampled_from([cast.maya, cast.ali, cast.chiara, cast.otto]))
    team = draw(st.sampled_from([cast.care_emea, cast.care_dach, cast.insights_dach]))
    return lambda actor: add_member(actor, team=team, person=who, reason="Helps", at=clock.now())


def _stay(draw: Any, cast: Cast) -> object:
    row = draw(st.sampled_from(list(Membership.objects.order_by("pk"))))
    until = draw(st.sampled_from([None, world.soon(days=400), world.soon(days=1)]))
    return lambda actor: change_membership_end(actor, membership=row, until=until, reason="Stays", at=clock.now())


def _leave(draw: Any, cast: Cast) -> object:
    row = draw(st.sampled_from(list(Membership.objects.order_by("pk"))))
    return lambda actor: end_membership(actor, membership=row, reason="Goes", at=clock.now())


def _move_team(draw: Any, cast: Cast) -> object:
    team, parent = draw(st.sampled_from([cast.care_emea, cast.care_dach, cast.insights_dach])), draw(
        st.sampled_from([None, cast.care_emea, cast.care_dach, cast.insights_dach])
    )  # fmt: skip
    row = Team.objects.get(pk=team.pk)
    return lambda actor: move_team(actor, team=row, row_version=row.row_version, parent=parent, at=clock.now())


def _move_node(draw: Any, cast: Cast) -> object:
    places = [cast.emea, cast.dach, cast.germany, cast.mena]
    row = Node.objects.get(pk=draw(st.sampled_from(places)).pk)
    parent = draw(st.sampled_from([None, cast.world_, *places]))
    return lambda actor: move_node(actor, node=row, row_version=row.row_version, parent=parent, at=clock.now())


def _restate(draw: Any, cast: Cast) -> object:
    who = Person.objects.get(pk=draw(st.sampled_from([cast.sofia, cast.maya, cast.ali, cast.rosa])).pk)
    deed = reactivate if who.state != PersonState.ACTIVE else suspend
    return lambda actor: deed(actor, person=who, reason="As it is", at=clock.now())


def _lengthen(draw: Any, cast: Cast) -> object:
    row = draw(st.sampled_from(list(RoleGrant.objects.order_by("pk"))))
    until = draw(st.sampled_from([None, world.soon(days=2), world.soon(days=400)]))
    return lambda actor: change_end(actor, grant=row, until=until, reason="As needed", at=clock.now())


def _end(draw: Any, cast: Cast) -> object:
    row = draw(st.sampled_from(list(RoleGrant.objects.order_by("pk"))))
    return lambda actor: end_grant(actor, grant=row, reason="Over", at=clock.now())


def _give_many(draw: Any, cast: Cast) -> object:
    people_ = draw(st.lists(st.sampled_from([cast.maya, cast.ali, cast.chiara, cast.nils]), min_size=1, unique=True))
    role = draw(st.sampled_from(list(Role.objects.order_by("pk"))))
    terms = draw(st.sampled_from([{}, {"region": cast.dach.pk}, {"region": cast.mena.pk}]))
    scope = scopes.intern(terms)
    # As it would be if somebody had drafted it while they still might, or past the service.
    batch = GrantBatch.objects.create(
        made_by=cast.priya, made_at=clock.now(), people=[one.principal_id for one in people_], role=role, scope=scope,
        reason="Needed",
    )  # fmt: skip

    def deed(actor: Person) -> object:
        GrantBatch.objects.filter(pk=batch.pk).update(made_by=actor)
        batch.refresh_from_db()
        return give_many(actor, batch=batch, seen=_seen(batch), at=clock.now())

    return deed


def _seen(batch: GrantBatch) -> str:
    row = GrantBatch.objects.select_related("role", "scope").get(pk=batch.pk)
    return preview(row, row.role, row.scope, at=clock.now()).digest  # type: ignore[arg-type]


def _end_many(draw: Any, cast: Cast) -> object:
    ids = draw(
        st.sets(st.sampled_from(list(RoleGrant.objects.order_by("pk").values_list("pk", flat=True))), max_size=3)
    )
    return lambda actor: end_many(actor, grants=ids, reason="Over", at=clock.now())


def _undo(draw: Any, cast: Cast) -> object:
    row = draw(st.sampled_from(list(GrantBatch.objects.order_by("pk")) or [None]))
    return (lambda actor: undo_many(actor, batch=row, reason="Back", at=clock.now())) if row else lambda _actor: None


def _clone(draw: Any, cast: Cast) -> object:
    role = draw(st.sampled_from(list(Role.objects.order_by("pk"))))
    stated = {"name": "Cloned", "purpose": "Any", "owner": None, "at": clock.now()}
    return lambda actor: clone_role(actor, role=role, **stated)


def _restore(draw: Any, cast: Cast) -> object:
    version = draw(st.sampled_from(list(RoleVersion.objects.order_by("pk"))))
    role = Role.objects.get(pk=version.role_id)
    held = restoration(version).contents
    includes = list(Role.objects.filter(pk__in=held.includes))
    return lambda actor: save_version(
        actor, role=role, row_version=role.row_version, actions=held.actions, includes=includes, note="",
        restores=version.number, at=clock.now(),
    )  # fmt: skip


def _reopen(draw: Any, cast: Cast) -> object:
    role = draw(st.sampled_from(list(Role.objects.exclude(retired_at=None)) or [cast.agent]))
    return lambda actor: reopen_role(actor, role=role, reason="Again", at=clock.now())


def _give_on(draw: Any, cast: Cast) -> object:
    to = draw(st.sampled_from([cast.maya, cast.ali, cast.chiara, cast.insights_dach, cast.care_emea]))
    thing = draw(st.sampled_from([cast.german_reviews, cast.mena_reviews, cast.care_dach.resource]))
    action = draw(st.sampled_from(list(Action.objects.filter(key__in=ON_THINGS).order_by("pk"))))
    stated = {"starts_at": None, "until": None, "reason": "Needed", "at": clock.now()}
    return lambda actor: objects.give_on(actor, principal=to.principal, action=action, resource=thing, **stated)


def _lengthen_on(draw: Any, cast: Cast) -> object:
    row = draw(st.sampled_from(list(PersonObjectGrant.objects.order_by("pk"))))
    until = draw(st.sampled_from([None, world.soon(days=2), world.soon(days=400)]))
    return lambda actor: objects.change_end(actor, grant=row, until=until, reason="As needed", at=clock.now())


def _lead(draw: Any, cast: Cast) -> object:
    row = draw(st.sampled_from(list(Membership.objects.filter(principal__kind="team").order_by("pk"))))
    return lambda actor: change_part(actor, membership=row, part="lead", reason="Runs it", at=clock.now())


def _own(draw: Any, cast: Cast) -> object:
    thing = Resource.objects.get(pk=draw(st.sampled_from([cast.german_reviews, cast.mena_reviews])).pk)
    changes = {"owner": draw(st.sampled_from([cast.maya, cast.ali, cast.chiara, None]))}
    return lambda actor: edit_resource(
        actor, resource=thing, row_version=thing.row_version, changes=changes, at=clock.now()
    )


def _put_away(draw: Any, cast: Cast) -> object:
    thing = draw(st.sampled_from([cast.german_reviews, cast.mena_reviews]))
    return lambda actor: archive_resource(actor, resource=thing, reason="Old", at=clock.now())


def _archived(cast: Cast) -> list[Resource]:
    """Return what was archived; one that stands where nothing is, for a deed that is refused."""
    found = Resource.objects.exclude(archived_at=None).filter(object_kind=None).order_by("pk")
    return list(found) or [cast.german_reviews]


def _bring_back(draw: Any, cast: Cast) -> object:
    thing = draw(st.sampled_from(_archived(cast)))
    return lambda actor: reopen_resource(actor, resource=thing, at=clock.now())


def _undo_archiving(draw: Any, cast: Cast) -> object:
    things = draw(st.lists(st.sampled_from(_archived(cast)), min_size=1, unique=True))
    return lambda actor: bulk.undo(actor, token=bulk.undo_archive_token(things), at=clock.now())


def _edit(draw: Any, cast: Cast) -> object:
    """Change what a rule of a group reads of somebody."""
    who = Person.objects.get(pk=draw(st.sampled_from([cast.maya, cast.ali, cast.chiara, cast.otto])).pk)
    changes = draw(st.sampled_from([{"title": "Incident lead"}, {"title": "Clerk"}, {"region": cast.dach}]))
    return lambda actor: edit_person(
        actor, person=who, row_version=who.row_version, changes=changes, at=clock.now()
    )  # fmt: skip


def _rule(draw: Any, cast: Cast) -> object:
    """Change the rule of a group."""
    group = draw(st.sampled_from(list(Group.objects.filter(rule__isnull=False).order_by("pk"))))
    places = [draw(st.sampled_from([cast.world_, cast.dach, cast.mena])).pk]
    rule = rules.parsed({"attribute": "subject.region", "operator": "within", "value": places})
    return lambda actor: change_rule(
        actor, group=group, row_version=group.row_version, rule=rule, at=clock.now()
    )  # fmt: skip


def _answer(draw: Any, cast: Cast) -> object:
    """Let somebody answer for a territory that a rule reads."""
    who = draw(st.sampled_from([cast.maya, cast.ali, cast.chiara]))
    place = draw(st.sampled_from([cast.dach, cast.mena, cast.germany]))
    return lambda actor: add_places(actor, person=who, places=[place], at=clock.now())


def _gather(draw: Any, cast: Cast) -> object:
    """Put somebody into a group by hand."""
    group = draw(st.sampled_from(list(Group.objects.filter(rule__isnull=True).order_by("pk"))))
    who = draw(st.sampled_from([cast.maya, cast.ali, cast.chiara]))
    return lambda actor: add_member(actor, team=group, person=who, reason="Helps", at=clock.now())


def _depart(draw: Any, cast: Cast) -> object:
    """Let somebody leave, with somebody who takes over, or with nobody named."""
    who = Person.objects.get(pk=draw(st.sampled_from([cast.maya, cast.ali, cast.jonas, cast.sofia])).pk)
    heir = draw(st.sampled_from([None, cast.chiara, cast.ali, cast.otto]))
    heir = None if heir is None else Person.objects.get(pk=heir.pk)
    return lambda actor: leave(actor, who, heir=heir)


def _return(draw: Any, cast: Cast) -> object:
    """Let somebody who has left come back, where a rule of a group may take them in."""
    who = draw(st.sampled_from([cast.lena, cast.maya, cast.ali]))
    place = draw(st.sampled_from([cast.dach, cast.mena, cast.world_]))
    title = draw(st.sampled_from(["Incident lead", "Clerk"]))
    return lambda actor: come_back(actor, Person.objects.get(pk=who.pk), region=place, title=title)


def _wants(draw: Any, cast: Cast) -> list[Gift]:
    """Draw what a birthright rule gives: roles somewhere, everywhere or in one's own region, and a team."""
    roles = list(Role.objects.filter(retired_at=None).order_by("pk"))
    regions = [{"region": cast.dach}, {"region": cast.mena}, {}]
    gives = [gift(draw(st.sampled_from(roles)), **draw(st.sampled_from(regions)))]
    if draw(st.booleans()):
        gives.append(gift(draw(st.sampled_from(roles)), "region"))
    if draw(st.booleans()):
        gives.append(gift(draw(st.sampled_from([cast.care_emea, cast.care_dach, cast.insights_dach]))))
    return gives


def _birthright(draw: Any, cast: Cast) -> object:
    """Put a birthright rule in force; what it says was drafted by somebody else, or is another version by now."""
    row = draw(st.sampled_from(list(Birthright.objects.order_by("pk"))))
    place = draw(st.sampled_from([cast.world_, cast.dach, cast.mena]))
    says = draw(st.sampled_from([titled("Clerk"), titled("Incident lead"), within(place)]))
    if draw(st.booleans()):
        BirthrightVersion.objects.create(
            birthright=row, number=row.versions.count() + 1, condition=says, gives=write(_wants(draw, cast)),
            made_by=cast.priya, at=clock.now(),
        )  # fmt: skip
        Birthright.objects.filter(pk=row.pk).update(current=row.versions.order_by("-number")[0])
        row.refresh_from_db()
    return lambda actor: birthrights.enforce_birthright(
        actor, birthright=row, row_version=row.row_version, reason="Now", at=clock.now()
    )


def _retire_birthright(draw: Any, cast: Cast) -> object:
    row = draw(st.sampled_from(list(Birthright.objects.order_by("pk"))))
    return lambda actor: birthrights.retire_birthright(
        actor, birthright=row, row_version=row.row_version, reason="Over", at=clock.now()
    )


def _hire(draw: Any, cast: Cast) -> object:
    """Add somebody whom rules take in from the start."""
    title, place = draw(st.sampled_from(["Clerk", "Incident lead"])), draw(st.sampled_from([cast.dach, cast.mena]))
    return lambda actor: create_person(actor, name="Nora New", title=title, region=place, at=clock.now())


DOORS: tuple[Door, ...] = (
    _edit, _rule, _answer, _gather, _birthright, _retire_birthright, _hire,
    _give, _save, _create, _join, _stay, _leave, _move_team, _move_node, _restate, _lengthen, _end,
    _give_many, _end_many, _undo, _clone, _restore, _reopen, _give_on, _lengthen_on, _lead, _own,
    _put_away, _bring_back, _undo_archiving, _depart, _return,
)  # fmt: skip
LEAVING: tuple[Door, ...] = (_depart, _return, _own, _restate)
BY_ATTRIBUTE: tuple[Door, ...] = (_edit, _birthright, _retire_birthright, _hire, _restate, _move_node)
JOINING: tuple[Door, ...] = (_join, _stay)
RETURNING: tuple[Door, ...] = (_bring_back, _undo_archiving)
ARCHIVE: tuple[Door, ...] = (_put_away, *RETURNING)
