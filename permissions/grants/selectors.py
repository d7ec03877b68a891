"""Reading grants: lists, one with all about it, and what ending it would take."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Membership, Node, Person, Principal, PrincipalKind, Team
from cxaccess.lib.clock import end_of_day, start_of_day
from cxaccess.lib.models import Risk, Source, in_force
from cxaccess.lib.related import attach_all
from cxaccess.lib.statements import Rows
from permissions import facts, gate
from permissions.grants import effects, scopes
from permissions.models import Action, Role, RoleGrant
from permissions.usage import selectors as usage

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

SOON = timedelta(days=14)
VIEWS = {
    "": gettext_lazy("In force"),
    "soon": gettext_lazy("Ends within 14 days"),
    "unused": gettext_lazy("Unused for 90 days"),
    "later": gettext_lazy("Starts later"),
    "ended": gettext_lazy("Ended"),
}
CHUNK = 500
NAMED = {
    PrincipalKind.PERSON: ("given_by__name", "principal__person__title"),
    PrincipalKind.TEAM: ("given_by__name", "principal__team__pk"),
    PrincipalKind.GROUP: ("given_by__name", "principal__group__pk"),
    PrincipalKind.INTEGRATION: ("given_by__name", "principal__integration__pk"),
}


def visible(person: Person, action: str = "grant.view", *, at: datetime) -> QuerySet[RoleGrant]:
    """Return the grants that `person` may see (or do `action` to), each with what a line shows of it."""
    rows = gate.visible(person, action, RoleGrant.objects.all(), at=at)
    return rows.select_related(
        "principal__person", "principal__team", "principal__group", "role", "given_by", "ended_by"
    )


def every(reader: Person, *, at: datetime) -> Rows | None:
    """Return all grants, as somebody sees them who sees all; None for anybody else."""
    if not gate.sees_all(reader, "grant.view", at=at):
        return None
    return Rows("grants", lambda: gate.visible(reader, "grant.view", RoleGrant.objects.all(), at=at), {})


def current(reader: Person, *, at: datetime) -> Rows | None:
    """Return those of them that are in force, with what a line of the list shows."""
    if not gate.sees_all(reader, "grant.view", at=at):
        return None
    seen = partial(gate.visible, reader, "grant.view", RoleGrant.objects.all(), at=at)
    return Rows("grants in force", lambda at: shown(of_window(seen(), "", at=at)), {"at": at})


def shown(rows: QuerySet[RoleGrant]) -> QuerySet[RoleGrant]:
    """Return `rows` with no more of each than a line of the list shows; `name` says the rest."""
    return rows.select_related(None).select_related("principal", "role").only(
        "starts_at", "until", "given_at", "source", "scope_id", "last_used_at", "ended_by_id", "given_by_id",
        "principal__kind", "principal__label", "role__name", "role__risk",
    )  # fmt: skip


def name(grants: Iterable[RoleGrant]) -> None:
    """Put what a line says of them beside the `grants` that are `shown`, in one statement."""
    by_kind: dict[str, list[RoleGrant]] = defaultdict(list)
    for grant in grants:
        by_kind[grant.principal.kind].append(grant)
    attach_all((found, NAMED[PrincipalKind(kind)]) for kind, found in by_kind.items())


def views(reader: Person, *, at: datetime) -> dict[str, "StrOrPromise"]:
    """Return those of VIEWS that `reader` may choose."""
    return {key: label for key, label in VIEWS.items() if key != "unused" or usage.may_see(reader, at=at)}


def shown_view(reader: Person, view: str, *, at: datetime) -> dict[str, Any]:
    """Return which view is shown, and those that may be chosen."""
    found = views(reader, at=at)
    return {"view": view if view in found else "", "views": found.items()}


def of_view(reader: Person, rows: QuerySet[RoleGrant], view: str, *, at: datetime) -> QuerySet[RoleGrant]:
    """Return `rows` as one of VIEWS keeps them; an unknown one, or one not for `reader`, counts as the first."""
    if view == "unused" and usage.may_see(reader, at=at):
        return usage.unused(gate.visible(reader, usage.VIEW, rows, at=at, as_type="usage"), at=at)
    return of_window(rows, view, at=at)


def of_window(rows: QuerySet[Any], view: str, *, at: datetime) -> QuerySet[Any]:
    """Return `rows` with a window as a view of time keeps them; an unknown one counts as the first: in force."""
    if view == "ended":
        return rows.filter(Q(until__lte=at) | Q(until=F("starts_at")))
    if view == "later":  # and was not revoked before it began
        return rows.filter(Q(until=None) | Q(until__gt=F("starts_at")), starts_at__gt=at)
    if view == "soon":
        return rows.filter(starts_at__lte=at, until__gt=at, until__lte=at + SOON)
    return rows.filter(in_force(at))


def narrowed(
    rows: QuerySet[RoleGrant],
    *,
    at: datetime,
    q: str = "",
    role: Role | None = None,
    source: str = "",
    region: Node | None = None,
    ends: date | None = None,
    risk: int | None = None,
    team: Team | None = None,
) -> QuerySet[RoleGrant]:
    """Return `rows` as the filters ask. `region`: limited to that or to one below it; `ends`: a day of the reader's.

    `team`: given to it or to somebody who is in it.
    """
    if risk is not None:
        rows = rows.filter(role__risk=risk)
    if team is not None:
        inside = Membership.objects.in_force(at).filter(principal=team.principal_id).values("person__principal")
        itself = Principal.objects.filter(pk=team.principal_id).values("pk")
        rows = rows.filter(principal__in=itself.union(inside))  # either one, asked by OR, reads every grant there is
    if q:
        rows = rows.filter(Q(principal__label__icontains=q) | Q(role__name__icontains=q) | Q(reason__icontains=q))
    if role is not None:
        rows = rows.filter(role=role)
    if source:
        rows = rows.filter(source=source)
    if ends is not None:
        zone = timezone.get_current_timezone_name()
        rows = rows.filter(until__gt=start_of_day(ends, zone), until__lte=end_of_day(ends, zone))
    if region is not None:
        below = Node.objects.filter(kind=region.kind, lft__gte=region.lft, lft__lte=region.rgt).values("pk")
        rows = rows.filter(scope__terms__dimension=region.kind, scope__terms__ref_id__in=below)
    return rows


def chips(wanted: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return the filters in force as (name, value, parameter)."""
    found = []
    if wanted.get("role"):
        found.append((str(_("Role")), wanted["role"].name, "role"))
    if wanted.get("source"):
        found.append((str(_("Source")), str(Source(wanted["source"]).label), "source"))
    if wanted.get("ends"):
        found.append((str(_("Ends")), date_format(wanted["ends"], "j M Y"), "ends"))
    if wanted.get("risk"):
        found.append((str(_("Risk")), str(Risk(wanted["risk"]).label), "risk"))
    if wanted.get("team"):
        found.append((str(_("Team")), wanted["team"].name, "team"))
    if wanted.get("region"):
        found.append((str(_("Region")), wanted["region"].name, "region"))
    return found


