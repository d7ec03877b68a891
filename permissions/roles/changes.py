"""What a change of a role does to the model: the cycle it would close, what each role gains and loses."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from permissions.engine import Model, Role

Holdings = Mapping[int, frozenset[str]]


@dataclass(frozen=True)
class Change:
    """The model before and after one role's edit; `gained` and `lost` name every role it touches."""

    role: int
    before: Model
    after: Model
    gained: Holdings
    lost: Holdings

    @property
    def touched(self) -> frozenset[int]:
        """Return the roles whose permissions differ afterwards: the edited one and those that include it."""
        return frozenset(self.gained) | frozenset(self.lost)


def change(model: Model, role: int, actions: Iterable[str], includes: Iterable[int]) -> Change:
    """Return what it means that `role` holds `actions` itself and includes `includes`."""
    edited = Role(role, frozenset(actions), tuple(sorted(set(includes))))
    after = replace(model, roles={**model.roles, role: edited})
    return Change(role, model, after, _more(after, model), _more(model, after))


def _more(one: Model, other: Model) -> dict[int, frozenset[str]]:
    """Return {role: what it holds in `one` and not in `other`}, without empty entries."""
    nothing: frozenset[str] = frozenset()
    found = {role: held - other.holding.get(role, nothing) for role, held in one.holding.items()}
    return {role: held for role, held in found.items() if held}


def cycle(model: Model, role: int, includes: Iterable[int]) -> tuple[int, ...] | None:
    """Return the roles along the circle that `role` including `includes` would close, or None.

    The first and the last of the path are `role`.
    """
    stack = [(role, inner) for inner in sorted(set(includes), reverse=True)]
    seen: set[int] = set()
    while stack:
        path = stack.pop()
        here = path[-1]
        if here == role:
            return path
        if here in seen:
            continue
        seen.add(here)
        inner_roles = model.roles[here].includes if here in model.roles else ()
        stack.extend((*path, inner) for inner in sorted(inner_roles, reverse=True))  # type: ignore[misc]
    return None
