"""Permission matrices: real ones where the folder is there, and of the same shape where it is not.

The folder is named by CXACCESS_MATRICES; without it, it is looked for beside the checkout.
"""

import csv
import os
from dataclasses import dataclass
from pathlib import Path
from random import Random

FOLDER = Path(
    os.environ.get("CXACCESS_MATRICES") or Path(__file__).resolve().parents[2] / "shared/data/permission-matrices"
)
# name: users, permissions, assignments
SHAPES = {
    "healthcare": (46, 46, 1_486),
    "domino": (79, 231, 730),
    "emea": (35, 3_046, 7_220),
    "firewall1": (365, 709, 31_951),
    "apj": (2_044, 1_164, 6_841),
    "americas_small": (3_477, 1_587, 105_205),
}
SMALL = ("healthcare", "domino", "emea")
Pair = tuple[str, str]


@dataclass(frozen=True)
class Matrix:
    """A file and what it says."""

    name: str
    content: bytes
    pairs: frozenset[Pair]

    @property
    def users(self) -> list[str]:
        return sorted({user for user, _permission in self.pairs})

    @property
    def permissions(self) -> list[str]:
        return sorted({permission for _user, permission in self.pairs})

    def others(self, count: int) -> list[Pair]:
        """Return as many pairs that are no assignments, the same every time; fewer where there are not so many."""
        rng, users, permissions = Random(self.name), self.users, self.permissions
        count = min(count, len(users) * len(permissions) - len(self.pairs))
        found: dict[Pair, None] = {}
        while len(found) < count:
            pair = (rng.choice(users), rng.choice(permissions))
            if pair not in self.pairs:
                found[pair] = None
        return list(found)


def matrix(name: str) -> Matrix:
    """Return the matrix called `name`."""
    path = FOLDER / f"{name}.csv"
    content = path.read_bytes() if path.is_file() else made(name)
    rows = csv.reader(content.decode().splitlines()[1:])
    return Matrix(name, content, frozenset((user, permission) for user, permission in rows))


def made(name: str) -> bytes:
    """Return a file of the same shape: people of a few kinds who hold much of what their kind holds, and then some."""
    users, permissions, assignments = SHAPES[name]
    rng = Random(name)
    kinds = [rng.sample(range(permissions), min(permissions, 3 * assignments // users + 1)) for _ in range(25)]
    pairs = {(user, rng.randrange(permissions)) for user in range(users)}
    pairs |= {(rng.randrange(users), permission) for permission in range(permissions)}
    of = [rng.choice(kinds) for _ in range(users)]
    while len(pairs) < assignments:
        user = rng.randrange(users)
        pairs.add((user, rng.choice(of[user]) if rng.random() < 0.9 else rng.randrange(permissions)))
    lines = (f"u{user:05},p{permission:05}" for user, permission in sorted(pairs)[:assignments])
    return "\n".join(["user,permission", *lines, ""]).encode()
