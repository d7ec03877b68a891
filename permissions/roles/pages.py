"""What every page about one role shows around its own part: facts, tabs, what its reader may do here."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Person
from permissions import facts, gate, places
from permissions.models import Role
from permissions.roles import holding, selectors
from permissions.roles.matrix import Draft
from permissions.roles.rows import contents
from permissions.usage.selectors import may_see

COUNTING = ("purpose", "holders")  # tabs that say in words how many hold it; the others ask for that once they stand


def context(request: HttpRequest, role: Role, tab: str, known: Draft | None = None, **own: Any) -> dict[str, Any]:
    """Return what the page of `role` on `tab` needs; what is `known` of it is not read again."""
    person: Person = request.user  # type: ignore[assignment]
    at = request.at  # type: ignore[attr-defined]
    held = holding.held_by(role, at=at) if tab in COUNTING else None
    now = known.before if known else contents(role.current)
    names = known.names if known else selectors.names_of(now.includes)
    counts = {
        "permissions": len(facts.model(at).holding.get(role.pk, ())),
        "holders": held and held.count,
        "includes": len(now.includes),
        "versions": role.current.number if role.current else 0,
    }
    return {
        "role": role,
        "held": held,
        "included": sorted(((pk, names[pk]) for pk in now.includes), key=lambda pair: pair[1]),
        "tabs": _tabs(role, tab, counts, history=_may_read_history(person, role, request), use=may_see(person, at=at)),
        "may_edit": role.retired_at is None and gate.may(person, "role.edit", role, at=at),
        "may_retire": role.retired_at is None and gate.may(person, "role.retire", role, at=at),
        "may_reopen": role.retired_at is not None and gate.may(person, "role.retire", role, at=at),
        "may_clone": role.retired_at is None and gate.may(person, "role.create", places.prospect("role"), at=at),
        "may_give": role.retired_at is None and gate.may_somewhere(person, "role.give", at=at),
        **own,
    }


def _may_read_history(person: Person, role: Role, request: HttpRequest) -> bool:
    at = request.at  # type: ignore[attr-defined]
    return gate.may(person, "trail.view", places.target(role, at, as_type="trail"), at=at)


def _tabs(role: Role, current: str, counts: dict[str, int], *, history: bool, use: bool) -> list[dict[str, Any]]:
    names = [
        ("purpose", "roles:detail", _("Purpose")),
        ("permissions", "roles:permissions", _("Permissions")),
        ("holders", "roles:holders", _("Holders")),
        ("includes", "roles:includes", _("Included roles")),
        ("versions", "roles:versions", _("Versions")),
    ]
    if use:
        names.insert(3, ("use", "roles:use", _("Use")))
    if history:
        names.append(("history", "roles:history", _("History")))
    return [
        {
            "label": label,
            "url": reverse(url, args=[role.pk]),
            "current": tab == current,
            "count": counts.get(tab),
            "later": "count-holders" if tab == "holders" else "",
        }
        for tab, url, label in names
    ]
