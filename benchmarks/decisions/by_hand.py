"""The list as somebody would write it by hand for one person, action and moment, what is known of those put in.

Grants are followed before, as the gate has them, too; trees are lists of ids. A condition stands where it surely holds.
"""

from collections.abc import Mapping
from typing import Any

from benchmarks.decisions.reference import Reference
from benchmarks.decisions.translated import ALWAYS, Json
from permissions.engine import Model
from permissions.facts import Snapshot

PAGE, CAP = 50, 1_001
TEXT = {"resource.channel", "resource.system"}
LESS = {"before": "<", "less": "<", "after": ">", "more": ">", "at_most": "<=", "at_least": ">=", "equals": "="}
NEVER, EVER = "0", "1"


class ByHand:
    """Writes one question's SQL (SQLite) with its values in place."""

    def __init__(self, model: Model, reference: Reference, facts: Mapping[str, Any]) -> None:
        self.model, self.reference, self.known = model, reference, facts

    def where(self, mine: Snapshot, action: str, type_id: int, policies: list[Any]) -> str:
        """Return the whole condition."""
        scopes, things = mine.scopes(action, self.reference.at), mine.objects(action, self.reference.at)
        opens = [" AND ".join(self.below(*term) for term in scope.terms) or EVER for scope in scopes]
        if things:
            opens.append(f"r.id IN ({', '.join(map(str, sorted(things)))})")
        opens += [self.surely(one.condition, True) for one in policies if one.effect == "allow"]
        limits = [self.surely(one.condition, one.effect == "only") for one in policies if one.effect != "allow"]
        granted = EVER if EVER in opens else " OR ".join(f"({one})" for one in opens if one != NEVER) or NEVER
        whole = [f"r.type_id = {type_id}", "r.archived_at IS NULL", f"({granted})", *limits]
        return " AND ".join(one for one in whole if one != EVER)

    def below(self, dimension: str, node: int) -> str:
        column = "owner_team_id" if dimension == "team" else f"{dimension}_id"
        return f"r.{column} IN ({', '.join(map(str, sorted(self.model.below(dimension, node))))})"

    def surely(self, condition: Json, wanted: bool) -> str:
        if "not" in condition:
            return self.surely(condition["not"], not wanted)
        for kind in ("all", "any"):
            if kind in condition:
                parts = [self.surely(part, wanted) for part in condition[kind]]
                decisive, word = (NEVER, " AND ") if (kind == "all") is wanted else (EVER, " OR ")
                if decisive in parts:
                    return decisive
                left = [part for part in parts if part not in (NEVER, EVER)]
                return f"({word.join(left)})" if left else (EVER if decisive == NEVER else NEVER)
        return self.leaf(condition, wanted)

    def leaf(self, leaf: Json, wanted: bool) -> str:
        key, operator, other = leaf["attribute"], leaf["operator"], leaf.get("other")
        if not key.startswith("resource."):
            return EVER if self.reference.holds(leaf, dict(self.known)) is wanted else NEVER
        column = self.column(key)
        there = f"{column} <> ''" if key in TEXT else f"{column} IS NOT NULL"
        if key == "resource.custom.tags":
            there = f"json_array_length({column}) > 0"
        if operator in ("is_set", "is_missing"):
            is_there = (operator == "is_set") is wanted
            return there if is_there else f"COALESCE({column}, '') = ''" if key in TEXT else f"{column} IS NULL"
        value = self.known.get(other) if other else leaf["value"]
        if value in (None, "", []):
            return NEVER
        said = self.said(key, operator, column, value)
        said = said if wanted else f"NOT ({said})"
        return said if key in ALWAYS else f"({there} AND {said})"

    def column(self, key: str) -> str:
        name = key.partition(".")[2]
        if name.startswith("custom."):
            found = f"'$.{name.removeprefix('custom.')}'"
            return f"r.custom -> {found}" if name == "custom.tags" else f"json_extract(r.custom, {found})"
        return {
            "teams": "r.owner_team_id", "owner": "r.owner_id", **{
                one: f"r.{one}_id" for one in ("region", "department", "product_line", "segment")
            },
        }.get(name, f"r.{name}")  # fmt: skip

    def said(self, key: str, operator: str, column: str, value: Any) -> str:
        many = value if isinstance(value, list) else [value]
        if operator == "within":
            tree = "team" if key == "resource.teams" else key.partition(".")[2]
            covered = {pk for top in many for pk in self.model.below(tree, top)}
            return f"{column} IN ({', '.join(map(str, sorted(covered)))})"
        if key == "resource.custom.tags":
            outside = "NOT " if operator == "subset_of" else ""
            each = f"SELECT 1 FROM json_each({column}) WHERE value {outside}IN ({self.listed(many)})"
            return f"{outside}EXISTS ({each})"
        if operator in ("one_of", "shares_any"):
            return f"{column} IN ({self.listed(many)})"
        if operator == "starts_with":
            return f"substr({column}, 1, {len(value)}) = {self.one(value)}"
        if operator == "between":
            low, high = (self.dated(one) for one in value)
            return f"{column} BETWEEN {low} AND {high}"
        stated = self.dated(value) if key == "resource.created_at" else self.one(value)
        return f"{column} {LESS[operator]} {stated}"

    def dated(self, value: Any) -> str:
        found = self.reference.moment(value, self.reference.at).astimezone(self.reference.at.tzinfo)
        return f"'{found.replace(tzinfo=None):%Y-%m-%d %H:%M:%S.%f}'".replace(".000000", "")

    def listed(self, values: list[Any]) -> str:
        return ", ".join(self.one(value) for value in values)

    def one(self, value: Any) -> str:
        return f"'{value}'" if isinstance(value, str) else str(int(value) if isinstance(value, bool) else value)
