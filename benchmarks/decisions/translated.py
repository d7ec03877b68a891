"""Conditions in the languages of others: pycasbin's, Cedar's, SQL.

None of them knows "unknown" as we do, so a condition is said twice: where it surely holds, and where it surely does
not. An attribute that everything has here is not asked whether it is there, which spares them work.
"""

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Protocol

Json = dict[str, Any]
ALWAYS = frozenset(
    {
        "subject.person", "subject.region", "subject.department", "subject.title", "subject.employed_from",
        "resource.department", "resource.sensitivity", "resource.system", "resource.created_at", "context.at",
    }
)  # fmt: skip
SETS = ("territories", "product_lines", "segments", "teams", "skills", "tags")
TREES = ("region", "department", "product_line", "segment", "territories", "teams")
LESS = {"before": "<", "less": "<", "after": ">", "more": ">", "at_most": "<=", "at_least": ">=", "equals": "=="}


class Dialect(Protocol):
    """A language: what is there, and what a comparison of two sides that are there says."""

    both: str
    either: str

    def there(self, key: str) -> str: ...

    def said(self, leaf: Json) -> str: ...

    def contrary(self, said: str) -> str: ...


def surely(condition: Json, wanted: bool, into: Dialect) -> str:
    """Return the expression that is true exactly where `condition` is `wanted`, and not unknown."""
    if "not" in condition:
        return surely(condition["not"], not wanted, into)
    for kind in ("all", "any"):
        if kind in condition:
            parts = [surely(part, wanted, into) for part in condition[kind]]
            return "(" + (into.both if (kind == "all") is wanted else into.either).join(parts) + ")"
    key = condition["attribute"]
    if condition["operator"] in ("is_set", "is_missing"):
        there = into.there(key)
        return there if (condition["operator"] == "is_set") is wanted else into.contrary(there)
    said = into.said(condition) if wanted else into.contrary(into.said(condition))
    sides = [side for side in (key, condition.get("other")) if side is not None and side not in ALWAYS]
    return "(" + into.both.join([*(into.there(side) for side in sides), said]) + ")"


def plain(value: Any) -> Any:
    """Return a value as peers get it: a day or moment as a number that sorts the same."""
    if isinstance(value, datetime):
        return int(value.timestamp())
    return value.toordinal() if isinstance(value, date) else value


def stated(leaf: Json, moments: Mapping[str, Any]) -> Any:
    """Return the value of a leaf as peers get it; `moments` says what a stated day or moment is."""
    value = leaf["value"]
    if isinstance(value, dict) and "days_from_now" in value:
        return moments[json.dumps(value)]
    if leaf["operator"] in ("before", "after", "between"):
        many = value if isinstance(value, list) else [value]
        found = [plain(datetime.fromisoformat(one) if "T" in one else date.fromisoformat(one)) for one in many]
        return found if isinstance(value, list) else found[0]
    return value


def minute(clock: str) -> int:
    """Return the minute of the day of a time such as 08:30."""
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def local(what: str, zone: str) -> str:
    """Return the name under which peers get the minute or the weekday of the moment of asking in a zone."""
    return f"{what}_{zone.replace('/', '_')}"


