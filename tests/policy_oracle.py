"""What policies should say, worked out from docs/design the slow and plain way: JSON and rows, nothing of the engine.

Unknown is None. An allow applies where its condition is true, a block unless it is false, an "only" blocks unless it
is true; blocks win.
"""

from datetime import datetime
from ipaddress import ip_address, ip_network
from typing import Any
from zoneinfo import ZoneInfo

from django.db import models

from accounts.models import Group, Person, PersonDimension, Team
from permissions.models import PolicyState, Resource, Role, RoleGrant
from tests.oracle import Oracle

NODES = ("region", "department", "product_line", "segment")
MISSING = object()
# Whoever may mend policies always can, and no condition hands out the right to give.
OUT_OF_REACH = ("policy.view", "policy.edit", "policy.enforce", "role.give", "role.give_onward")


class PolicyOracle(Oracle):
    """The oracle of grants, with policies on top."""

    def __init__(self, stages: tuple[str, ...] = ("enforced",)) -> None:
        super().__init__()
        self.states = list(PolicyState.objects.select_related("version").filter(stage__in=stages))
        self.dimensions = list(PersonDimension.objects.select_related("node"))

    def decide(self, person: Person, action: str, thing: models.Model, at: datetime, context: dict[str, Any]) -> bool:
        """Return whether `person` may do `action` to `thing` at `at`, asked in `context`."""
        if person.state != "active" or action.split(".", maxsplit=1)[0] != self.type_of(thing):
            return False
        if isinstance(thing, RoleGrant) and thing.given_at > at:
            return False
        opened = self.may(person, action, thing, at)
        for version in self.about(person, action, at):
            said = self.holds(version.condition, self.facts(person, thing, at, context))
            if version.effect == "block" and said is not False:
                return False
            if version.effect == "only" and said is not True:
                return False
            if version.effect == "allow" and said is True:
                opened = True
        return opened

    def about(self, person: Person, action: str, at: datetime) -> list[Any]:
        """Return the versions in force that are about what this person wants to do."""
        return [
            state.version
            for state in self.states
            if action not in OUT_OF_REACH
            and state.starts_at <= at
            and (state.until is None or state.until > at)
            and any(
                self.brings(named, action) if state.version.effect == "allow" else self.brings(action, named)
                for named in state.version.targets["permissions"]
            )
            and self.is_among(person, state.version.targets, at)
        ]

    def is_among(self, person: Person, targets: dict[str, list[Any]], at: datetime) -> bool:
        roles, teams = targets.get("roles", []), targets.get("teams", [])
        if not (roles or teams):
            return True
        if any(self.reaches(self.teams[pk].principal_id, person, at) for pk in teams):
            return True
        held = [
            self.roles[grant.role_id]
            for grant in self.grants
            if grant.mode == "active" and self.runs(grant, at) and self.reaches(grant.principal_id, person, at)
        ]
        return any(self.takes_in(role, pk) for role in held for pk in roles)

    def takes_in(self, role: Role, wanted: int) -> bool:
        if role.retired_at is not None:
            return False
        inner = [self.roles[row.role_id] for row in self.includes if row.version_id == role.current_id]
        return role.pk == wanted or any(self.takes_in(one, wanted) for one in inner)

    def facts(self, person: Person, thing: models.Model, at: datetime, context: dict[str, Any]) -> dict[str, Any]:
        mine = [row for row in self.memberships if row.person_id == person.pk and self.runs(row, at)]
        answers = [
            row.node_id for row in self.dimensions
            if row.person_id == person.pk and row.starts_at <= at and (row.until is None or row.until > at)
        ]  # fmt: skip
        found = {
            "subject.person": person.pk, "subject.region": person.region_id, "subject.title": person.title,
            "subject.department": person.department_id, "subject.clearance": person.clearance,
            "subject.state": person.state, "subject.territories": answers, "context.at": at, **context,
            "subject.teams": [t.pk for t in self.teams.values() for row in mine if row.principal_id == t.principal_id],
        }  # fmt: skip
        if isinstance(thing, Resource | Person | Team | Group | Role):
            for name in NODES:
                here = self.places(thing, name, at)
                found[f"resource.{name}"] = here[0] if here else None
            found["resource.teams"] = self.places(thing, "team", at)
        if isinstance(thing, Resource):
            found |= {
                "resource.owner": thing.owner_id, "resource.sensitivity": thing.sensitivity,
                "resource.channel": thing.channel, "resource.created_at": thing.created_at,
            }  # fmt: skip
        return found

    def holds(self, condition: Any, facts: dict[str, Any]) -> bool | None:
        if condition is None:
            return True
        if "not" in condition:
            said = self.holds(condition["not"], facts)
            return None if said is None else not said
        if "all" in condition:
            parts = [self.holds(part, facts) for part in condition["all"]]
            return False if False in parts else None if None in parts else True
        if "any" in condition:
            parts = [self.holds(part, facts) for part in condition["any"]]
            return True if True in parts else None if None in parts else False
        return self.compares(condition, facts)

    def compares(self, leaf: dict[str, Any], facts: dict[str, Any]) -> bool | None:
        key, operator = leaf["attribute"], leaf["operator"]
        left = facts.get(key)
        if left in (None, "", []):
            return operator == "is_missing" if operator in ("is_set", "is_missing") else None
        if not sound(key, left):
            return None
        if operator in ("is_set", "is_missing"):
            return operator == "is_set"
        right = facts.get(leaf["other"]) if "other" in leaf else leaf["value"]
        if right in (None, "", []):
            return None
        return bool(getattr(self, f"_{operator}")(left, right, key))

    def _equals(self, left: Any, right: Any, _key: str) -> bool:
        return left == right

    def _one_of(self, left: Any, right: Any, _key: str) -> bool:
        return left in right

    def _starts_with(self, left: Any, right: Any, _key: str) -> bool:
        return left.startswith(right)

    def _at_least(self, left: Any, right: Any, _key: str) -> bool:
        return left >= right

    def _at_most(self, left: Any, right: Any, _key: str) -> bool:
        return left <= right

    def _contains_any(self, left: Any, right: Any, _key: str) -> bool:
        return any(one in right for one in left)

    _shares_any = _contains_any

    def _contains_all(self, left: Any, right: Any, _key: str) -> bool:
        return all(one in left for one in right)

    def _subset_of(self, left: Any, right: Any, _key: str) -> bool:
        return all(one in right for one in left)

    def _within(self, left: Any, right: Any, key: str) -> bool:
        tops, places = (one if isinstance(one, list) else [one] for one in (right, left))
        dimension = "team" if key.endswith("teams") else "region"
        return any(self.is_under(place, top, dimension) for place in places for top in tops)

    def _before(self, left: Any, right: Any, _key: str) -> bool:
        return left < datetime.fromisoformat(right)

    def _after(self, left: Any, right: Any, _key: str) -> bool:
        return left > datetime.fromisoformat(right)

    def _weekday(self, left: Any, right: Any, _key: str) -> bool:
        return left.astimezone(ZoneInfo(right["zone"])).isoweekday() in right["days"]

    def _hours(self, left: Any, right: Any, _key: str) -> bool:
        now, opens, closes = left.astimezone(ZoneInfo(right["zone"])).strftime("%H:%M"), right["from"], right["until"]
        return opens <= now < closes if opens < closes else now >= opens or now < closes

    def _network(self, left: Any, right: Any, _key: str) -> bool:
        found = [ip_network(one) for one in right]
        return any(ip_address(left) in network for network in found if network.version == ip_address(left).version)


def sound(key: str, value: Any) -> bool:
    """Return whether a value of the moment of asking is of its type; the tables see to the others."""
    if key == "context.managed_device":
        return isinstance(value, bool)
    if key == "context.address":
        try:
            ip_address(value)
        except ValueError:
            return False
    return True
