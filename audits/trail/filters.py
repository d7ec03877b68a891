"""Which events a filter keeps. Each condition has an index that serves it, so a million rows stay quick."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, Q, QuerySet
from django.utils import timezone

from accounts.models import Person, Team
from audits.models import Event
from audits.trail.names import KINDS
from audits.trail.sentences import AREAS
from audits.trail.tags import Tag
from cxaccess.lib.clock import end_of_day, start_of_day
from permissions.models import Role, RoleGrant

MATCHES = 200  # a text that names more people than this is too vague to follow all of them


def filtered(rows: QuerySet[Event], wanted: Mapping[str, Any]) -> QuerySet[Event]:
    """Return `rows` narrowed by each of `wanted`, as `forms.Filters` cleans them."""
    for name, value in wanted.items():
        rows = rows.filter(_CONDITIONS[name](value))
    return rows


def people(text: str) -> list[int]:
    """Return the ids of the people that `text` means: an id, or part of a name or mail address."""
    if text.isascii() and text.isdigit() and len(text) <= 18:
        return [int(text)]
    named = Person.objects.filter(Q(name__icontains=text) | Q(email__icontains=text))
    return list(named.values_list("pk", flat=True)[:MATCHES])


def _search(text: str) -> Q:
    folded = text.casefold()
    tags = [tag.value for tag in Tag if folded in str(tag.label).casefold() or folded == tag.value]
    found = Q(tag__in=tags)
    ids = people(text)
    if text.isdigit():
        return found | Q(pk=ids[0]) if ids else found
    return found | Q(actor__in=ids) | Q(about_person_id__in=ids) | _things(text)


def _things(text: str) -> Q:
    roles = list(Role.objects.filter(name__icontains=text).values_list("pk", flat=True)[:MATCHES])
    teams = list(Team.objects.filter(principal__label__icontains=text).values_list("pk", flat=True)[:MATCHES])
    grants = RoleGrant.objects.filter(role__in=roles).values("pk")
    return _objects(Role, roles) | _objects(Team, teams) | (_objects(RoleGrant, grants) if roles else Q())


def _objects(model: type[Model], ids: Any) -> Q:
    return Q(content_type=ContentType.objects.get_for_model(model), object_id__in=ids)


def _kind(value: str) -> Q:
    if value in AREAS:
        return Q(tag__in=[tag.value for tag in Tag if tag.value.partition(".")[0] == value])
    return Q(tag=value)


def _on(value: str) -> Q:
    kind, _colon, pk = value.partition(":")
    model = next((model for model, name in KINDS.items() if name == kind), None)
    return _objects(model, [int(pk)]) if model is not None else Q(pk__in=[])


def _since(day: date) -> Q:
    return Q(timestamp__gte=start_of_day(day, timezone.get_current_timezone_name()))


def _upto(day: date) -> Q:
    return Q(timestamp__lt=end_of_day(day, timezone.get_current_timezone_name()))


_CONDITIONS: dict[str, Callable[[Any], Q]] = {
    "q": _search,
    "kind": _kind,
    "by": lambda text: Q(actor__in=people(text)),
    "about": lambda text: Q(about_person_id__in=people(text)),
    "since": _since,
    "upto": _upto,
    "cid": lambda text: Q(cid=text.strip()),
    "refused": lambda _yes: Q(tag__in=(Tag.ACCESS_REFUSED, Tag.API_REFUSED)),
    "on": _on,
}