HEAD = (
    gettext_lazy("Grant"),
    gettext_lazy("Holder"),
    gettext_lazy("Kind"),
    gettext_lazy("Role"),
    gettext_lazy("Where"),
    gettext_lazy("From (UTC)"),
    gettext_lazy("Until (UTC)"),
    gettext_lazy("Source"),
    gettext_lazy("Given by"),
    gettext_lazy("Reason"),
    gettext_lazy("Ended by"),
)


def lines(rows: QuerySet[RoleGrant]) -> Iterator[tuple[Any, ...]]:
    """Yield a line of the CSV file for each grant; scopes are named chunk by chunk, so memory stays small."""
    last = 0
    while chunk := list(rows.filter(pk__gt=last).order_by("pk")[:CHUNK]):
        last = chunk[-1].pk
        words = scopes.labels({grant.scope_id for grant in chunk})
        for grant in chunk:
            yield _line(grant, words[grant.scope_id])


def _line(grant: RoleGrant, where: str) -> tuple[Any, ...]:
    return (
        grant.pk,
        grant.principal.label,
        grant.principal.get_kind_display(),
        grant.role.name,
        where,
        grant.starts_at,
        grant.until,
        grant.get_source_display(),
        grant.given_by.name if grant.given_by else "",
        grant.reason,
        grant.ended_by.name if grant.ended_by else "",
    )


def use_of(reader: Person, grant: RoleGrant, *, at: datetime) -> dict[str, Any]:
    """Return how a grant is used and by whom, the latest first; nothing for who may not see that."""
    if not usage.may_see_of(reader, grant, at=at):
        return {}
    one = RoleGrant.objects.filter(pk=grant.pk)
    people = gate.visible(reader, "person.view", Person.objects.all(), at=at)
    all_ = usage.of_seen(reader, usage.users_of(grant, at=at), at=at)
    users = list(all_.filter(person__in=people.values("pk"))[: usage.TOP])
    return {"used": usage.of_holders(one, at=at, reader=reader), "users": users, "others": all_.count() - len(users)}


@dataclass(frozen=True)
class Consequence:
    """What ending a grant takes: for one person by permission, for a team by how many people."""

    lost: tuple[Action, ...]
    kept: tuple[Action, ...]
    through: tuple[str, ...]
    people: int

    @property
    def idle(self) -> bool:
        """Return whether nobody notices."""
        return not self.lost


def consequence(grant: RoleGrant, *, at: datetime) -> Consequence:
    """Return what people lose when the grant ends at `at`, and what they keep another way."""
    found = effects.of_ending(facts.model(at), [grant], at=at)
    lost = [one.action for one in found if one.lose]
    kept = [one.action for one in found if one.keep and not one.lose]
    actions = {action.key: action for action in Action.objects.filter(key__in={*lost, *kept}).select_related("type")}
    roles = {role for one in found for role in one.through}
    names = Role.objects.filter(pk__in=roles).order_by("name").values_list("name", flat=True)
    losers = set().union(*(one.lose for one in found), set())
    return Consequence(_known(lost, actions), _known(kept, actions), tuple(names), len(losers))


def _known(keys: Iterable[str], actions: dict[str, Action]) -> tuple[Action, ...]:
    return tuple(sorted((actions[key] for key in keys), key=lambda action: (-action.risk, action.key)))
