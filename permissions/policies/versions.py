"""Versions of a policy beside each other: what two of them say, and from when until when each was in force."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from cxaccess.lib.conditions.sentences import Piece
from permissions.models import Policy, PolicyState, PolicyVersion
from permissions.policies.words import Words, plain

Speaking = Callable[..., Words]  # (*versions) -> Words, in the reader's zone


@dataclass(frozen=True, slots=True)
class Step:
    """One version with what it says and the stretches in which it was recorded or enforced, the latest first."""

    version: PolicyVersion
    says: tuple[Piece, ...]
    states: tuple[PolicyState, ...]

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


@dataclass(frozen=True)
class Difference:
    """What `newer` says otherwise than `older`, part by part."""

    older: PolicyVersion
    newer: PolicyVersion
    rows: tuple[Row, ...]


def steps(policy: Policy, speaking: Speaking) -> list[Step]:
    """Return every version of `policy`, newest first, in a number of queries that does not grow with them."""
    versions = list(policy.versions.select_related("made_by").order_by("-number"))
    words, states = speaking(*versions), defaultdict(list)
    rows = PolicyState.objects.filter(policy=policy).select_related("begun_by", "ended_by")
    for state in rows.order_by("-starts_at", "-pk"):
        states[state.version_id].append(state)
    return [Step(version, words.sentence(version), tuple(states[version.pk])) for version in versions]


def difference(policy: Policy, one: int | None, other: int | None, speaking: Speaking) -> Difference | None:
    """Return what two versions of `policy` differ in, the older first; None where one of them does not exist."""
    found = {version.number: version for version in policy.versions.filter(number__in={one or 0, other or 0})}
    if one not in found or other not in found or one == other:
        return None
    older, newer = found[min(found)], found[max(found)]
    words = speaking(older, newer)
    before, after = _parts(older, words), _parts(newer, words)
    return Difference(
        older, newer, tuple(Row(name, before[name], after[name]) for name in before if before[name] != after[name])
    )


def _parts(version: PolicyVersion, words: Words) -> dict[str, str]:
    """Return the parts of a version in words, by what each is called."""
    return {
        _("Kind"): str(version.get_effect_display()),
        _("About"): words.about(version),
        _("Whom"): ", ".join(words.whom(version)) or _("Everybody"),
        _("Condition"): plain(words.condition(version.condition)) or _("None: always"),
        _("Obligations"): " ".join(plain(owed.said) for owed in words.obligations(version)) or _("None"),
    }
