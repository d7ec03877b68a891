"""Writing birthright rules, putting them in force and retiring them. Every version is kept.

Authority: birthright.edit writes, which gives nothing; birthright.enforce puts in force and takes out of it. Whoever
puts a rule in force must be able to give each thing that it gives; a role within the person's own place, wherever that
may be.
"""

from collections.abc import Mapping, Sequence
from copy import copy
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.groups import doors as reading
from accounts.models import Person
from audits.trail.record import record
from audits.trail.tags import Tag
from cxaccess.lib.conditions import Condition, InvalidCondition, read, write
from cxaccess.lib.errors import Refused
from cxaccess.lib.reasons import stated
from permissions import giving
from permissions.birthrights import checks, doors, gifts, rules
from permissions.birthrights.gifts import Gift
from permissions.birthrights.recompute import Outcome, recompute
from permissions.birthrights.rules import GRANTS, MEMBERSHIPS, Standing
from permissions.guards import locked, require, use_case
from permissions.models import Birthright, BirthrightState, BirthrightVersion

VIEW, EDIT, ENFORCE = "birthright.view", "birthright.edit", "birthright.enforce"


@use_case
def create_birthright(
    actor: Person,
    *,
    name: str,
    purpose: str,
    owner: Person | None,
    condition: Condition,
    gives: Sequence[Gift],
    note: str = "",
    at: datetime,
) -> Birthright:
    """Write a rule as a draft: version 1, in force nowhere. Raises NotAllowed, NotVisible, Refused."""
    require(actor, EDIT, at=at)
    checks.require_named(name, purpose)
    checks.require_owner(owner)
    checks.require_answerable(condition, rules.known(), at)
    row = Birthright.objects.create(name=name.strip(), purpose=purpose.strip(), owner=owner, created_at=at)
    version = _write(row, condition, gifts.checked(gives), actor, note, at)
    record(Tag.BIRTHRIGHT_CREATED, actor=actor, at=at, obj=row, details=_told(version))
    return row


@use_case
def save_version(
    actor: Person,
    *,
    birthright: Birthright,
    row_version: int,
    condition: Condition,
    gives: Sequence[Gift],
    note: str,
    at: datetime,
    restores: int | None = None,
) -> BirthrightVersion:
    """Give a rule its next version, as a draft: what is in force stays in force until this one is put there.

    `restores` is the number of an earlier version that it brings back; the trail tells it where that is what it does.
    Raises NotAllowed, NotVisible, Refused, Stale.
    """
    row = _opened(actor, birthright, row_version, EDIT, at)
    checks.require_usable(row)
    last = checks.current(row)
    checks.require_answerable(condition, rules.known(), at)
    wanted = gifts.checked(gives, kept=checks.gifts_of(last))
    if (last.condition, last.gives) == (write(condition), gifts.write(wanted)):
        raise Refused(_("Nothing is different from the current version, so no new one was made."))
    version = _write(row, condition, wanted, actor, note, at)
    earlier = row.versions.filter(number=restores).first() if restores else None
    back = earlier is not None and (earlier.condition, earlier.gives) == (version.condition, version.gives)
    record(
        Tag.BIRTHRIGHT_VERSIONED, actor=actor, at=at, obj=row,
        details=_told(version) | ({"restores": restores} if back else {}),
    )  # fmt: skip
    return version


@use_case
def edit_birthright(
    actor: Person, *, birthright: Birthright, row_version: int, changes: Mapping[str, Any], at: datetime
) -> Birthright:  # fmt: skip
    """Change a rule's name, purpose or owner. Raises NotAllowed, NotVisible, Refused, Stale."""
    row = _opened(actor, birthright, row_version, EDIT, at)
    before = copy(row)
    for name, value in changes.items():
        if name not in checks.EDITABLE:
            raise Refused(_("A rule has no “%(name)s” to edit.") % {"name": name}, field=name)
        setattr(row, name, value.strip() if isinstance(value, str) else value)
    checks.require_named(row.name, row.purpose, but=row.pk)
    if row.owner_id != before.owner_id:
        checks.require_owner(row.owner)
    _save(row, *checks.EDITABLE)
    record(Tag.BIRTHRIGHT_EDITED, actor=actor, at=at, obj=row, before=before)
    return row


@use_case
def enforce_birthright(
    actor: Person, *, birthright: Birthright, row_version: int, reason: str, at: datetime
) -> Outcome:  # fmt: skip
    """Put the current version in force, in the place of the one before: people have what it gives from now on.

    Raises NotAllowed, NotVisible, Refused, Stale.
    """
    giving.lock_administration()
    row = _opened(actor, birthright, row_version, ENFORCE, at)
    checks.require_usable(row)
    why, version, state = stated(reason), checks.current(row), checks.in_force(row)
    if state is not None and state.version_id == version.pk:
        raise Refused(_("This version of %(rule)s is in force already. Nothing was changed.") % {"rule": row.name})
    wanted = gifts.checked(checks.gifts_of(version))
    giving.hold(doors.principals_of(wanted, at=at), at=at)
    for gift in wanted:
        doors.require_gift(actor, gift, gift.scope(), at=at)
    standing = rules.of(row, version, _readable(version, at))
    _end(state, actor, "", at)
    BirthrightState.objects.create(birthright=row, version=version, starts_at=at, begun_by=actor, reason=why)
    _save(row)
    outcome = _follow(actor, standing, state, at)
    told = _told(version) | _counted(outcome) | {"reason": why}
    told |= {"instead_of": [state.version.number] if state is not None else []}
    record(Tag.BIRTHRIGHT_ENFORCED, actor=actor, at=at, obj=row, details=told)
    return outcome


