"""The rows of object grants, in two tables that read as one. Authority and events are the use cases' business."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import F, Q, QuerySet

from accounts.models import Person, Principal, PrincipalKind
from cxaccess.lib.models import Source, WindowQuerySet
from permissions.models import Action, GroupObjectGrant, PersonObjectGrant, Resource

AnyGrant = PersonObjectGrant | GroupObjectGrant
PEOPLE, COLLECTIVES = "p", "c"
MODELS: dict[str, type[AnyGrant]] = {PEOPLE: PersonObjectGrant, COLLECTIVES: GroupObjectGrant}
BROUGHT = frozenset({Source.LEAD, Source.OWNER})  # comes with leading or owning, and goes with that alone
HOLDER: dict[str, str] = {PEOPLE: "user__principal", COLLECTIVES: "group__principal"}
NAMED: dict[str, tuple[str, ...]] = {  # what the holder's name and page take
    PEOPLE: ("user__principal",),
    COLLECTIVES: ("group__principal__team", "group__principal__group"),
}


def key(row: AnyGrant) -> str:
    """Return what names a row among both tables, as the engine does: "p7" of a person, "c7" of a team or group."""
    return f"{PEOPLE if isinstance(row, PersonObjectGrant) else COLLECTIVES}{row.pk}"


def table(letter: str) -> WindowQuerySet:
    """Return the rows of one table with all that their words need. Raises KeyError."""
    model = MODELS[letter]
    rows: WindowQuerySet = model.objects.select_related(
        "permission__catalogue_action__type", "content_object__type", *NAMED[letter], "given_by", "ended_by"
    )
    return rows


def parse(text: str) -> tuple[str, int]:
    """Return the table's letter and the id that a key names. Raises ValueError.

    >>> parse("c12")
    ('c', 12)
    """
    letter, number = text[:1], text[1:]
    if letter not in MODELS or not (number.isascii() and number.isdigit() and len(number) <= 18):
        raise ValueError(f"{text!r} names no object grant.")
    return letter, int(number)


def principal_of(row: AnyGrant) -> Principal:
    """Return who holds it."""
    return row.user.principal if isinstance(row, PersonObjectGrant) else row.group.principal


def person_of(row: AnyGrant) -> Person | None:
    """Return the person who holds it; None for a team or group."""
    return row.user if isinstance(row, PersonObjectGrant) else None


def letter_of(principal: Principal) -> str:
    """Return the table in which grants to `principal` stand."""
    return PEOPLE if principal.kind == PrincipalKind.PERSON else COLLECTIVES


def letter_in(model: type[AnyGrant]) -> str:
    """Return the letter of a table."""
    return PEOPLE if model is PersonObjectGrant else COLLECTIVES


def held_by(principal: Principal) -> WindowQuerySet:
    """Return every row of `principal`, whatever its window."""
    rows = table(letter_of(principal))
    return rows.filter(**{HOLDER[letter_of(principal)]: principal})


def build(principal: Principal, action: Action, resource: Resource, **columns: Any) -> AnyGrant:
    """Return an unsaved row."""
    columns |= {"permission_id": action.auth_permission_id, "content_object": resource}
    if principal.kind == PrincipalKind.PERSON:
        return PersonObjectGrant(user=principal.person, **columns)
    return GroupObjectGrant(group_id=principal.auth_group_id, **columns)


def same(principal: Principal, action: Action, resource: Resource) -> QuerySet[Any]:
    """Return the rows that give `principal` the same on the same thing, the revoked before they began left out."""
    rows = held_by(principal).filter(permission_id=action.auth_permission_id, content_object=resource)
    return rows.exclude(until=F("starts_at"))


def of_source(source: str, refs: Iterable[str], at: datetime) -> list[AnyGrant]:
    """Return the rows not over at `at` that came from one of `refs` of `source`, such as a membership's lead right."""
    wanted = Q(source=source, source_ref__in=list(refs))
    return [row for letter in MODELS for row in table(letter).not_over(at).filter(wanted)]


def told(row: AnyGrant, *, principal: int | None = None, action: str = "") -> dict[str, object]:
    """Return what the trail keeps of a row beside the difference: ids and moments, no names.

    Who has the holder and the permission at hand says so, and nothing is looked up.
    """
    return {
        "grant": key(row),
        "principal": principal or principal_of(row).pk,
        "action": action or row.permission.catalogue_action.key,
        "from": row.starts_at.isoformat(),
        "until": row.until.isoformat() if row.until else None,
        "source": row.source,
    }
