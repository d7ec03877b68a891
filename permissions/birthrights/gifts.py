"""What a birthright rule gives, read strictly: a role within a scope, a place in a team or in a group by hand.

A role's scope is a conjunction of fixed places and, where `own` says so, of the person's own region or department: so
one rule lets every regional manager see their territory. A person without that place is not given the role.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Group, Team
from cxaccess.lib.errors import Refused
from permissions.engine import Scope
from permissions.grants import scopes
from permissions.models import Role
from permissions.places import NODE_DIMENSIONS

ROLE, TEAM, GROUP = "role", "team", "group"
OWN = ("region", "department")  # of which a person has one; territories, lines, segments and teams they have several
MOST = 50
Terms = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Gift:
    """One thing that a rule gives. `terms` and `own` say where a role reaches; `own` is empty or one of OWN."""

    kind: str
    id: int
    terms: Terms = ()
    own: str = ""

    @property
    def key(self) -> str:
        """Return it as a form holds it.

        >>> Gift("role", 5, (("department", 9),), "region").key
        'role:5:department=9;region=own'
        """
        return f"{self.kind}:{self.id}:{self.digest('own')}" if self.kind == ROLE else f"{self.kind}:{self.id}"

    def digest(self, place: object = "") -> str:
        """Return the digest of its scope for somebody whose own place is `place`."""
        terms = [*self.terms, *([(self.own, place)] if self.own else [])]
        return ";".join(f"{dimension}={ref}" for dimension, ref in sorted(terms, key=lambda term: term[0]))

    def scope(self, place: int | None = None) -> Scope:
        """Return where the role reaches at the own `place`; None: as widely as it could be for anybody."""
        own = ((self.own, place),) if self.own and place is not None else ()
        return Scope(0, tuple(sorted((*self.terms, *own))))


def of_key(key: str) -> Gift | None:
    """Return what a form's text says; None where it says nothing.

    >>> of_key("role:5:department=9;region=own") == Gift("role", 5, (("department", 9),), "region")
    True
    >>> of_key("team:x") is None and of_key("role:1:region=;") is None
    True
    """
    kind, _colon, rest = key.partition(":")
    number, _colon, digest = rest.partition(":")
    if kind not in (ROLE, TEAM, GROUP) or not _is_id(number) or (digest and kind != ROLE):
        return None
    terms: dict[str, int] = {}
    own = ""
    for part in digest.split(";") if digest else ():
        dimension, _equals, ref = part.partition("=")
        if ref == "own" and dimension in OWN and not own:
            own = dimension
        elif dimension in (*NODE_DIMENSIONS, TEAM) and _is_id(ref):
            terms[dimension] = int(ref)
        else:
            return None
    return None if own in terms else Gift(kind, int(number), tuple(sorted(terms.items())), own)


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


def write(gifts: Iterable[Gift]) -> list[dict[str, Any]]:
    """Return gifts as a version's column holds them."""
    return [
        {"role": one.id, "terms": dict(one.terms), "own": one.own} if one.kind == ROLE else {one.kind: one.id}
        for one in gifts
    ]


def read(raw: Any) -> tuple[Gift, ...]:
    """Return the gifts of a version. Raises Refused for what is none."""
    if not isinstance(raw, list) or not all(isinstance(row, Mapping) for row in raw):
        raise _unreadable()
    found = []
    for row in raw:
        role = isinstance(row.get(ROLE), int)
        terms = row.get("terms", {})
        digest = "" if not isinstance(terms, Mapping) else ";".join(f"{name}={ref}" for name, ref in terms.items())
        own = row.get("own")
        digest = ";".join(part for part in (digest, f"{own}=own" if own else "") if part)
        kind = ROLE if role else next((kind for kind in (TEAM, GROUP) if kind in row), "")
        gift = of_key(f"{kind}:{row.get(kind)}" + (f":{digest}" if role and digest else ""))
        if gift is None or set(row) - {kind, *(("terms", "own") if role else ())}:
            raise _unreadable()
        found.append(gift)
    return tuple(dict.fromkeys(found))


def _unreadable() -> Refused:
    return Refused(_("A rule gives roles, teams and groups, nothing else."), field="gives")


def checked(gifts: Sequence[Gift], *, kept: Iterable[Gift] = ()) -> tuple[Gift, ...]:
    """Return gifts that can be given: in use, and to be given by a rule. `kept` may be there whatever became of it."""
    found = tuple(dict.fromkeys(gifts))
    if not found:
        raise Refused(_("Choose what the rule gives: a role, a team or a group."), field="gives")
    if len(found) > MOST:
        raise Refused(_("A rule gives at most %(n)d things.") % {"n": MOST}, field="gives")
    by_kind: dict[str, set[int]] = defaultdict(set)
    for gift in set(found) - set(kept):
        by_kind[gift.kind].add(gift.id)
        if gift.kind == ROLE:
            scopes.intern(dict(gift.terms))
    for kind, ids in by_kind.items():
        if IN_USE[kind](ids) != ids:
            raise Refused(_("A role, team or group of it is no longer in use, or goes by a rule."), field="gives")
    return found


IN_USE: dict[str, Callable[[set[int]], set[int]]] = {
    ROLE: lambda ids: set(
        Role.objects.filter(pk__in=ids, retired_at=None, current__isnull=False).values_list("pk", flat=True)
    ),
    TEAM: lambda ids: set(Team.objects.filter(pk__in=ids, archived_at=None).values_list("pk", flat=True)),
    GROUP: lambda ids: set(
        Group.objects.filter(pk__in=ids, archived_at=None, rule__isnull=True).values_list("pk", flat=True)
    ),
}


class Words:
    """Says what gifts give, with all the names read together."""

    def __init__(self, gifts: Iterable[Gift]) -> None:
        self.gifts = tuple(dict.fromkeys(gifts))
        ids: dict[str, set[int]] = defaultdict(set)
        for gift in self.gifts:
            ids[gift.kind].add(gift.id)
        self._names: dict[tuple[str, int], str] = {}
        for kind, (rows, column) in ROWS.items():
            if ids[kind]:
                found = rows.filter(pk__in=ids[kind]).values_list("pk", column)
                self._names |= {(kind, pk): name for pk, name in found}
        self._wheres = {gift: self._where(gift) for gift in self.gifts if gift.kind == ROLE}

    def name(self, gift: Gift) -> str:
        """Return what is given."""
        return self._names.get((gift.kind, gift.id), str(_("something that is gone")))

    def where(self, gift: Gift) -> str:
        """Return where a role reaches; of a team or group what it is."""
        return self._wheres[gift] if gift.kind == ROLE else str(_("Team") if gift.kind == TEAM else _("Group"))

    def said(self, gift: Gift) -> str:
        """Return the whole: “Agent: DACH”."""
        return f"{self.name(gift)}: {self.where(gift)}" if gift.kind == ROLE else self.name(gift)

    def _where(self, gift: Gift) -> str:
        own = {"region": _("their own region"), "department": _("their own department")}.get(gift.own, "")
        fixed = scopes.words(dict(gift.terms)) if gift.terms else ""
        return str(_(" and ")).join(part for part in (str(own), fixed) if part) or str(_("Everywhere"))


ROWS: dict[str, tuple[Any, str]] = {
    ROLE: (Role.objects, "name"),
    TEAM: (Team.objects, "principal__label"),
    GROUP: (Group.objects, "principal__label"),
}
