"""Versions of a rule beside each other: what two of them say, and from when until when each was in force."""

from collections import defaultdict
from dataclasses import dataclass

from django.utils.translation import gettext as _

from permissions.birthrights import pages
from permissions.birthrights.pages import Said
from permissions.models import Birthright, BirthrightState, BirthrightVersion


@dataclass(frozen=True, slots=True)
class Step:
    """One version with what it says and the stretches in which it was in force, the latest first."""

    version: BirthrightVersion
    says: Said
    states: tuple[BirthrightState, ...]

    @property
    def is_standing(self) -> bool:
        """Return whether it is in force now."""
        return any(state.until is None for state in self.states)


@dataclass(frozen=True, slots=True)
class Row:
    """One part of two versions, in words."""

    label: str
    older: str
    newer: str


@dataclass(frozen=True, slots=True)
class Difference:
    """What `newer` says otherwise than `older`, part by part."""

    older: BirthrightVersion
    newer: BirthrightVersion
    rows: tuple[Row, ...]


def steps(birthright: Birthright) -> list[Step]:
    """Return every version, newest first, in a number of queries that does not grow with them."""
    found = list(birthright.versions.select_related("made_by").order_by("-number"))
    says, states = pages.said(found), defaultdict(list)
    rows = BirthrightState.objects.filter(birthright=birthright).select_related("begun_by", "ended_by")
    for state in rows.order_by("-starts_at", "-pk"):
        states[state.version_id].append(state)
    return [Step(version, says[version.pk], tuple(states[version.pk])) for version in found]


def difference(birthright: Birthright, one: int, other: int) -> Difference | None:
    """Return what two versions differ in, the older first; None where one of them does not exist."""
    found = {version.number: version for version in birthright.versions.filter(number__in={one, other})}
    if len(found) < 2:
        return None
    older, newer = found[min(found)], found[max(found)]
    says = pages.said([older, newer])
    before, after = says[older.pk], says[newer.pk]
    parts = ((_("Condition"), before.plain, after.plain), (_("Gives"), before.gifts, after.gifts))
    return Difference(older, newer, tuple(Row(*part) for part in parts if part[1] != part[2]))
