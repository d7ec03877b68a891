"""A version of a policy as its page shows it: the sentence, what it reaches, what it owes, what it reads."""

from collections import defaultdict
from datetime import datetime
from typing import Any

from permissions import facts
from permissions.engine.policies import Kind
from permissions.models import Action, PolicyVersion
from permissions.policies.compiling import actions, rule
from permissions.policies.words import Words


def told(version: PolicyVersion, words: Words, *, at: datetime) -> dict[str, Any]:
    """Return what the page of a policy says of `version`."""
    model = facts.model(at)
    reads = rule(version, model, words.known).reads
    return {
        "says": words.sentence(version),
        "whom": words.whom(version),
        "owed": words.obligations(version),
        "reached": _by_type(actions(version.targets, Kind(version.effect), model)),
        "reads": [words.known[key] for key in sorted(reads) if key in words.known],
    }


def _by_type(keys: frozenset[str]) -> list[tuple[str, list[Action]]]:
    """Return permissions under the names of their types, in the catalogue's order."""
    found: dict[str, list[Action]] = defaultdict(list)
    for action in Action.objects.filter(key__in=keys).select_related("type"):
        found[action.type.plural].append(action)
    return list(found.items())
