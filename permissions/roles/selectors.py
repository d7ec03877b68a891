"""Reading roles: lists, holders, versions."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import Membership, Person, here
from cxaccess.lib.listing import number_in
from cxaccess.lib.models import Risk, longest
from permissions import facts, gate
from permissions.grants import scopes
from permissions.models import Action, Mode, ResourceType, Role, RoleAction, RoleGrant, RoleInclude, RoleVersion
from permissions.roles import holding
from permissions.roles.changes import change
from permissions.roles.matrix import Draft
from permissions.roles.rows import Contents, contents
from permissions.roles.rules import including_roles
from permissions.usage import selectors as usage

SHOWN = (
    "name", "purpose", "risk", "retired_at", "owner__principal_id", "owner__name", "current__role_id",
    "current__number", "current__at",
)  # fmt: skip
NOBODY = "nobody"  # stands for an owner in the address: roles that have none


@dataclass(frozen=True, slots=True)
class Holders:
    """Active people who hold a role at a moment: by a grant of their own, and through teams."""

    direct: frozenset[int] = frozenset()
    through: frozenset[int] = frozenset()


def types() -> list[tuple[ResourceType, list[Action]]]:
    """Return the catalogue in its order, each type with its permissions, in two queries."""
    actions: dict[int, list[Action]] = defaultdict(list)
    for action in Action.objects.only("type_id", "key", "name", "label", "risk").order_by("position", "name"):
        actions[action.type_id].append(action)
    rows = ResourceType.objects.only("key", "label", "plural", "area", "summary").order_by("position", "key")
    return [(type_, actions[type_.pk]) for type_ in rows]


def visible(person: Person, *, at: datetime) -> QuerySet[Role]:
    """Return the roles that `person` may see, with what lists show of them."""
    rows = gate.visible(person, "role.view", Role.objects.all(), at=at)
    return rows.select_related("owner", "current").only(*SHOWN)


def narrowed(
    rows: QuerySet[Role], *, q: str, view: str, risk: str, owner: str, see_use: bool, at: datetime
) -> QuerySet[Role]:  # fmt: skip
    """Return `rows` as the list's filters ask; what nobody knows narrows nothing."""
    if q:
        rows = rows.filter(Q(name__icontains=q) | Q(purpose__icontains=q) | Q(key__icontains=q))
    level, answers = number_in(risk), number_in(owner)
    if level in Risk.values:
        rows = rows.filter(risk=level)
    if answers is not None or owner == NOBODY:
        rows = rows.filter(owner=answers)
    if view == "retired":
        return rows.exclude(retired_at=None)
    rows = rows.filter(retired_at=None)
    if view == "idle" and see_use:
        return rows.filter(usage.idle_roles(at))
    return rows.filter(_free(at)) if view == "unused" else rows


def _free(at: datetime) -> Q:
    """Return the condition on roles that nobody was given and no role in use includes."""
    included = RoleInclude.objects.filter(
        role=OuterRef("pk"), version=F("version__role__current"), version__role__retired_at=None
    )
    granted = RoleGrant.objects.not_over(at).filter(role=OuterRef("pk"))
    return Q(~Exists(included), ~Exists(granted))


def sortable(rows: QuerySet[Role], sort: str, *, at: datetime) -> QuerySet[Role]:
    """Return `rows` with what `sort` orders them by."""
    return rows.annotate(grant_count=holding.grants_in_force(at)) if sort.endswith("grants") else rows


def holders(roles: Collection[int], *, at: datetime) -> dict[int, Holders]:
    """Return {role: who holds it at `at`}, in three queries however many roles there are."""
    granted: dict[int, set[int]] = defaultdict(set)
    rows = RoleGrant.objects.in_force(at).filter(role__in=roles)
    for role, principal in rows.values_list("role_id", "principal_id"):
        granted[role].add(principal)
    given = set().union(*granted.values(), set())
    people = dict(Person.objects.filter(here(at), principal__in=given).values_list("principal_id", "pk"))
    members = _members(given - set(people), at)
    return {
        role: Holders(
            frozenset(people[principal] for principal in granted[role] if principal in people),
            frozenset(person for principal in granted[role] for person in members.get(principal, ())),
        )
        for role in roles
    }


