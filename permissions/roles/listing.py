"""The list of roles beside one of them, and each row's near duplicate."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Person
from cxaccess.lib.listing import Listing, Page, number_in
from permissions import facts, gate
from permissions.models import Role
from permissions.roles import alike
from permissions.roles.alike import Likeness


@dataclass(frozen=True, slots=True)
class Beside:
    """A role of the list beside another one, in words, and the page that compares the two."""

    text: str
    url: str


def other_of(reader: Person, asked: object, *, at: datetime) -> Role | None:
    """Return the role that the list is to differ from, if the reader may see it and it is in use."""
    pk = number_in(asked)
    rows = gate.visible(reader, "role.view", Role.objects.filter(pk=pk, retired_at=None), at=at)
    return rows.first() if pk is not None else None


def page_beside(
    listing: Listing, rows: QuerySet[Role], params: Mapping[str, str], other: Role | None, *, at: datetime
) -> Page:  # fmt: skip
    """Return the page of those `rows` that give something which `other` does not, the most alike first unless sorted.

    Without `other` it is the page of them all.
    """
    if other is None:
        return listing.page(rows, params)
    found = alike.differing(facts.model(at), other.pk)
    if params.get("sort"):
        return listing.page(rows.filter(pk__in=found), params)
    kept = set(rows.filter(pk__in=found).values_list("pk", flat=True))
    return listing.ranked(rows, [pk for pk in found if pk in kept], params)


def counts_url(roles: Iterable[Role]) -> str:
    """Return where the page asks how many people hold each of its `roles`."""
    return f"{reverse('roles:counts')}?{urlencode([('role', role.pk) for role in roles])}"


def beside(
    roles: Collection[Role], other: Role | None, names: Mapping[int, str], *, at: datetime
) -> dict[int, Beside]:  # fmt: skip
    """Return what to say beside each role: how it differs from `other`, else which one is nearly the same.

    `names` are those of the roles in use that the reader may see.
    """
    model = facts.model(at)
    if other is not None:
        return {role.pk: _apart(alike.likeness(model, role.pk, other.pk), role.pk, other) for role in roles}
    near = alike.duplicates(model)
    found = ((role.pk, near[role.pk]) for role in roles if role.pk in near)
    return {pk: _near(one, pk, names[one.role]) for pk, one in found if one.role in names}


def near(reader: Person, role: Role, *, at: datetime) -> Beside | None:
    """Return which role is nearly the same as `role`, if the reader may see it."""
    found = alike.duplicates(facts.model(at)).get(role.pk)
    if found is None:
        return None
    seen = gate.visible(reader, "role.view", Role.objects.filter(pk=found.role), at=at)
    return beside([role], None, dict(seen.values_list("pk", "name")), at=at).get(role.pk)


def _apart(found: Likeness, role: int, other: Role) -> Beside:
    words = {"more": found.more, "lacks": found.lacks, "shared": found.shared}
    return Beside(_("%(shared)d shared, %(more)d more, %(lacks)d missing") % words, _address(other.pk, role))


def _near(found: Likeness, role: int, name: str) -> Beside:
    if found.percent == 100:
        return Beside(_("Gives the same as %(role)s") % {"role": name}, _address(role, found.role))
    words = {"role": name, "percent": found.percent}
    return Beside(_("%(percent)d %% the same as %(role)s") % words, _address(role, found.role))


def _address(left: int, right: int) -> str:
    return f"{reverse('roles:compare')}?a=role-{left}&b=role-{right}"
