"""Where a role is used: the roles that include it, and who was given it. What else comes to use roles adds its line."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Person, PrincipalKind
from permissions import facts, gate
from permissions.birthrights import rules as birthrights
from permissions.models import Role, RoleGrant
from permissions.roles.rules import including_roles


@dataclass(frozen=True, slots=True)
class Use:
    """One place where a role is used: in words, with more about it and the page that shows it."""

    icon: str
    text: str
    note: str
    url: str


def uses(reader: Person, role: Role, *, at: datetime) -> list[Use]:
    """Return every use of `role`, those that hold it fast first; none means that it can be retired."""
    return [use for source in SOURCES for use in source(reader, role, at)]


def _in_roles(reader: Person, role: Role, at: datetime) -> Iterator[Use]:
    """Yield the roles that include it, by name as far as `reader` may see them, and how many more there are."""
    direct = list(gate.visible(reader, "role.view", including_roles(role.pk), at=at))
    further = len(_including(role.pk, at) - {outer.pk for outer in direct})
    for outer in direct:
        text, note = _("Included in %(role)s"), _("Whoever holds that role has all of this one")
        yield Use("role", text % {"role": outer.name}, note, reverse("roles:detail", args=[outer.pk]))
    if further:
        text = ngettext("And by way of others in %(n)d role", "And by way of others in %(n)d roles", further)
        yield Use("role", text % {"n": further}, "", reverse("roles:includes", args=[role.pk]))


def _including(role: int, at: datetime) -> set[int]:
    """Return every role that includes `role`, however indirectly."""
    model = facts.model(at)
    found: set[int] = set()
    queue = [role]
    while queue:
        inner = queue.pop()
        outer = {one.id for one in model.roles.values() if inner in one.includes} - found
        found |= outer
        queue.extend(outer)
    return found - {role}


def _given(_reader: Person, role: Role, at: datetime) -> Iterator[Use]:
    """Yield who was given it, by kind; those whose grant has not begun are named apart."""
    rows = RoleGrant.objects.not_over(at).filter(role=role).values_list("principal__kind", "principal").order_by()
    begun = Counter(kind for kind, _principal in rows.filter(starts_at__lte=at).distinct())
    every = Counter(kind for kind, _principal in rows.distinct())
    for kind in PrincipalKind.values:
        if not every[kind]:
            continue
        later = every[kind] - begun[kind]
        note = ngettext("%(n)d of them begins later", "%(n)d of them begin later", later) % {"n": later}
        icon = "team" if kind == PrincipalKind.TEAM else "people"
        yield Use(icon, _kinds(kind, every[kind]), note if later else "", reverse("roles:holders", args=[role.pk]))


def _kinds(kind: str, n: int) -> str:
    words = {
        PrincipalKind.PERSON: ngettext("Given to %(n)d person", "Given to %(n)d people", n),
        PrincipalKind.TEAM: ngettext("Given to %(n)d team", "Given to %(n)d teams", n),
        PrincipalKind.GROUP: ngettext("Given to %(n)d group", "Given to %(n)d groups", n),
        PrincipalKind.INTEGRATION: ngettext("Given to %(n)d integration", "Given to %(n)d integrations", n),
    }
    return words[PrincipalKind(kind)] % {"n": n}


def _by_rules(reader: Person, role: Role, at: datetime) -> Iterator[Use]:
    """Yield the birthright rules in force that give it, as far as `reader` may see them."""
    for name in birthrights.naming(reader, "role", role.pk, at=at):
        text, note = _("Given by the rule %(rule)s"), _("Whoever it takes in has it as long as it does")
        yield Use("birthright", text % {"rule": name}, note, reverse("birthrights:list"))


Source = Callable[[Person, Role, datetime], Iterator[Use]]
SOURCES: tuple[Source, ...] = (_in_roles, _by_rules, _given)
