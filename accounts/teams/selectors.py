"""Reads of teams."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Membership, Team
from permissions.models import Resource, RoleGrant

NAMED = 3  # so many are named where something is in use; the rest is a number


def editable(team: Team) -> dict[str, Any]:
    """Return the values that the edit form shows, by its field names."""
    return {
        "name": team.name,
        "purpose": team.purpose,
        "owner": team.owner,
        "region": team.resource.region,
        "department": team.resource.department,
    }


def users_of(team: Team, *, at: datetime) -> list[str]:
    """Return, in words, whoever and whatever still depends on the team at `at`, or later."""
    members = Membership.objects.not_over(at).filter(principal=team.principal_id).order_by("person__name")
    children = Team.objects.filter(parent=team, archived_at=None).order_by("principal__label")
    held = RoleGrant.objects.not_over(at).filter(principal=team.principal_id).order_by("role__name")
    scoped = RoleGrant.objects.not_over(at).filter(scope__terms__dimension="team", scope__terms__ref_id=team.pk)
    owned = Resource.objects.filter(owner_team=team, archived_at=None).exclude(pk=team.resource_id).order_by("name")
    found = [
        _said(list(members.values_list("person__name", flat=True)), "member"),
        _said(list(children.values_list("principal__label", flat=True)), "team"),
        _said(list(held.values_list("role__name", flat=True)), "role"),
        _said(list(scoped.values_list("principal__label", flat=True)), "scope"),
        _said(list(owned.values_list("name", flat=True)), "resource"),
    ]
    return [words for words in found if words]


def _said(names: list[str], kind: str) -> str:
    """Return "2 members (Ali Haddad, Maya Okafor)"."""
    if not names:
        return ""
    n = len(names)
    counted = {
        "member": ngettext("%(n)d member", "%(n)d members", n),
        "team": ngettext("%(n)d team under it", "%(n)d teams under it", n),
        "role": ngettext("%(n)d role given to it", "%(n)d roles given to it", n),
        "scope": ngettext("%(n)d grant within it", "%(n)d grants within it", n),
        "resource": ngettext("%(n)d resource it owns", "%(n)d resources it owns", n),
    }[kind] % {"n": n}
    shown = ", ".join(names[:NAMED])
    more = _(" and %(n)d more") % {"n": n - NAMED} if n > NAMED else ""
    return f"{counted} ({shown}{more})"
