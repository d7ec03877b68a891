"""What must hold before a role is made, changed or retired. Each raises, with a sentence for whoever tried."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Person, PersonState
from cxaccess.lib.errors import InUse, Refused, Stale
from cxaccess.lib.models import longest
from permissions import facts, giving, history
from permissions.birthrights import rules as birthrights
from permissions.models import Action, Role, RoleGrant, RoleInclude
from permissions.roles.changes import Change, change, cycle
from permissions.roles.rows import Contents, contents, floor

NAMED = 10  # how many holders a refusal names; the page lists them all
EDITABLE = ("name", "purpose", "owner", "risk")


def editable(role: Role) -> dict[str, Any]:
    """Return what the edit form shows, by its field names."""
    return {name: getattr(role, name) for name in EDITABLE}


def require_name(name: str, *, but: int | None = None) -> None:
    """Pass a name that no other role has, retired ones included, whatever its case."""
    if not name.strip():
        raise Refused(_("A role needs a name."), field="name")
    if len(name.strip()) > longest(Role, "name"):
        raise Refused(_("The name is too long. Use at most 80 characters."), field="name")
    others = Role.objects.exclude(pk=but) if but else Role.objects.all()
    if others.filter(name__iexact=name.strip()).exists():
        raise Refused(_("There is already a role called “%(name)s”.") % {"name": name.strip()}, field="name")


def require_purpose(purpose: str) -> None:
    """Pass a purpose that says something."""
    if not purpose.strip():
        raise Refused(_("Say what the role is for: people choose by it, reviewers judge by it."), field="purpose")
    if len(purpose.strip()) > longest(Role, "purpose"):
        raise Refused(_("The purpose is too long. Use at most 300 characters."), field="purpose")


def require_owner(owner: Person | None) -> None:
    """Pass no owner, or one who can answer for the role."""
    if owner is not None and owner.state in (PersonState.LEFT, PersonState.SUSPENDED):
        raise Refused(_("%(name)s cannot answer for a role at present.") % {"name": owner.name}, field="owner")


def require_usable(role: Role) -> None:
    """Pass a role that is not retired."""
    if role.retired_at is not None:
        raise Refused(_("%(role)s is retired; it cannot be changed any more.") % {"role": role.name})


def require_retired(role: Role) -> None:
    """Pass a role that is retired."""
    if role.retired_at is None:
        raise Refused(_("%(role)s is in use already. Nothing was changed.") % {"role": role.name})


def require_known(actions: Collection[str]) -> None:
    """Pass permissions that the catalogue knows."""
    known = set(Action.objects.filter(key__in=actions).values_list("key", flat=True))
    unknown = sorted(set(actions) - known)
    if unknown:
        raise Refused(_("The catalogue knows no %(names)s.") % {"names": ", ".join(unknown)}, field="actions")


def require_includable(roles: Iterable[Role]) -> None:
    """Pass roles that are in use. They are read anew: what the caller holds may be old."""
    rows = Role.objects.filter(pk__in=[role.pk for role in roles]).exclude(retired_at=None)
    retired = rows.values_list("name", flat=True).first()
    if retired is not None:
        raise Refused(_("%(role)s is retired and cannot be included.") % {"role": retired}, field="includes")


def require_fresh(role: Role, row_version: int) -> None:
    """Pass whoever edits the role as it is. Raises Stale with what the latest version changed."""
    if role.row_version == row_version:
        return
    latest = list(role.versions.select_related("made_by").order_by("-number")[:2])
    then, now = contents(latest[-1]), contents(latest[0])
    theirs = {
        _("Permissions"): (", ".join(sorted(then.actions)), ", ".join(sorted(now.actions))),
        _("Included roles"): (_names(then.includes), _names(now.includes)),
    }
    changed = {label: pair for label, pair in theirs.items() if pair[0] != pair[1]}
    message = _("Somebody else changed %(role)s meanwhile. Nothing of yours was saved.")
    version = {"version": latest[0].number, "row_version": role.row_version}
    raise Stale(message % {"role": role.name}, facts={"theirs": changed, "now": editable(role), **version})


def require_difference(before: Contents, after: Contents) -> None:
    """Pass a version that differs from the one before."""
    if before == after:
        raise Refused(_("Nothing is different from the current version, so no new one was made."))


def planned(role: Role, after: Contents, at: datetime) -> Change:
    """Return what the change means for every role, with all of these locked. Raises Refused for a cycle."""
    model = facts.model(at)
    closed = cycle(model, role.pk, after.includes)
    if closed is not None:
        names = dict(Role.objects.filter(pk__in=closed).values_list("pk", "name"))
        path = " > ".join(names[pk] for pk in closed)
        raise Refused(_("A role cannot include itself: %(path)s.") % {"path": path}, field="includes")
    effect = change(model, role.pk, after.actions, after.includes)
    list(Role.objects.filter(pk__in=effect.touched).order_by("pk").select_for_update(no_key=True).values_list("pk"))
    return effect


def require_giving(actor: Person, effect: Change, at: datetime) -> None:
    """Pass an actor who may give what the change adds, within every scope where it arrives, now or later."""
    rows = RoleGrant.objects.not_over(at).filter(role__in=effect.gained).values_list("role_id", "scope_id").distinct()
    arriving: dict[int, frozenset[str]] = {}
    for role, scope in rows:
        arriving[scope] = arriving.get(scope, frozenset()) | effect.gained[role]
    scopes = history.scopes(arriving)
    for scope, actions in sorted(arriving.items()):
        giving.require_give_actions(actor, actions=actions, scope=scopes[scope], at=at)


def require_policies(actor: Person, role: Role, after: Contents, at: datetime) -> None:
    """Pass an actor who may give everywhere what policies allow to whoever holds a role that `role` newly includes.

    Two policies may allow the same permission under different conditions, so it is policies that are compared.
    """
    model = facts.model(at)
    before = giving.allowing_policies(model, roles={role.pk})
    new = giving.allowing_policies(model, roles=after.includes) - before
    if new:
        allowed = frozenset(action for rule in new for action in rule.actions)
        giving.require_give_actions(actor, actions=allowed, scope=giving.EVERYWHERE, at=at)


def require_risk(role: Role) -> None:
    """Pass a risk that is not below that of the riskiest permission the role holds."""
    highest = floor([role.pk]).get(role.pk)
    if highest is not None and role.risk < highest.risk:
        message = _("It holds %(action)s, whose risk is %(risk)s; a role's risk cannot be lower.")
        facts_ = {"action": highest.key, "risk": highest.get_risk_display()}
        raise Refused(message % {"action": highest.key, "risk": facts_["risk"]}, field="risk", facts=facts_)


def require_unused(actor: Person, role: Role, at: datetime) -> None:
    """Pass a role that nobody holds, now or later, that no role in use includes and no rule gives. Raises InUse."""
    grants = RoleGrant.objects.not_over(at).filter(role=role).order_by("principal__label", "pk")
    holders = list(dict.fromkeys(grants.values_list("principal__label", flat=True)))
    including = list(including_roles(role.pk).values_list("name", flat=True))
    giving_it = birthrights.naming(actor, "role", role.pk, at=at)
    if giving_it:
        message = ngettext("The rule %(names)s gives it.", "The rules %(names)s give it.", len(giving_it))
        raise InUse(message % {"names": _some(giving_it)}, facts={"users": giving_it, "rules": giving_it})
    if holders:
        message = ngettext("%(names)s still holds it.", "%(names)s still hold it.", len(holders))
        raise InUse(
            message % {"names": _some(holders)}, facts={"users": holders + including, "holders": holders}
        )  # fmt: skip
    if including:
        message = ngettext("%(names)s still includes it.", "%(names)s still include it.", len(including))
        raise InUse(message % {"names": _some(including)}, facts={"users": including, "including": including})


def including_roles(role_id: int) -> QuerySet[Role]:
    """Return the roles in use whose current version includes the role."""
    versions = RoleInclude.objects.filter(role=role_id).values("version")
    return Role.objects.filter(current__in=versions, retired_at=None).order_by("name")


def _some(names: list[str]) -> str:
    if len(names) <= NAMED:
        return ", ".join(names)
    return _("%(names)s and %(more)d more") % {"names": ", ".join(names[:NAMED]), "more": len(names) - NAMED}


def _names(roles: Iterable[int]) -> str:
    return ", ".join(Role.objects.filter(pk__in=roles).order_by("name").values_list("name", flat=True))