@use_case
def retire_birthright(
    actor: Person, *, birthright: Birthright, row_version: int, reason: str, at: datetime
) -> Outcome:  # fmt: skip
    """Take a rule out of use, and back what it gave; nothing that others gave. Raises as `enforce_birthright` does."""
    giving.lock_administration()
    state = checks.in_force(birthright)
    row = _opened(actor, birthright, row_version, ENFORCE if state is not None else EDIT, at)
    checks.require_usable(row)
    why, before = stated(reason), copy(row)
    _end(state, actor, why, at)
    row.retired_at = at
    _save(row, "retired_at")
    outcome = _follow(actor, Standing(row, None), state, at)
    record(
        Tag.BIRTHRIGHT_RETIRED, actor=actor, at=at, obj=row, before=before, details=_counted(outcome) | {"reason": why}
    )
    return outcome


@use_case
def reopen_birthright(actor: Person, *, birthright: Birthright, row_version: int, at: datetime) -> Birthright:
    """Bring a retired rule back as a draft. Raises NotAllowed, NotVisible, Refused, Stale."""
    row = _opened(actor, birthright, row_version, EDIT, at)
    if row.retired_at is None:
        raise Refused(_("%(rule)s is in use already. Nothing was changed.") % {"rule": row.name})
    before, row.retired_at = copy(row), None
    _save(row, "retired_at")
    record(Tag.BIRTHRIGHT_REOPENED, actor=actor, at=at, obj=row, before=before)
    return row


def _follow(actor: Person, standing: Standing, state: BirthrightState | None, at: datetime) -> Outcome:
    """Give and take back what the rule says now, with what other rules and policies make of it."""
    before = checks.gifts_of(state.version) if state is not None else ()
    teams = any(gift.kind == gifts.TEAM for gift in (*standing.gifts, *before))
    concerned = _concerned(standing, at)
    watch = reading.watch(actor, {"subject.teams"} if teams else frozenset(), at=at, people=concerned)
    outcome = recompute([standing], at=at)[0]
    watch.settle(concerned)
    if outcome.ended:
        giving.require_administrator(at=at)
    return outcome


def _concerned(standing: Standing, at: datetime) -> QuerySet[Person]:
    """Return whom the rule takes in or has given something."""
    found = Q(pk__in=rules.given(standing.birthright, MEMBERSHIPS, at).values("person"))
    found |= Q(principal__in=rules.given(standing.birthright, GRANTS, at).values("principal"))
    for batch in rules.batches(standing.rule, at):
        found |= Q(pk__in=batch.people.values("pk"))
    # By their ids, for what the rule has given is about to be something else.
    return Person.objects.filter(pk__in=list(Person.objects.filter(found).values_list("pk", flat=True)))


def _readable(version: BirthrightVersion, at: datetime) -> Any:
    """Return the schema under which the version's condition is read. Raises Refused where it no longer can be."""
    known = rules.known()
    try:
        checks.require_answerable(read(version.condition, known), known, at)
    except InvalidCondition as error:
        raise Refused(_("The condition can no longer be read: %(why)s") % {"why": str(error)}) from error
    return known


def _opened(actor: Person, birthright: Birthright, row_version: int, action: str, at: datetime) -> Birthright:
    row = locked(Birthright.objects.select_related("current", "owner"), birthright.pk)
    require(actor, action, row, at=at)
    checks.require_fresh(row, row_version)
    return row


def _write(
    row: Birthright, condition: Condition, wanted: Sequence[Gift], actor: Person, note: str, at: datetime
) -> BirthrightVersion:  # fmt: skip
    """Write the next version and make it the current one; never dated before the one it follows."""
    last = row.current
    version = BirthrightVersion.objects.create(
        birthright=row, number=last.number + 1 if last else 1, condition=write(condition), gives=gifts.write(wanted),
        made_by=actor, note=note.strip()[:500], at=max(at, last.at) if last else at,
    )  # fmt: skip
    row.current = version
    row.row_version += 1 if last else 0
    row.save(update_fields=["current", "row_version"])
    return version


def _end(state: BirthrightState | None, actor: Person, why: str, at: datetime) -> None:
    if state is not None:
        state.until, state.ended_by, state.end_reason = max(at, state.starts_at), actor, why
        state.save(update_fields=["until", "ended_by", "end_reason"])


def _save(row: Birthright, *columns: str) -> None:
    row.row_version += 1
    row.save(update_fields=[*columns, "row_version"])


def _told(version: BirthrightVersion) -> dict[str, Any]:
    return {"version": version.number, "note": version.note, "rule": version.condition, "gives": version.gives}


def _counted(outcome: Outcome) -> dict[str, Any]:
    return {"given": sum(outcome.opened.values()), "taken_back": outcome.ended}
