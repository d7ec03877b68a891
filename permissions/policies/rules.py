"""What must hold before a policy is changed. Each raises Refused, Stale or NotAllowed."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Person, PersonState
from cxaccess.lib.errors import Refused, Stale
from cxaccess.lib.models import longest
from permissions import facts, giving
from permissions.engine.policies import Kind, Rule
from permissions.models import Policy, PolicyState, PolicyVersion
from permissions.policies import schema
from permissions.policies.compiling import rule

EDITABLE = ("name", "purpose", "owner")


def editable(policy: Policy) -> dict[str, Any]:
    """Return what the edit form shows, by its field names."""
    return {name: getattr(policy, name) for name in EDITABLE}


def require_named(name: str, purpose: str, *, but: int | None = None) -> None:
    """Pass a name that no other policy has, whatever its case, and a purpose that says something."""
    if not name.strip() or len(name.strip()) > longest(Policy, "name"):
        raise Refused(_("A policy needs a name of at most 80 characters."), field="name")
    if Policy.objects.exclude(pk=but).filter(name__iexact=name.strip()).exists():
        raise Refused(_("There is already a policy called “%(name)s”.") % {"name": name.strip()}, field="name")
    if not purpose.strip() or len(purpose.strip()) > longest(Policy, "purpose"):
        raise Refused(_("Say in at most 300 characters what the policy is for."), field="purpose")


def require_owner(owner: Person | None) -> None:
    """Pass no owner, or one who can answer for the policy."""
    if owner is not None and owner.state in (PersonState.LEFT, PersonState.SUSPENDED):
        raise Refused(_("%(name)s cannot answer for a policy at present.") % {"name": owner.name}, field="owner")


def require_usable(policy: Policy) -> None:
    """Pass a policy that is not retired."""
    if policy.retired_at is not None:
        raise Refused(_("%(policy)s is retired. Reopen it first.") % {"policy": policy.name})


def require_fresh(policy: Policy, row_version: int) -> None:
    """Pass whoever saw the policy as it is. Raises Stale with what is in it now."""
    if policy.row_version == row_version:
        return
    latest = policy.current
    now = {_("Name"): ("", policy.name), _("Version"): ("", str(latest.number if latest else ""))}
    message = _("Somebody else changed %(policy)s meanwhile. Nothing of yours was saved.")
    facts_ = {"theirs": now, "now": editable(policy), "row_version": policy.row_version}
    raise Stale(message % {"policy": policy.name}, facts=facts_)


def standing(policy: Policy) -> list[PolicyState]:
    """Return what is in force of a policy: recorded, enforced, both or neither."""
    return list(PolicyState.objects.select_related("version").filter(policy=policy, until=None))


def require_opening(
    actor: Person, *, ending: Iterable[PolicyVersion], beginning: PolicyVersion | None, at: datetime
) -> None:
    """Pass an actor who may give, everywhere, all that somebody may come by: see `opened`."""
    model, known = facts.model(at), schema.whole()
    before = [rule(version, model, known) for version in ending]
    after = rule(beginning, model, known) if beginning is not None else None
    actions = opened(before, after)
    if actions:
        giving.require_give_actions(actor, actions=sorted(actions), scope=giving.EVERYWHERE, at=at)


def opened(before: Iterable[Rule], after: Rule | None) -> frozenset[str]:
    """Return the permissions that somebody may come by once `before` is no more enforced and `after` is.

    An allow-when opens; what closed before opens by its end, and what masked or asked for something by no longer doing
    so. Whom it concerns, and where, is not looked at: the answer changes with every attribute.
    """
    found: frozenset[str] = after.actions if after is not None and after.kind is Kind.ALLOW else frozenset()
    for one in before:
        if one.kind is not Kind.ALLOW or one.duties:
            found |= one.actions
    return found
