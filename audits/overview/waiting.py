"""What waits for the reader, what the teams they lead need, and what they answer for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Max, OuterRef, QuerySet, Subquery
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.integrations.listing import ENDING
from accounts.models import Person, Team
from audits.overview.counting import Counted
from audits.overview.desk import Concern
from cxaccess.lib import statements
from permissions import gate
from permissions.models import Resource, UsageLast

OWNED = 5  # resources that somebody owns which are named


@dataclass(frozen=True, slots=True)
class Owned:
    """What somebody answers for: the resources used longest ago first, and where lists of the rest are."""

    resources: Sequence[Resource]
    more: int
    links: Sequence[Concern]

    def __bool__(self) -> bool:
        """Return whether they answer for anything."""
        return bool(self.resources or self.links)


def waiting(reader: Person, found: Counted, led: Sequence[Team], *, at: datetime) -> list[Concern]:
    """Return what waits for the reader; each line leads to the list of it."""
    rows = []
    imports = found.some("imports")
    if imports:
        text = ngettext(
            "%(n)s import is checked and waits for you", "%(n)s imports are checked and wait for you", imports.value
        )
        url = reverse("imports:list")
        rows.append(Concern(text % {"n": imports}, imports, _("Nothing of it is applied yet"), "accent", "import", url))
    tokens = found.some("tokens run out")
    if tokens:
        text = ngettext(
            "%(n)s integration of yours has a token that runs out within 14 days",
            "%(n)s integrations of yours have a token that runs out within 14 days",
            tokens.value,
        )
        url = f"{reverse('integrations:list')}?view={ENDING}&owner=me" if _sees_all(reader, at) else ""
        note = _("Have it rotated in time: from then on it is answered nothing")
        rows.append(Concern(text % {"n": tokens}, tokens, note, "warn", "integration", url))
    for number, team in enumerate(led):
        rows += _of_team(found, team, number)
    return rows


def _sees_all(reader: Person, at: datetime) -> bool:
    """Return whether the reader sees every integration, so that the list behind a count has all of it."""
    return gate.may(reader, "integration.view", at=at)


def _of_team(found: Counted, team: Team, number: int) -> list[Concern]:
    grants, rows = reverse("grants:list"), []
    soon, unused = found.some(f"soon:{number}"), found.some(f"unused:{number}")
    if soon:
        text = ngettext(
            "%(n)s grant in %(team)s ends within 14 days", "%(n)s grants in %(team)s end within 14 days", soon.value
        )
        told = {"n": soon, "team": team.name}
        url = f"{grants}?view=soon&team={team.pk}"
        rows.append(Concern(text % told, soon, _("Ask who still needs them"), "warn", "clock", url))
    if unused and found.some("counted"):
        text = ngettext(
            "%(n)s grant in %(team)s was not used for 90 days", "%(n)s grants in %(team)s were not used for 90 days",
            unused.value,
        )  # fmt: skip
        told = {"n": unused, "team": team.name}
        url = f"{grants}?view=unused&team={team.pk}"
        rows.append(Concern(text % told, unused, _("Access that nobody would miss"), "warn", "grant", url))
    return rows


def owned(reader: Person, found: Counted, *, at: datetime) -> Owned:
    """Return what the reader answers for."""
    count, links = found["owned resources"], []
    unused, roles = found.some("unused resources"), found.some("owned roles")
    if unused and found.some("counted"):
        text = ngettext(
            "%(n)s resource was not used for 90 days", "%(n)s resources were not used for 90 days", unused.value
        )
        url = f"{reverse('resources:list')}?owner=me&use=none"
        links.append(Concern(text % {"n": unused}, unused, _("Of those you own"), "warn", "resource", url))
    if roles:
        text = ngettext("You own %(n)s role", "You own %(n)s roles", roles.value)
        url = f"{reverse('roles:list')}?owner={reader.pk}" if gate.may_somewhere(reader, "role.view", at=at) else ""
        links.append(Concern(text % {"n": roles}, roles, _("You answer for what they allow"), "", "role", url))
    shown = statements.rows("owned", _resources, owner=reader.pk) if count.value else []
    return Owned(shown, count.value - len(shown), links)


def _resources(*, owner: int) -> QuerySet[Resource]:
    """Return some resources that somebody owns, each with when it was last used, longest ago first."""
    mine = Resource.objects.filter(owner=owner, object_kind=None, archived_at=None).select_related("type")
    last = UsageLast.objects.filter(resource=OuterRef("pk")).order_by().values("resource")
    used = Subquery(last.annotate(at=Max("last_at")).values("at"))
    return mine.annotate(used_at=used).order_by(F("used_at").asc(nulls_first=True), "name", "pk")[:OWNED]
