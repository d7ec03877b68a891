"""Condition documents as nobody would write them: right ones, nearly right ones, and plain hostile ones, by a seed."""

from random import Random
from typing import Any

from cxaccess.lib.conditions import Operator, Schema
from cxaccess.lib.conditions.operators import RIGHT, Right, operators_for, others_for
from cxaccess.lib.conditions.schema import Attribute, Type

TEXTS = (
    "", " ", "a", "Care lead", "x" * 301, "x" * 100_000, "\x00", "\ud800", "\u202e\u0000", "A\u0308", "\U0001d518",
    "%_\\", "'; --", "{{7*7}}", "__import__('os')", "None", "true", "1e309", "\U0010ffff", "\u0661\u0662:\u0663\u0660",
    "08:00", "24:00", "8", "2026-02-30", "2026-03-03", "0001-01-01", "9999-12-31T23:59:59-23:59", "2026-W10-2",
    "0001-01-01T00:00:00+23:59", "2026-03-03T10:00:00", "2026-03-03T10:00:00+00:00", "UTC", "Europe/Berlin",
    "../../etc/passwd", "Mars/Dome", "10.0.0.0/8", "10.0.0.300/8", "fe80::1%eth0/64", "0.0.0.0/0", "::/0",
    "1.2.3.4/255.0.255.0", "fax", "mail",
)  # fmt: skip
NUMBERS: tuple[Any, ...] = (
    0, 1, 2, 3, -1, 99, 2**31, 2**62, 2**63, -(2**63), 10**15, 10**400, -(10**400), 1.0, 2.5, -0.0, 1e308, 5e-324,
    float("nan"), float("inf"), float("-inf"), True, False,
)  # fmt: skip
KEYS = (
    "attribute",
    "operator",
    "value",
    "other",
    "all",
    "any",
    "not",
    "days_from_now",
    "from",
    "until",
    "zone",
    "days",
    "",
)


