"""Use cases on many resources at once: all of them or none, an event for each, and a way back."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from django.core import signing
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.history import note_attributes
from accounts.models import Person, PersonState
from audits.trail.record import Entry, record_many
from audits.trail.tags import Tag
from cxaccess.lib.errors import Refused, Stale
from cxaccess.lib.reasons import stated
from permissions.guards import passing, require_somewhere, use_case
from permissions.models import Resource
from permissions.objects import owners
from permissions.policies.doors import opened_on
from permissions.resources import returning, rules
from permissions.resources.opening import ARCHIVE, EDIT, TYPE
from permissions.resources.services import bring_back, put_away

MOST = 200  # at once; more are an import
SALT = "resources.undo"
UNDOABLE = timedelta(hours=1)
ARCHIVED, OWNED = "archived", "owned"


@use_case
def archive_many(actor: Person, *, ids: Collection[int], reason: str, at: datetime) -> list[Resource]:
    """Take resources out of use; those that are archived already stay so. Raises Refused, NotAllowed."""
    rows = [row for row in _locked(actor, ids, ARCHIVE, at) if row.archived_at is None]
    why = {"reason": stated(reason)}
    put_away(rows, at=at)
    record_many(Entry(Tag.RESOURCE_ARCHIVED, actor, at, row, details=why) for row in rows)
    return rows


@use_case
def change_owner(
    actor: Person, *, ids: Collection[int], owner: Person | None, at: datetime
) -> dict[Resource, int | None]:
    """Give resources another owner, or none. Returns the changed ones with the id of whom they had."""
    rows = _locked(actor, ids, EDIT, at)
    _require_standing(rows)
    rules.require_owner(actor, owner, at=at)
    wanted = owner.pk if owner else None
    before = {row: row.owner_id for row in rows if row.owner_id != wanted}
    _write_owners(actor, dict.fromkeys(before, wanted), at)
    return before


@use_case
def undo(actor: Person, *, token: str, at: datetime) -> int:
    """Take back what `archive_many` or `change_owner` did, where it still stands. Returns how many that were.

    Raises Refused for a token that is too old or nobody's, NotAllowed.
    """
    kind, said = _read(token)
    rows = _locked(actor, [int(pk) for pk in said], ARCHIVE if kind == ARCHIVED else EDIT, at)
    if kind == ARCHIVED:
        back = [row for row in rows if row.archived_at is not None]
        returning.require_return(actor, back, at=at)
        bring_back(back, at=at)
        record_many(Entry(Tag.RESOURCE_REOPENED, actor, at, row) for row in back)
        return len(back)
    still = {row: said[str(row.pk)] for row in rows if row.owner_id == said[str(row.pk)][1] and row.archived_at is None}
    known = set(Person.objects.filter(pk__in=[was for was, _now in still.values()]).exclude(state=PersonState.LEFT)
                .values_list("pk", flat=True))  # fmt: skip
    _write_owners(actor, {row: was for row, (was, _now) in still.items() if was is None or was in known}, at)
    return len(still)


def undo_archive_token(rows: Sequence[Resource]) -> str:
    """Return what `undo` needs to take back the archiving of `rows`."""
    return _token(ARCHIVED, {str(row.pk): None for row in rows})


def undo_owner_token(before: Mapping[Resource, int | None], owner: Person | None) -> str:
    """Return what `undo` needs to give the resources back to whom they had."""
    return _token(OWNED, {str(row.pk): [was, owner.pk if owner else None] for row, was in before.items()})


def _token(kind: str, said: Mapping[str, object]) -> str:
    return signing.dumps([kind, said], salt=SALT, compress=True)


def _read(token: str) -> tuple[str, dict[str, list[int | None]]]:
    try:
        kind, said = signing.loads(token, salt=SALT, max_age=UNDOABLE)
    except signing.BadSignature as error:
        raise Refused(_("It is too late to undo this. Change it back by hand.")) from error
    return str(kind), said


def _locked(actor: Person, ids: Collection[int], action: str, at: datetime) -> list[Resource]:
    """Return the platform's resources with these ids, locked, on all of which the actor may do `action`."""
    require_somewhere(actor, action, at=at)
    wanted = set(ids)
    if not wanted:
        raise Refused(_("Choose at least one resource."))
    if len(wanted) > MOST:
        raise Refused(_("Choose no more than %(n)d at once.") % {"n": MOST})
    rows = Resource.objects.filter(pk__in=wanted, object_kind=None).select_related("type")
    held = passing(actor, action, rows, at=at, as_type=TYPE)
    found = list(held.select_for_update(of=("self",), no_key=True).order_by("pk"))
    missing = len(wanted) - len(found)
    if missing:
        said = ngettext(
            "You may not do this to %(n)d of them. Nothing was changed.",
            "You may not do this to %(n)d of them. Nothing was changed.",
            missing,
        )
        raise Refused(said % {"n": missing})
    return found


def _require_standing(rows: Collection[Resource]) -> None:
    archived = [row.name for row in rows if row.archived_at is not None]
    if archived:
        raise Stale(_("%(name)s is archived. Reopen it first.") % {"name": archived[0]})


def _write_owners(actor: Person, wanted: Mapping[Resource, int | None], at: datetime) -> None:
    entries, door = [], opened_on(actor, list(wanted), at=at)
    note_attributes(
        "resource", "owner", [(row.pk, row.owner_id, owner, row.created_at) for row, owner in wanted.items()], since=at
    )
    for row, owner in wanted.items():
        entries.append(Entry(Tag.RESOURCE_EDITED, actor, at, row, changes={"owner": (row.owner_id, owner)}))
        row.owner_id = owner
        row.row_version += 1
    Resource.objects.bulk_update(list(wanted), ["owner", "row_version"], batch_size=MOST)
    door.settle(list(wanted))
    owners.require_owners(actor, wanted, at=at)
    record_many(entries)
    owners.follow(actor, list(wanted), at=at)
