"""What peers are handed: for each person who asks and each action, everything worked out that can be.

Grants are followed through roles, inclusion, implication and teams; policies are those that are about the person and
the action, in the peer's own language; people, things and moments are plain values, places with everything above them.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from benchmarks.decisions.drawn import ZONES
from benchmarks.decisions.ours import Ours
from benchmarks.decisions.questions import Questions
from benchmarks.decisions.reference import Reference
from benchmarks.decisions.translated import TREES, Casbin, Cedar, Dialect, local, plain, surely
from permissions import facts
from permissions.engine import Model

TREE_OF = {"territories": "region", "teams": "team"}


def handed(put: Questions, reference: Reference, ours: Ours) -> dict[str, Any]:
    """Return it as JSON can hold it."""
    model = facts.model(put.at)
    known = Known(put, reference, model)
    return {
        "people": {pk: known.person(pk) for pk in put.people},
        "things": {pk: known.thing(pk, put.targets[pk].exists) for pk in {one.thing for one in put.asked}},
        "contexts": [known.context(context.known) for context in put.contexts],
        "rules": {
            f"{person} {action}": known.rules(person, action)
            for person, action in {(one.person, one.action) for one in put.asked}
        },
        "batch": {
            "person": known.person(ours.batch[0].pk),
            "action": ours.batch[1],
            "rules": known.rules(ours.batch[0].pk, ours.batch[1]),
            "things": [known.thing(target.id, target.exists) for target in ours.batch[2]],
            "context": known.context(ours.moment.known),
        },
        "policies": known.policies(),
        "whole": {pk: known.whole(pk) for pk in put.people},
        "asked": [(one.person, one.action, one.thing, one.moment) for one in put.asked],
        "expected": [one.allowed for one in put.asked],
    }


class Known:
    """What is known of people, things and moments, as peers get it."""

    def __init__(self, put: Questions, reference: Reference, model: Model) -> None:
        self.put, self.reference, self.model = put, reference, model
        conditions = [state.version.condition for state in reference.states]
        self.moments = {key: plain(reference.moment(value, put.at)) for key, value in _relative(conditions).items()}

    def attributes(self, facts: Mapping[str, Any]) -> dict[str, Any]:
        """Return attributes without their entity; those of a tree also with all that is above them."""
        found: dict[str, Any] = {}
        for key, value in facts.items():
            name = key.partition(".")[2].replace("custom.", "own_")
            if value in (None, "", []):
                continue
            found[name] = plain(value)
            if name in TREES:
                places = value if isinstance(value, list) else [value]
                tree = TREE_OF.get(name, name)
                found[f"{name}_path"] = sorted({top for one in places for top in self.model.above(tree, one)})
        return found

    def person(self, pk: int) -> dict[str, Any]:
        return self.attributes(
            {
                key: value
                for key, value in self.reference.facts(self.put.people[pk], None, self.put.at, {}).items()
                if key.startswith("subject.") and key != "subject.state"
            }
        )

    def thing(self, pk: int, exists: bool) -> dict[str, Any]:
        found = self.attributes(self.reference.facts_of(self.put.things[pk]))
        return {**found, "id": pk, "exists": exists}

    def context(self, known: Mapping[str, object]) -> dict[str, Any]:
        found = self.attributes(known)
        at = known["context.at"]
        assert isinstance(at, datetime)
        for zone in ZONES:
            there = at.astimezone(ZoneInfo(zone))
            found[local("minute", zone)] = there.hour * 60 + there.minute
            found[local("weekday", zone)] = there.isoweekday()
        return found

    def rules(self, person: int, action: str) -> dict[str, Any]:
        """Return scopes, single things and policies for one person and action, these in each language."""
        mine = facts.snapshot(person, self.put.at)
        scopes = [[list(term) for term in scope.terms] for scope in mine.scopes(action, self.put.at)]
        versions = self.reference.about(self.put.people[person], action, self.put.at)
        languages: dict[str, Dialect] = {"casbin": Casbin(self.moments), "cedar": Cedar(self.moments)}
        policies = {
            name: [
                (version.effect, surely(version.condition, version.effect != "block", language)) for version in versions
            ]
            for name, language in languages.items()
        }
        return {"scopes": scopes, "things": sorted(mine.objects(action, self.put.at)), **policies}

    def policies(self) -> list[tuple[str, str, list[str]]]:
        """Return every policy in Cedar's language with the permissions it is about."""
        cedar, found = Cedar(self.moments), []
        for state in self.reference.states:
            one = state.version
            said = surely(one.condition, one.effect != "block", cedar)
            found.append((one.effect, said, sorted(self._about(one))))
        return found

    def _about(self, version: Any) -> set[str]:
        named = version.targets["permissions"]
        if version.effect == "allow":
            return {key for key in self.model.implies if any(self.reference.brings(one, key) for one in named)}
        return {key for key in self.model.implies if any(self.reference.brings(key, one) for one in named)}

    def whole(self, person: int) -> dict[str, Any]:
        """Return a person's grants by action, and the numbers of the policies about them: for one handle each."""
        mine, at = facts.snapshot(person, self.put.at), self.put.at
        given = {grant.action for grants in mine.subject.objects.values() for grant in grants}
        held = {action for grant in mine.subject.grants for action in mine.model.holding[grant.role]}
        held |= {action for action, by in mine.model.implied_by.items() if by & given}
        grants = {
            action: ([list(scope.terms) for scope in mine.scopes(action, at)], sorted(mine.objects(action, at)))
            for action in sorted(held)
        }
        who = self.put.people[person]
        mine_too = [
            number
            for number, state in enumerate(self.reference.states)
            if self.reference.is_among(who, state.version.targets, at)
        ]
        return {"grants": grants, "policies": mine_too}


def _relative(conditions: list[Any]) -> dict[str, Any]:
    """Return the moments so many days from now that conditions state, by what names them."""
    import json

    found: dict[str, Any] = {}
    for condition in conditions:
        if isinstance(condition, dict) and "days_from_now" in condition:
            found[json.dumps(condition)] = condition
        elif isinstance(condition, dict):
            found |= _relative(list(condition.values()))
        elif isinstance(condition, list):
            found |= _relative(condition)
    return found