def _members(principals: set[int], at: datetime) -> dict[int, set[int]]:
    """Return {principal: the active people whom a grant to it reaches through membership}."""
    model = facts.model(at)
    above = {each: [p for p in model.chain(each) if p in principals] for each in model.reaching(principals)}
    found: dict[int, set[int]] = defaultdict(set)
    rows = Membership.objects.in_force(at).filter(here(at, "person__"), principal__in=above)
    for inside, person in rows.values_list("principal_id", "person_id"):
        for principal in above[inside]:
            found[principal].add(person)
    return found


def lines(roles: Collection[Role], *, at: datetime) -> list[tuple[Role, holding.Given, int]]:
    """Return each role of a page with what stands beside it and how many permissions it gives."""
    found, given = holding.given([role.pk for role in roles], at=at), facts.model(at).holding
    return [(role, found[role.pk], len(given.get(role.pk, ()))) for role in roles]


def held(reader: Person, asked: Iterable[str], *, at: datetime) -> dict[int, holding.Held]:
    """Return {role: who holds it} for those roles of the page that `asked` for them which `reader` may see."""
    ids = [number for text in asked if (number := number_in(text)) is not None]
    seen = gate.visible(reader, "role.view", Role.objects.filter(pk__in=ids), at=at)
    return holding.held(list(seen.values_list("pk", flat=True)), at=at)


def use_by(reader: Person, role: Role, grants: Collection[RoleGrant], *, at: datetime) -> dict[str, Any]:
    """Return how a role is used by its holders, and on which of `grants` the reader may see that; nothing otherwise."""
    if not usage.may_see(reader, at=at):
        return {}
    current = RoleGrant.objects.in_force(at).filter(role=role, mode=Mode.ACTIVE)
    return {
        "used": usage.of_holders(current, at=at, reader=reader),
        "all_seen": usage.sees_all(reader, at=at),
        "uses_seen": usage.seen(reader, grants, at=at),
    }


def names_of(roles: Iterable[int]) -> dict[int, str]:
    """Return {role: name}."""
    return dict(Role.objects.filter(pk__in=list(roles)).values_list("pk", "name"))


def free_name(role: Role) -> str:
    """Return a name for a clone of `role` that no role has yet."""
    base = _("Copy of %(role)s") % {"role": role.name}
    taken = {name.casefold() for name in Role.objects.values_list("name", flat=True)}
    for number in range(1, len(taken) + 2):
        end = f" {number}" if number > 1 else ""
        name = base[: longest(Role, "name") - len(end)] + end
        if name.casefold() not in taken:
            return name
    return base


def draft(role: Role, after: Contents | None, *, at: datetime) -> Draft:
    """Return the draft that makes `role` hold `after`; None: as it is."""
    before = contents(role.current)
    wanted = after or before
    names = names_of(before.includes | wanted.includes)
    return Draft(facts.model(at), role.pk, before, wanted, names)


@dataclass(frozen=True, slots=True)
class Step:
    """A version beside the one before it."""

    version: RoleVersion
    added: tuple[str, ...]
    removed: tuple[str, ...]
    included: tuple[str, ...]
    excluded: tuple[str, ...]


def steps(role: Role) -> list[Step]:
    """Return every version, newest first, with what it changed, in four queries."""
    versions = list(role.versions.select_related("made_by").order_by("-number"))
    actions: dict[int, set[str]] = defaultdict(set)
    for number, key in RoleAction.objects.filter(version__role=role).values_list("version_id", "action__key"):
        actions[number].add(key)
    includes: dict[int, set[str]] = defaultdict(set)
    for number, name in RoleInclude.objects.filter(version__role=role).values_list("version_id", "role__name"):
        includes[number].add(name)
    found = []
    for position, version in enumerate(versions):
        before = versions[position + 1].pk if position + 1 < len(versions) else 0
        found.append(
            Step(
                version,
                tuple(sorted(actions[version.pk] - actions[before])),
                tuple(sorted(actions[before] - actions[version.pk])),
                tuple(sorted(includes[version.pk] - includes[before])),
                tuple(sorted(includes[before] - includes[version.pk])),
            )
        )
    return found