class Writer:
    """Writes documents about the attributes of `schema`."""

    def __init__(self, seed: int, schema: Schema) -> None:
        self.random, self.schema = Random(seed), schema

    def document(self) -> Any:
        """Return one document: most are conditions, at least at first sight."""
        draw = self.random.random()
        if draw < 0.70:
            return self.condition(self.random.randint(0, 4))
        return self.giant() if draw < 0.75 else self.anything(3)

    def condition(self, depth: int) -> Any:
        draw = self.random.random()
        if depth == 0 or draw < 0.4:
            return self.leaf()
        if draw < 0.6:
            return {"not": self.condition(depth - 1)}
        kind = self.random.choice(["all", "any"])
        found: dict[Any, Any] = {kind: [self.condition(depth - 1) for _ in range(self.random.randint(0, 4))]}
        return found if self.random.random() < 0.95 else found | {self.random.choice(KEYS): self.anything(1)}

    def leaf(self) -> Any:
        attribute = self.random.choice(list(self.schema))
        operators = operators_for(attribute) if self.random.random() < 0.85 else list(Operator)
        operator = self.random.choice(operators)
        found: dict[Any, Any] = {"attribute": attribute.key, "operator": operator.value}
        draw = self.random.random()
        if draw < 0.1:
            found[self.random.choice(KEYS)] = self.anything(2)
        elif draw < 0.15:
            found["operator"] = self.random.choice(["=", "matches", "eval", "__class__", "EQUALS", 1, None, ["equals"]])
        elif draw < 0.2:
            found["attribute"] = self.random.choice(
                ["subject.__dict__", "subject", "", "context.at.tzinfo", 7, None, {}]
            )
        if RIGHT[operator] is Right.NOTHING:
            return found
        others = others_for(attribute, operator, self.schema)
        if others and self.random.random() < 0.4:
            return found | {"other": self.random.choice(others).key}
        return found | {"value": self.side(attribute, operator) if self.random.random() < 0.8 else self.anything(2)}

    def side(self, attribute: Attribute, operator: Operator) -> Any:
        right = RIGHT[operator]
        if right is Right.HOURS:
            return {"from": self.near("08:00"), "until": self.near("18:30"), "zone": self.near("Europe/Berlin")}
        if right is Right.DAYS:
            days = [self.random.choice([1, 3, 5, 7, 7, 0, 1.0, True, "1"]) for _ in range(self.random.randint(0, 3))]
            return {"days": days, "zone": self.near("UTC")}
        if right is Right.NETWORKS:
            return [self.near("10.0.0.0/8"), self.near("fd00::/8")]
        if right is Right.ONE:
            return self.one(attribute)
        count = 2 if right is Right.RANGE else self.random.choice([0, 1, 2, 3, 501])
        return [self.one(attribute)] * count if count > 3 else [self.one(attribute) for _ in range(count)]

    def one(self, attribute: Attribute) -> Any:
        kinds: dict[Type, Any] = {
            Type.TEXT: "Care lead", Type.NUMBER: 2.5, Type.YES_NO: True, Type.DATE: "2026-03-03",
            Type.MOMENT: "2026-03-03T10:00:00+00:00", Type.ADDRESS: "10.0.0.1",
        }  # fmt: skip
        domain = attribute.domain
        plain = kinds.get(attribute.type, (2 if domain and domain.numbered else "mail"))
        if attribute.type in (Type.DATE, Type.MOMENT) and self.random.random() < 0.3:
            plain = {"days_from_now": self.random.choice([-30, 0, 7, 36_500, 36_501, 10**30, 1.5, True, None])}
        return self.near(plain)

    def near(self, right: Any) -> Any:
        return right if self.random.random() < 0.85 else self.anything(1)

    def anything(self, depth: int) -> Any:
        """Return any value that JSON can hold, and some that it cannot."""
        draw = self.random.random()
        if depth == 0 or draw < 0.6:
            return self.random.choice([None, self.random.choice(TEXTS), self.random.choice(NUMBERS)])
        if draw < 0.75:
            return [self.anything(depth - 1) for _ in range(self.random.randint(0, 4))]
        if draw < 0.97:
            keys = [self.random.choice([*KEYS, *TEXTS[:12]]) for _ in range(self.random.randint(0, 4))]
            return {key: self.anything(depth - 1) for key in keys}
        return self.random.choice([b"bytes", {1: 2}, {None: []}, (1, 2), {3}, object(), 1j, range(9)])

    def giant(self) -> Any:
        """Return what would cost much if it were read to its end."""
        leaf = self.leaf()
        kind = self.random.randint(0, 5)
        if kind == 0:
            return _nested(leaf, self.random.choice([6, 7, 8, 500, 5_000]), self.random.choice(["not", "all", "any"]))
        if kind == 1:
            return {"all": [leaf] * self.random.choice([100, 101, 20_000])}
        if kind == 2:
            return {"any": [{"all": [leaf] * 99}] * 99}
        if kind == 3:
            wide: Any = leaf
            for _ in range(self.random.choice([4, 6, 7])):
                wide = {"any": [wide] * 30}  # shared, so small in memory, and enormous if walked through
            return wide
        if kind == 4:
            return {"attribute": "subject.territories", "operator": "contains_any", "value": list(range(100_000))}
        return {str(number): leaf for number in range(10_000)}


def _nested(inner: Any, depth: int, kind: str) -> Any:
    for _ in range(depth):
        inner = {"not": inner} if kind == "not" else {kind: [inner]}
    return inner


def facts(random: Random, schema: Schema) -> dict[str, Any]:
    """Return facts as hostile: missing, ill-typed, or right."""
    right: dict[Type, Any] = {
        Type.TEXT: "Care lead", Type.NUMBER: 2.5, Type.YES_NO: True, Type.ADDRESS: "10.0.0.1", Type.NODE: 2,
        Type.SET: frozenset({1, 2}), Type.CHOICE: 2,
    }  # fmt: skip
    found: dict[str, Any] = {}
    for attribute in schema:
        draw = random.random()
        if draw < 0.4:
            found[attribute.key] = right.get(attribute.type)
        elif draw < 0.8:
            found[attribute.key] = random.choice([*NUMBERS, *TEXTS[:14], None, [], {}, object(), frozenset({"x", 1})])
    return found