class Casbin:
    """Expressions of pycasbin: `r.sub`, `r.obj` and `r.ctx` have attributes, None where one is missing."""

    both, either = " and ", " or "
    entities = {"subject": "r_sub", "resource": "r_obj", "context": "r_ctx"}

    def __init__(self, moments: Mapping[str, Any]) -> None:
        self.moments = moments

    def name(self, key: str, *, path: bool = False) -> str:
        entity, _, name = key.partition(".")
        return f"{self.entities[entity]}.{name.replace('custom.', 'own_')}{'_path' if path else ''}"

    def there(self, key: str) -> str:
        return f"({self.name(key)} != None)"

    def contrary(self, said: str) -> str:
        return f"(not {said})"

    def said(self, leaf: Json) -> str:
        key, operator, left = leaf["attribute"], leaf["operator"], self.name(leaf["attribute"])
        other = leaf.get("other")
        right = self.name(other) if other else None
        value = None if other else stated(leaf, self.moments)
        if operator == "within":
            path = self.name(key, path=True)
            if right is None:
                return f"shares({path}, {tuple(value)!r})" if len(value) > 1 else f"({value[0]!r} in {path})"
            return f"shares({path}, {right})" if _is_set(other) else f"({right} in {path})"
        if operator in LESS:
            return f"({left} {LESS[operator]} {right or repr(value)})"
        if operator == "one_of":
            return f"({left} in {right or repr(tuple(value))})"
        if operator in ("contains_any", "shares_any"):
            return f"shares({left}, {right or repr(tuple(value))})"
        if operator == "contains_all":
            return "(" + " and ".join(f"{one!r} in {left}" for one in value) + ")"
        if operator == "subset_of":
            return f"subset({left}, {tuple(value)!r})"
        return self.special(operator, left, value)

    def special(self, operator: str, left: str, value: Any) -> str:
        if operator == "between":
            return f"({value[0]!r} <= {left} and {left} <= {value[1]!r})"
        if operator == "starts_with":
            return f"starts({left}, {value!r})"
        if operator == "network":
            return f"network({left}, {tuple(value)!r})"
        if operator == "weekday":
            return f"(r_ctx.{local('weekday', value['zone'])} in {tuple(value['days'])!r})"
        now = f"r_ctx.{local('minute', value['zone'])}"
        return f"({minute(value['from'])} <= {now} and {now} < {minute(value['until'])})"


class Cedar:
    """Expressions of Cedar: attributes of principal, resource and context, not there where they are missing."""

    both, either = " && ", " || "
    entities = {"subject": "principal", "resource": "resource", "context": "context"}

    def __init__(self, moments: Mapping[str, Any]) -> None:
        self.moments = moments

    def split(self, key: str) -> tuple[str, str]:
        entity, _, name = key.partition(".")
        return self.entities[entity], name.replace("custom.", "own_")

    def name(self, key: str, *, path: bool = False) -> str:
        return ".".join(self.split(key)) + ("_path" if path else "")

    def there(self, key: str) -> str:
        entity, name = self.split(key)
        return f"({entity} has {name})"

    def contrary(self, said: str) -> str:
        return f"(!{said})"

    def said(self, leaf: Json) -> str:
        key, operator, left = leaf["attribute"], leaf["operator"], self.name(leaf["attribute"])
        other = leaf.get("other")
        right = self.name(other) if other else None
        value = None if other else stated(leaf, self.moments)
        if operator == "within":
            path = self.name(key, path=True)
            if right is None:
                return f"{path}.containsAny({json.dumps(value)})"
            return f"{path}.{'containsAny' if _is_set(other) else 'contains'}({right})"
        if operator in LESS:
            return f"({left} {LESS[operator]} {right or json.dumps(value)})"
        if operator == "one_of":
            return f"{right or json.dumps(value)}.contains({left})"
        if operator in ("contains_any", "shares_any"):
            return f"{left}.containsAny({right or json.dumps(value)})"
        if operator == "contains_all":
            return f"{left}.containsAll({json.dumps(value)})"
        if operator == "subset_of":
            return f"{json.dumps(value)}.containsAll({left})"
        return self.special(operator, left, value)

    def special(self, operator: str, left: str, value: Any) -> str:
        if operator == "between":
            return f"({value[0]} <= {left} && {left} <= {value[1]})"
        if operator == "starts_with":
            return f'({left} like "{value}*")'
        if operator == "network":
            return "(" + " || ".join(f'{left}.isInRange(ip("{one}"))' for one in value) + ")"
        if operator == "weekday":
            return f"{json.dumps(value['days'])}.contains(context.{local('weekday', value['zone'])})"
        now = f"context.{local('minute', value['zone'])}"
        return f"({minute(value['from'])} <= {now} && {now} < {minute(value['until'])})"


def _is_set(key: str | None) -> bool:
    return key is not None and key.rpartition(".")[2] in SETS
