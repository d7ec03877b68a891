"""Versions of a role beside each other: what two of them hold, what lies between, and one brought back as a draft."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from permissions.models import Role, RoleVersion
from permissions.roles import selectors
from permissions.roles.rows import Contents, contents
from permissions.roles.selectors import Step


@dataclass(frozen=True)
class Difference:
    """What `newer` holds itself beside `older`, and every version after the older one up to the newer."""

    older: RoleVersion
    newer: RoleVersion
    change: Step
    between: tuple[Step, ...]

    @property
    def same(self) -> bool:
        """Return whether both hold the same."""
        change = self.change
        return not (change.added or change.removed or change.included or change.excluded)


def difference(role: Role, one: int | None, other: int | None) -> Difference | None:
    """Return what lies between two versions of `role`, the older first; None where one of them does not exist."""
    found = {version.number: version for version in role.versions.filter(number__in={one or 0, other or 0})}
    if one not in found or other not in found or one == other:
        return None
    older, newer = found[min(found)], found[max(found)]
    before, after = contents(older), contents(newer)
    names = selectors.names_of(before.includes | after.includes)
    change = Step(
        newer,
        tuple(sorted(after.actions - before.actions)),
        tuple(sorted(before.actions - after.actions)),
        _named(after.includes - before.includes, names),
        _named(before.includes - after.includes, names),
    )
    steps = [step for step in selectors.steps(role) if older.number < step.version.number <= newer.number]
    return Difference(older, newer, change, tuple(steps))


def _named(roles: Iterable[int], names: Mapping[int, str]) -> tuple[str, ...]:
    return tuple(sorted(names.get(pk, "?") for pk in roles))


@dataclass(frozen=True, slots=True)
class Restoration:
    """An earlier version as a draft: what it held, without the roles it included that were retired since."""

    contents: Contents
    left_out: tuple[str, ...]


def restoration(version: RoleVersion) -> Restoration:
    """Return `version` as it can be brought back today."""
    held = contents(version)
    gone = dict(Role.objects.filter(pk__in=held.includes).exclude(retired_at=None).values_list("pk", "name"))
    return Restoration(Contents(held.actions, held.includes - gone.keys()), tuple(sorted(gone.values())))
