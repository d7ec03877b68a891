"""Writing people of an import: whole chunks at a time, each with its events, its history and its stamp."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django.contrib.auth.hashers import make_password
from django.utils.translation import gettext as _

from accounts.history import note_attributes, note_custom
from accounts.models import Identity, Person, PersonDimension, Principal
from audits.trail.record import Entry, record_many
from audits.trail.tags import Tag
from cxaccess.jobs import settings as instance
from cxaccess.jobs import stamps
from cxaccess.jobs.imports import Staged, staged
from cxaccess.jobs.models import Verdict
from cxaccess.lib.models import Source
from permissions.imports.kinds.base import Desk, Judged, Outdated, chunked

DATES = frozenset({"employed_from", "employed_until"})
# What decisions about the past read, beside the custom attributes.
NOTED = (
    "state", "region_id", "department_id", "title", "clearance", "manager_id", "employed_from", "employed_until"
)  # fmt: skip
PERSONAL = frozenset({"name", "email"})


def write(desk: Desk, rows: Sequence[Staged]) -> None:
    """Add and change the people of `rows`."""
    new = [row for row in rows if row.verdict == Verdict.CREATE]
    old = [row for row in rows if row.verdict == Verdict.CHANGE]
    people = _add(desk, new)
    people |= _change(desk, old)
    _link(desk, people, rows)
    _place(desk, people, rows)


def _values(changes: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: date.fromisoformat(value) if name in DATES and value else value for name, value in changes.items()
    }  # fmt: skip


def _add(desk: Desk, rows: Sequence[Staged]) -> dict[int, Person]:
    """Return {line: the person added}."""
    zone = desk.once("zone", lambda: instance.get(instance.TIME_ZONE))
    principals = Principal.objects.bulk_create(Principal(kind="person", label=row.plan["set"]["name"]) for row in rows)
    unusable = make_password(None)
    people = [
        Person(
            principal=principal,
            created_at=desk.at,
            password=unusable,
            **{"time_zone": zone, "language": "en", **_values(row.plan["set"])},
        )
        for principal, row in zip(principals, rows, strict=True)
    ]
    Person.objects.bulk_create(people)
    record_many(
        Entry(Tag.PERSON_CREATED, desk.actor, desk.at, person, person, details={"import": desk.batch.pk})
        for person in people
    )
    return {row.line: person for row, person in zip(rows, people, strict=True)}


def _change(desk: Desk, rows: Sequence[Staged]) -> dict[int, Person]:
    """Return {line: the person changed}. Raises Outdated for who was changed since."""
    if not rows:
        return {}
    by_id = {one.pk: one for one in Person.objects.filter(pk__in=[row.plan["id"] for row in rows])}
    found = {row.line: by_id[row.plan["id"]] for row in rows}
    _require_versions(rows, found)
    _note(desk, rows, by_id)
    for row in rows:
        _set(found[row.line], row.plan["set"])
    fields = sorted({name.removesuffix("_id") for row in rows for name in row.plan["set"]} | {"row_version"})
    Person.objects.bulk_update(found.values(), fields, batch_size=200)
    _rename(rows, found)
    stamps.bump(*(person.principal_id for person in found.values()))
    told = [row for row in rows if row.plan["set"] or row.plan["dims"]]
    record_many(_edited(desk, found[row.line], row.plan["was"], row.plan["set"]) for row in told)
    return found


def _require_versions(rows: Sequence[Staged], found: Mapping[int, Person]) -> None:
    late = [row.line for row in rows if found[row.line].row_version != row.plan["version"]]
    if late:
        raise Outdated(late)


def _note(desk: Desk, rows: Sequence[Staged], people: Mapping[int, Person]) -> None:
    """Write what decisions about the past will read."""
    for name in NOTED:
        changed = [
            (row.plan["id"], row.plan["was"][name], row.plan["set"][name], people[row.plan["id"]].created_at)
            for row in rows
            if name in row.plan["set"]
        ]
        note_attributes("person", name.removesuffix("_id"), changed, since=desk.at)
    born = {pk: person.created_at for pk, person in people.items()}
    note_custom("person", [(row.plan["id"], row.plan) for row in rows], born, since=desk.at)


def _set(person: Person, changes: Mapping[str, Any]) -> None:
    for name, value in _values(changes).items():
        setattr(person, name, value)
    person.row_version += 1


def _rename(rows: Iterable[Staged], found: Mapping[int, Person]) -> None:
    renamed = [found[row.line] for row in rows if "name" in row.plan["set"]]
    labels = [Principal(pk=person.principal_id, label=person.name) for person in renamed]
    if labels:
        Principal.objects.bulk_update(labels, ["label"], batch_size=200)


def _edited(desk: Desk, person: Person, was: Mapping[str, Any], new: Mapping[str, Any]) -> Entry:
    told = {name: ("", "changed") if name in PERSONAL else (was[name], new[name]) for name in new}
    changes = {name.removesuffix("_id"): pair for name, pair in told.items()}
    return Entry(
        Tag.PERSON_EDITED, desk.actor, desk.at, person, person, changes=changes, details={"import": desk.batch.pk}
    )  # fmt: skip


def _link(desk: Desk, people: Mapping[int, Person], rows: Sequence[Staged]) -> None:
    """Keep how the file's system names the people, and who said so: its rights will go to them."""
    linked = [row for row in rows if row.plan["id_of"]]
    Identity.objects.bulk_create(
        Identity(
            person=people[row.line],
            system=row.plan["id_of"][0],
            external_id=row.plan["id_of"][1],
            linked_at=desk.at,
            linked_by=desk.actor,
        )
        for row in linked
    )
    details = {"import": desk.batch.pk}
    record_many(
        Entry(
            Tag.IDENTITY_LINKED, desk.actor, desk.at, people[row.line], people[row.line],
            details=details | {"system": row.plan["id_of"][0]},
        )
        for row in linked
        if row.verdict == Verdict.CHANGE
    )  # fmt: skip


