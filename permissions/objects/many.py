"""Giving many permissions on many resources at once: imports, and whoever else writes sets."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from accounts.models import Person, Principal
from audits.trail.record import Entry, record_many
from audits.trail.tags import Tag
from cxaccess.jobs import stamps
from cxaccess.lib import windows
from cxaccess.lib.errors import Refused
from cxaccess.lib.models import Source
from cxaccess.lib.reasons import stated
from permissions import giving
from permissions.grants.rules import require_taker
from permissions.guards import use_case
from permissions.models import Action, Resource
from permissions.objects import rows
from permissions.objects.rows import AnyGrant
from permissions.objects.services import require_fitting

CHUNK = 2_000
Window = tuple[datetime, datetime | None]
Same = tuple[int, int, int]


class Wanted(NamedTuple):
    """One grant of a set: ids of holder (a principal) and resource, the permission's key, the window as stated."""

    principal: int
    action: str
    resource: int
    starts_at: datetime | None = None
    until: datetime | None = None


class Given(NamedTuple):
    """How many were given, and how many stood already."""

    given: int
    standing: int


@use_case
def give_many(
    actor: Person,
    *,
    wanted: Iterable[Wanted],
    reason: str,
    at: datetime,
    source: str = Source.IMPORT,
    source_ref: str = "",
) -> Given:
    """Give all of `wanted` but for those that stand already, or nothing: the authority for all is asked in one go.

    The number of statements grows with the chunks, not with the rows; each grant is an event of its own.
    Raises NotAllowed, NotVisible, Refused.
    """
    asked = sorted(dict.fromkeys(wanted), key=lambda one: one.principal)  # so that a chunk reads few holders
    why = stated(reason)
    pairs = frozenset((one.action, one.resource) for one in asked)
    named = {one.principal for one in asked}
    takers = giving.hold_takers(named, gains=giving.Gains(objects=pairs), at=at)
    _require_there(takers, named)
    things = _locked(Resource.objects.select_related("type"), {one.resource for one in asked})
    giving.require_give_all(actor, gains=giving.Gains(objects=pairs), at=at)
    actions = Action.objects.in_bulk({action for action, _resource in pairs}, field_name="key")
    for action, resource in sorted(pairs):
        require_fitting(actions[action], things[resource])
    for taker in takers.values():
        require_taker(taker)
    columns = {"given_by": actor, "given_at": at, "reason": why, "source": source, "source_ref": source_ref}
    fresh = 0
    for letter in rows.MODELS:
        of_table = [one for one in asked if rows.letter_of(takers[one.principal]) == letter]
        for chunk in _chunks(of_table):
            built = list(_fresh(letter, chunk, takers, things, actions, columns))
            _write(letter, built, actor, at)
            fresh += len(built)
    stamps.bump(*takers)
    return Given(fresh, len(asked) - fresh)


def _chunks(found: list[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(found), CHUNK):
        yield found[start : start + CHUNK]


def _locked(found: Any, ids: Collection[int]) -> dict[int, Any]:
    """Return {id: row}, each locked until the transaction ends, always in the same order. Raises Refused."""
    held: dict[int, Any] = {}
    for chunk in _chunks(sorted(ids)):
        ordered = found.filter(pk__in=chunk).order_by("pk")
        held |= {row.pk: row for row in ordered.select_for_update(of=("self",), no_key=True)}
    _require_there(held, ids)
    return held


def _require_there(found: Collection[int], ids: Collection[int]) -> None:
    if len(found) != len(ids):
        raise Refused(_("Some of what this names is not there any more. Nothing was changed."))


def _fresh(
    letter: str,
    chunk: list[Wanted],
    takers: dict[int, Principal],
    things: dict[int, Resource],
    actions: dict[str, Action],
    columns: dict[str, Any],
) -> Iterator[tuple[AnyGrant, Wanted]]:
    """Yield the unsaved rows of `chunk` that do not meet one of the same that stands, or one of the set itself."""
    standing = _standing(letter, [takers[one.principal] for one in chunk], columns["given_at"])
    for one in chunk:
        taker, action = takers[one.principal], actions[one.action]
        window = windows.settle(one.starts_at, one.until, at=columns["given_at"])
        same = standing[taker.pk, action.auth_permission_id or 0, one.resource]
        if any(_meet(window.starts_at, window.until, other) for other in same):
            continue
        same.append((window.starts_at, window.until))
        row = rows.build(
            taker, action, things[one.resource], starts_at=window.starts_at, until=window.until,
            stated_from=window.stated_from, stated_until=window.until, **columns,
        )  # fmt: skip
        yield row, one


def _standing(letter: str, takers: Collection[Principal], at: datetime) -> dict[Same, list[Window]]:
    """Return the windows, not over, of what `takers` have, by holder, permission and resource."""
    holder = rows.HOLDER[letter]
    found = rows.MODELS[letter].objects.not_over(at).filter(**{f"{holder}__in": {taker.pk for taker in takers}})
    standing: dict[Same, list[Window]] = defaultdict(list)
    read = found.values_list(holder, "permission_id", "content_object_id", "starts_at", "until")
    for principal, permission, resource, starts_at, until in read.iterator(CHUNK):
        if until != starts_at:
            standing[principal, permission, resource].append((starts_at, until))
    return standing


def _meet(starts_at: datetime, until: datetime | None, other: Window) -> bool:
    """Return whether two windows have a moment in common."""
    return (other[1] is None or other[1] > starts_at) and (until is None or other[0] < until)


def _write(letter: str, built: list[tuple[AnyGrant, Wanted]], actor: Person, at: datetime) -> None:
    rows.MODELS[letter].objects.bulk_create([row for row, _wanted in built])
    record_many(
        Entry(
            Tag.OBJECT_GRANT_GIVEN, actor, at, (Resource, one.resource), rows.person_of(row), None,
            rows.told(row, principal=one.principal, action=one.action),
        )
        for row, one in built
    )  # fmt: skip