def filters(
    reader: Person, *, risk: str, owner: str, other: Role | None = None, at: datetime
) -> list[tuple[str, str, str]]:  # fmt: skip
    """Return the list's filters in force as (name, value, parameter). Of an owner not seen, only the number."""
    found = []
    level, answers = number_in(risk), number_in(owner)
    if level in Risk.values:
        found.append((str(_("Risk")), str(Risk(level).label), "risk"))
    if owner == NOBODY:
        found.append((str(_("Owner")), str(_("Nobody yet")), "owner"))
    if answers is not None:
        seen = gate.visible(reader, "person.view", Person.objects.filter(pk=answers), at=at)
        found.append((str(_("Owner")), seen.values_list("name", flat=True).first() or owner, "owner"))
    if other is not None:
        found.append((str(_("Gives more than")), other.name, "differs"))
    return found


def riskiest(role: Role, *, at: datetime, most: int = 5) -> list[Action]:
    """Return the permissions of a role whose wrong use does most harm, worst first; only high risk and above."""
    held = facts.model(at).holding.get(role.pk, frozenset())
    rows = Action.objects.filter(key__in=held, risk__gte=Risk.HIGH).select_related("type")
    return list(rows.order_by("-risk", "key")[:most])


@dataclass(frozen=True, slots=True)
class Inner:
    """A role that another one includes, and how much of that it alone brings."""

    role: Role
    permissions: int
    alone: int


def included(role: Role, *, at: datetime) -> list[Inner]:
    """Return the roles that `role` includes, by name, with how many permissions only each of them gives it."""
    model = facts.model(at)
    now = contents(role.current)
    found = []
    for inner in Role.objects.filter(pk__in=now.includes).order_by("name"):
        held = model.holding.get(inner.pk, frozenset())
        others = change(model, role.pk, now.actions, now.includes - {inner.pk}).after.holding[role.pk]
        found.append(Inner(inner, len(held), len(held - others)))
    return found


def users(role: Role, *, at: datetime) -> dict[str, list[str]]:
    """Return what keeps a role from being retired: the names of its holders and of the roles that include it."""
    grants = RoleGrant.objects.not_over(at).filter(role=role).order_by("principal__label")
    holders_ = list(dict.fromkeys(grants.values_list("principal__label", flat=True)))
    return {"holders": holders_, "including": [inner.name for inner in including_roles(role.pk)]}


def shown_grants(rows: QuerySet[RoleGrant]) -> QuerySet[RoleGrant]:
    """Return grants with everything a line shows of them."""
    return rows.select_related(
        "principal__person", "principal__team", "principal__group", "role", "given_by", "ended_by"
    )


def scope_labels(grants: Iterable[RoleGrant]) -> dict[int, str]:
    """Return {scope id: words} for the grants of a page."""
    return scopes.labels({grant.scope_id for grant in grants})


def new_role(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `create_role` takes, from the form of a new role; a copy holds what the other holds today."""
    source = data["copy_of"]
    held = contents(source.current) if source else Contents(frozenset(), frozenset())
    return {
        **{name: data[name] for name in ("name", "purpose", "owner", "risk")},
        "actions": held.actions,
        "includes": list(Role.objects.filter(pk__in=held.includes)),
        "note": _("Cloned from %(role)s") % {"role": source.name} if source else "",
        "cloned_from": source,
    }


@dataclass(frozen=True, slots=True)
class Moves:
    """What a draft ticks and unticks, by name."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    included: tuple[str, ...]
    excluded: tuple[str, ...]

    @property
    def count(self) -> int:
        """Return how many edits that is."""
        return len(self.added) + len(self.removed) + len(self.included) + len(self.excluded)


def moves(draft_: Draft) -> Moves:
    """Return the edits of a draft."""
    before, after = draft_.before, draft_.after
    return Moves(
        tuple(sorted(after.actions - before.actions)),
        tuple(sorted(before.actions - after.actions)),
        tuple(sorted(draft_.names.get(pk, "?") for pk in after.includes - before.includes)),
        tuple(sorted(draft_.names.get(pk, "?") for pk in before.includes - after.includes)),
    )
