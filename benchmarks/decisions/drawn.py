"""Conditions drawn at random for an organisation: every kind of comparison, with a value or an attribute beside it."""

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Json = dict[str, Any]
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata")
CHANNELS = ("mail", "web", "phone", "chat")
TITLES = ("Agent", "Senior agent", "Analyst", "Senior analyst", "Lead")
TIERS = ("bronze", "silver", "gold")
TAGS = ("billing", "churn", "legal", "press", "vip")
SKILLS = ("de", "en", "es", "fr", "pl")
COUNTRIES = ("DE", "ES", "FR", "PL", "US")
PURPOSES = ("care", "quality", "report")
NETWORKS = ("10.0.0.0/8", "192.168.0.0/16", "fd00::/8")

# (attribute, operator, other side). "@" is an attribute, "#" so many nodes of a tree; a callable draws a value.
Drawn = Callable[[random.Random], Any]
LEAVES: tuple[tuple[str, str, Any], ...] = (
    ("resource.region", "equals", "@subject.region"),
    ("resource.region", "within", "@subject.region"),
    ("resource.region", "within", "@subject.territories"),
    ("resource.region", "one_of", "@subject.territories"),
    ("resource.region", "within", "#region 3"),
    ("subject.region", "within", "#region 3"),
    ("subject.territories", "within", "#region 4"),
    ("resource.department", "within", "#department 3"),
    ("resource.department", "equals", "@subject.department"),
    ("resource.product_line", "one_of", "@subject.product_lines"),
    ("resource.segment", "within", "#segment 4"),
    ("resource.teams", "shares_any", "@subject.teams"),
    ("resource.teams", "within", "@subject.teams"),
    ("resource.teams", "within", "#team 5"),
    ("resource.owner", "equals", "@subject.person"),
    ("resource.owner", "is_missing", None),
    ("resource.sensitivity", "at_most", "@subject.clearance"),
    ("resource.sensitivity", "one_of", lambda rng: sorted(rng.sample([1, 2, 3, 4], 2))),
    ("resource.sensitivity", "less", 4),
    ("resource.channel", "starts_with", lambda rng: rng.choice("mwpc")),
    ("resource.channel", "one_of", lambda rng: sorted(rng.sample(CHANNELS, 2))),
    ("resource.channel", "is_set", None),
    ("resource.system", "starts_with", lambda rng: f"system-{rng.randrange(3)}"),
    ("resource.created_at", "before", "2025-06-01T00:00:00+00:00"),
    ("resource.created_at", "after", {"days_from_now": -500}),
    ("resource.created_at", "between", ["2024-06-01T00:00:00+00:00", "2025-09-01T00:00:00+00:00"]),
    ("resource.custom.tags", "contains_any", lambda rng: sorted(rng.sample(TAGS, 2))),
    ("resource.custom.tags", "subset_of", lambda rng: sorted(rng.sample(TAGS, 4))),
    ("resource.custom.score", "less", lambda rng: rng.randrange(30, 90)),
    ("resource.custom.score", "more", lambda rng: rng.randrange(10, 60)),
    ("resource.custom.tier", "equals", lambda rng: rng.choice(TIERS)),
    ("subject.title", "starts_with", "Senior"),
    ("subject.clearance", "at_least", lambda rng: rng.randrange(1, 4)),
    ("subject.employed_from", "before", "2025-01-01"),
    ("subject.custom.skills", "contains_all", lambda rng: [rng.choice(SKILLS)]),
    ("subject.custom.level", "more", lambda rng: rng.randrange(1, 5)),
    ("context.managed_device", "equals", True),
    ("context.address", "network", lambda rng: sorted(rng.sample(NETWORKS, 2))),
    ("context.country", "one_of", lambda rng: sorted(rng.sample(COUNTRIES, 3))),
    ("context.purpose", "equals", lambda rng: rng.choice(PURPOSES)),
    ("context.factor_minutes", "less", lambda rng: rng.choice((10, 60, 240))),
    ("context.at", "hours", lambda rng: {"from": "06:00", "until": "20:30", "zone": rng.choice(ZONES)}),
    ("context.at", "weekday", lambda rng: {"days": [1, 2, 3, 4, 5], "zone": rng.choice(ZONES)}),
)  # fmt: skip


class Conditions:
    """Draws conditions; `nodes` are {dimension: ids}, those near the roots first."""

    def __init__(self, rng: random.Random, nodes: Mapping[str, Sequence[int]]) -> None:
        self.rng, self.nodes = rng, nodes
        self.turn = 0

    def policy(self, number: int) -> tuple[str, Json]:
        """Return an effect and a condition: of five policies one allows, two block, two allow only."""
        effect = ("only", "block", "allow", "only", "block")[number % 5]
        if effect == "only":
            return effect, {"any": [self.leaf(), self.leaf(), {"all": [self.leaf(), {"not": self.leaf()}]}]}
        if effect == "block":
            return effect, {"all": [self.leaf(), {"not": {"any": [self.leaf(), self.leaf()]}}, self.leaf()]}
        return effect, {"all": [self.leaf(), {"any": [self.leaf(), self.leaf()]}]}

    def leaf(self) -> Json:
        """Return a comparison; each kind comes up in turn."""
        attribute, operator, side = LEAVES[self.turn * 17 % len(LEAVES)]
        self.turn += 1
        found: Json = {"attribute": attribute, "operator": operator}
        if side is None:
            return found
        if isinstance(side, str) and side.startswith("@"):
            return found | {"other": side[1:]}
        if isinstance(side, str) and side.startswith("#"):
            kind, count = side[1:].split()
            high = self.nodes[kind][: max(6, len(self.nodes[kind]) // 4)]
            return found | {"value": self.rng.sample(high, min(int(count), len(high)))}
        return found | {"value": side(self.rng) if callable(side) else side}
