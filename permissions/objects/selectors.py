"""Reading grants on one resource: lists of them, and what ending one would take."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Person, Principal
from cxaccess.lib.clock import end_of_day, start_of_day
from cxaccess.lib.models import Source
from permissions import facts, gate, places, reaching
from permissions.grants import selectors as grants
from permissions.models import Action, Resource, ResourceType
from permissions.objects import rows, uses
from permissions.objects.rows import AnyGrant
from permissions.usage import selectors as usage

OF = {rows.PEOPLE: gettext_lazy("Of people"), rows.COLLECTIVES: gettext_lazy("Of teams and groups")}
CHUNK = 500


def table_of(text: str) -> str:
    """Return which of the two tables an address asks for; people's, if it says nothing that is known."""
    return text if text in OF else rows.PEOPLE


def visible(person: Person, of: str, action: str = "grant.view", *, at: datetime) -> QuerySet[Any]:
    """Return the grants of table `of` that `person` may see (or do `action` to), each with what a line shows of it."""
    return gate.visible(person, action, rows.table(of), at=at)


def of_view(reader: Person, found: QuerySet[Any], view: str, *, at: datetime) -> QuerySet[Any]:
    """Return `found` as a view keeps it; an unknown one, or one not for `reader`, counts as the first: in force."""
    if view == "unused" and usage.may_see(reader, at=at):
        return uses.unused(gate.visible(reader, usage.VIEW, found, at=at, as_type="usage"), at=at)
    return grants.of_window(found, view, at=at)


def narrowed(
    found: QuerySet[Any],
    of: str,
    *,
    q: str = "",
    type: ResourceType | None = None,  # noqa: A002 - its name in the address
    source: str = "",
    holder: Principal | None = None,
    thing: Resource | None = None,
    ends: date | None = None,
) -> QuerySet[Any]:
    """Return `found` as the filters ask. `ends`: a day of the reader's."""
    if q:
        named = Q(**{f"{rows.HOLDER[of]}__label__icontains": q}) | Q(content_object__name__icontains=q)
        found = found.filter(named | Q(permission__catalogue_action__key__icontains=q) | Q(reason__icontains=q))
    if type is not None:
        found = found.filter(content_object__type=type)
    if source:
        found = found.filter(source=source)
    if holder is not None:
        found = found.filter(**{rows.HOLDER[of]: holder})
    if thing is not None:
        found = found.filter(content_object=thing)
    if ends is not None:
        zone = timezone.get_current_timezone_name()
        found = found.filter(until__gt=start_of_day(ends, zone), until__lte=end_of_day(ends, zone))
    return found


def chips(wanted: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return the filters in force as (name, value, parameter)."""
    told = {
        "holder": (_("Holder"), lambda one: one.label),
        "thing": (_("On"), lambda one: one.name),
        "type": (_("Type"), lambda one: one.label),
        "source": (_("Source"), lambda one: str(Source(one).label)),
        "ends": (_("Ends"), lambda one: date_format(one, "j M Y")),
    }
    return [(name, say(wanted[key]), key) for key, (name, say) in told.items() if wanted.get(key)]


HEAD = (
    gettext_lazy("Grant"),
    gettext_lazy("Holder"),
    gettext_lazy("Kind"),
    gettext_lazy("Permission"),
    gettext_lazy("Resource"),
    gettext_lazy("Type"),
    gettext_lazy("System"),
    gettext_lazy("Id in the system"),
    gettext_lazy("From (UTC)"),
    gettext_lazy("Until (UTC)"),
    gettext_lazy("Source"),
    gettext_lazy("Given by"),
    gettext_lazy("Reason"),
    gettext_lazy("Ended by"),
    gettext_lazy("Last used (UTC)"),
)


def lines(reader: Person, found: QuerySet[Any], *, at: datetime) -> Iterator[tuple[Any, ...]]:
    """Yield a line of the CSV file for each grant, chunk by chunk; its use stays empty where it is not `reader`'s."""
    last = 0
    while chunk := list(found.filter(pk__gt=last).order_by("pk")[:CHUNK]):
        last = chunk[-1].pk
        seen = uses.seen(reader, chunk, at=at)
        for grant in chunk:
            yield _line(grant, (grant.last_used_at or _("never")) if grant.pk in seen else "")


def _line(grant: AnyGrant, used: datetime | str) -> tuple[Any, ...]:
    holder, thing = rows.principal_of(grant), grant.content_object
    return (
        rows.key(grant),
        holder.label,
        holder.get_kind_display(),
        grant.permission.catalogue_action.key,
        thing.name,
        thing.type.label,
        thing.system,
        thing.external_id,
        grant.starts_at,
        grant.until,
        grant.get_source_display(),
        grant.given_by.name if grant.given_by else "",
        grant.reason,
        grant.ended_by.name if grant.ended_by else "",
        used,
    )


@dataclass(frozen=True)
class Consequence:
    """What ending a grant takes: which permissions somebody loses, which all keep another way, how many people lose."""

    lost: tuple[Action, ...]
    kept: tuple[Action, ...]
    people: int


def consequence(grant: AnyGrant, *, at: datetime) -> Consequence:
    """Return what people lose on the thing when the grant ends at `at`, whichever way else they come to it."""
    model = facts.model(at)
    key, thing = grant.permission.catalogue_action.key, grant.content_object
    given = sorted(action for action, sources in model.implied_by.items() if key in sources)
    begun = grant.starts_at <= at
    reached = reaching.people_of(model, {rows.principal_of(grant).pk}, at) if begun else Person.objects.none()
    losers: dict[str, set[int]] = {}
    for action in given:
        asked = places.target(thing, at, as_type=action.partition(".")[0])
        still = gate.who_can(action, asked, at=at, without=rows.key(grant))
        losers[action] = set(reached.exclude(pk__in=still.values("pk")).values_list("pk", flat=True))
    actions = {action.key: action for action in Action.objects.filter(key__in=given).select_related("type")}
    lost = tuple(actions[action] for action in given if losers[action])
    kept = tuple(actions[action] for action in given if not losers[action])
    return Consequence(lost, kept if begun else (), len(set().union(*losers.values(), set())))
