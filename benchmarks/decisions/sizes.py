"""How big the organisations are that decisions are measured on."""

from dataclasses import dataclass

SEED = 7
PER_TYPE = 5  # policies about each type of thing, at every size: more policies come with more types


@dataclass(frozen=True, slots=True)
class Size:
    """How many there are of each. `branches` are those of the four levels of the tree of regions."""

    people: int
    teams: int
    roles: int
    resources: int
    policies: int
    object_grants: int
    branches: tuple[int, ...]

    @property
    def types(self) -> int:
        """Return how many types of things there are."""
        return self.policies // PER_TYPE


SIZES = {
    "S": Size(200, 20, 12, 10_000, 10, 5_000, (1, 3, 4)),
    "M": Size(10_000, 200, 60, 100_000, 50, 50_000, (1, 4, 5, 4)),
    "L": Size(100_000, 2_000, 200, 1_000_000, 200, 500_000, (1, 5, 6, 6)),
}