def _place(desk: Desk, people: Mapping[int, Person], rows: Sequence[Staged]) -> None:
    """Let people answer for the places that their rows list, and for no others of that kind."""
    ending = [pk for row in rows for pk in row.plan["dims"].get("end", ())]
    for part in chunked(ending):
        PersonDimension.objects.filter(pk__in=part).not_over(desk.at).update(
            until=desk.at, ended_by=desk.actor, end_reason=_("Not in the imported file")
        )
    added = [(people[row.line], node) for row in rows for node in row.plan["dims"].get("add", ())]
    PersonDimension.objects.bulk_create(
        PersonDimension(
            person=person,
            node_id=node,
            starts_at=desk.at,
            source=Source.IMPORT,
            source_ref=desk.source_ref,
            given_by=desk.actor,
        )
        for person, node in added
    )
    moved = {people[row.line].principal_id for row in rows if row.plan["dims"]}
    if moved:
        stamps.bump(*moved)


def set_managers(desk: Desk) -> None:
    """Give people the managers who came with the same file. Raises Outdated where they form a circle."""
    touched: set[int] = set()
    for chunk in staged(desk.batch, [Verdict.CREATE, Verdict.CHANGE], 1000):
        waiting = [row for row in chunk if "manager" in row.plan]
        touched |= _set_managers(desk, waiting) if waiting else set()
    changed = desk.batch.rows.filter(verdict=Verdict.CHANGE, plan__set__manager_id__isnull=False)
    touched |= set(changed.values_list("plan__id", flat=True))
    if touched and _circle(dict(Person.objects.values_list("pk", "manager_id")), touched):
        raise Outdated


def _set_managers(desk: Desk, rows: Sequence[Staged]) -> set[int]:
    """Return the ids of whom it gave a manager. Of those who were here before that is a change, on record as one."""
    from permissions.imports.kinds.people_known import by_mail

    mails = {row.key.removeprefix("mail:") for row in rows if row.key.startswith("mail:")}
    mails |= {row.plan["manager"].removeprefix("mail:") for row in rows}
    people = by_mail(mails)
    named = {(one.system, one.external_id): one.person for one in _identities(rows)}
    found, changed = [], []
    for row in rows:
        person = people.get(row.key.removeprefix("mail:")) or named[_pair(row)]
        if row.verdict == Verdict.CHANGE:
            changed.append((person, person.manager_id))
        person.manager = people[row.plan["manager"].removeprefix("mail:")]
        found.append(person)
    Person.objects.bulk_update(found, ["manager"], batch_size=200)
    moved = [(one.pk, was, one.manager_id, one.created_at) for one, was in changed]
    note_attributes("person", "manager", moved, since=desk.at)
    record_many(_edited(desk, one, {"manager_id": was}, {"manager_id": one.manager_id}) for one, was in changed)
    return {person.pk for person in found}


def _pair(row: Staged) -> tuple[str, str]:
    """Return (system, id) of a row that is named by them."""
    _id, system, external = row.key.split(":", 2)
    return system, external


def _identities(rows: Sequence[Staged]) -> Iterable[Identity]:
    pairs = [_pair(row) for row in rows if row.key.startswith("id:")]
    for system in {system for system, _external in pairs}:
        ids = [external for of, external in pairs if of == system]
        yield from Identity.objects.filter(system=system, external_id__in=ids).select_related("person")


def _circle(managers: Mapping[int, int | None], people: Iterable[int]) -> set[int]:
    """Return those of `people` who report to themselves, however many steps up."""
    found = set()
    for person in people:
        here, seen = managers.get(person), {person}
        while here is not None and here not in seen:
            seen.add(here)
            here = managers.get(here)
        if here == person:
            found.add(person)
    return found


def circles(desk: Desk) -> dict[int, Judged]:
    """Return the refusals of the rows of a checked file by which somebody would come to report to themselves."""
    rows = desk.batch.rows.filter(verdict__in=[Verdict.CREATE, Verdict.CHANGE])
    leads: dict[Any, Any] = {}
    lines: dict[Any, int] = {}
    stated = rows.exclude(plan__manager__isnull=True, plan__set__manager_id__isnull=True)
    told = stated.values_list("line", "key", "plan__id", "plan__manager", "plan__set__manager_id")
    for line, key, pk, in_file, here in told.iterator(chunk_size=2000):
        person = pk or key
        leads[person] = in_file or here
        lines[person] = line
    if not leads:
        return {}
    everybody = dict(Person.objects.values_list("pk", "manager_id"))
    by_key = {f"mail:{mail.lower()}": pk for pk, mail in Person.objects.exclude(email="").values_list("pk", "email")}
    overlaid = everybody | {who: by_key.get(to, to) for who, to in leads.items()}
    message = _("They would come to report to themselves. Correct the managers in this circle.")
    return {lines[who]: Judged(Verdict.REFUSE, message, "manager") for who in _circle(overlaid, leads)}
