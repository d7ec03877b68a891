"""How alike roles are by what they give, inclusion and implication counted: candidates for merging into one."""

from collections.abc import Mapping
from dataclasses import dataclass

from permissions.engine import Model

NEAR = 0.9  # so much of what either gives is given by both: nearly the same
LEAST = 3  # two roles of one permission each are no duplicates, they are small


@dataclass(frozen=True, slots=True)
class Likeness:
    """One role beside another: what both give, what it gives more, and what it lacks."""

    role: int
    shared: int
    more: int
    lacks: int

    @property
    def share(self) -> float:
        """Return how much of what either gives is given by both, from 0 to 1.

        >>> Likeness(1, shared=9, more=1, lacks=0).share
        0.9
        """
        every = self.shared + self.more + self.lacks
        return self.shared / every if every else 1.0

    @property
    def percent(self) -> int:
        """Return the same in whole percent; below a hundred wherever anything differs."""
        return int(self.share * 100)


def likeness(model: Model, role: int, other: int) -> Likeness:
    """Return `role` beside `other`."""
    nothing: frozenset[str] = frozenset()
    mine, theirs = model.holding.get(role, nothing), model.holding.get(other, nothing)
    shared = len(mine & theirs)
    return Likeness(role, shared, len(mine) - shared, len(theirs) - shared)


def differing(model: Model, other: int) -> dict[int, Likeness]:
    """Return the roles that give something which `other` does not, the most alike first."""
    found = [likeness(model, role, other) for role in model.roles if role != other]
    ordered = sorted((one for one in found if one.more), key=lambda one: (-one.share, -one.shared, one.role))
    return {one.role: one for one in ordered}


class _Last:
    """The model whose duplicates were looked for last, and what was found: looked for once per change of any role."""

    model: Model | None = None
    found: Mapping[int, Likeness] = {}


def duplicates(model: Model) -> Mapping[int, Likeness]:
    """Return {role: the other one that is most alike, beside it}, for those that are nearly the same."""
    if _Last.model is not model:
        _Last.found = _duplicates(model)
        _Last.model = model
    return _Last.found


def _duplicates(model: Model) -> dict[int, Likeness]:
    """Compare only roles of nearly the same size, as sets of bits: thousands of roles take a moment, not a minute."""
    bits = {action: 1 << place for place, action in enumerate(sorted(model.implies))}
    sized = sorted((len(held), role, sum(bits[key] for key in held)) for role, held in model.holding.items())
    sized = [one for one in sized if one[0] >= LEAST]
    best: dict[int, tuple[float, int]] = {}
    for place, (size, role, mask) in enumerate(sized):
        for other_size, other, other_mask in sized[place + 1 :]:
            if size < NEAR * other_size:
                break
            share = (mask & other_mask).bit_count() / (mask | other_mask).bit_count()
            if share >= NEAR:
                for one, two in ((role, other), (other, role)):
                    best[one] = max(best.get(one, (0.0, 0)), (share, two))
    return {role: likeness(model, other, role) for role, (_share, other) in best.items()}
