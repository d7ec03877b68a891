"""Things that are not registered, as a connected system describes them: where their type allows it, that counts.

Places are named by their codes, teams by their names, people as the system names them. What nobody knows is left out:
to a scope it lies nowhere, to a policy it is unknown, which never opens.
"""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from django.db.models import Q

from accounts.attributes.facts import dated
from accounts.models import Node, Team
from permissions.authzen.questions import Entity
from permissions.engine import Target
from permissions.models import AttributeDefinition, AttributeType, Sensitivity
from permissions.models import Entity as Whose
from permissions.policies.schema import CUSTOM
from permissions.policies.things import placed

PLACES = ("region", "department", "product_line", "segment")
TEAM, OWNER, SENSITIVITY, CHANNEL = "team", "owner", "sensitivity", "channel"
LEVELS = {level.name.lower(): level.value for level in Sensitivity}


def people_in(resources: Iterable[Entity]) -> set[str]:
    """Return the names of the people whom descriptions mention."""
    return {name for each in resources if isinstance(name := each.properties.get(OWNER), str)}


class Reader:
    """Reads the descriptions of one request's resources, in three queries."""

    def __init__(self, system: str, resources: Iterable[Entity], people: Mapping[str, int]) -> None:
        every = list(resources)
        self.system, self.people = system, people
        self.nodes = _nodes(every)
        self.teams = _teams({name for each in every if isinstance(name := each.properties.get(TEAM), str)})
        custom = AttributeDefinition.objects.filter(entity=Whose.RESOURCE, archived_at=None)
        self.custom: dict[str, str] = dict(custom.values_list("name", "type"))

    def target(self, resource: Entity) -> Target:
        """Return what the gate is asked about; `facts` are what the properties say."""
        said = resource.properties
        here = {name: frozenset({pk}) for name in PLACES if (pk := self._node(name, said.get(name))) is not None}
        team = self.teams.get(said[TEAM]) if isinstance(said.get(TEAM), str) else None
        if team is not None:
            here["team"] = frozenset({team})
        return Target(resource.type, None, here, facts=partial(self._facts, said, here))

    def _node(self, kind: str, code: Any) -> int | None:
        return self.nodes.get((kind, code)) if isinstance(code, str) else None

    def _facts(self, said: Mapping[str, Any], here: Mapping[str, frozenset[int]]) -> dict[str, object]:
        found: dict[str, object] = {**placed(here), "resource.system": self.system}
        if isinstance(said.get(CHANNEL), str):
            found["resource.channel"] = said[CHANNEL]
        if isinstance(said.get(OWNER), str) and said[OWNER] in self.people:
            found["resource.owner"] = self.people[said[OWNER]]
        level = sensitivity(said)
        if level is not None:
            found["resource.sensitivity"] = level
        for name, kind in self.custom.items():
            if name in said:
                found[f"{CUSTOM}{name}"] = dated(said[name]) if kind == AttributeType.DATE else said[name]
        return found


def sensitivity(said: Mapping[str, Any]) -> int | None:
    """Return the sensitivity that properties state, by its name or its number; None where they state none.

    >>> sensitivity({"sensitivity": "restricted"}), sensitivity({"sensitivity": 2}), sensitivity({"sensitivity": "?"})
    (4, 2, None)
    """
    found = said.get(SENSITIVITY)
    if isinstance(found, str):
        return LEVELS.get(found.lower())
    return found if type(found) is int and found in Sensitivity.values else None


def _nodes(resources: Iterable[Entity]) -> dict[tuple[str, str], int]:
    wanted = {
        (kind, code) for each in resources for kind in PLACES if isinstance(code := each.properties.get(kind), str)
    }
    asked = Q(pk__in=[])
    for kind in PLACES:
        asked |= Q(kind=kind, code__in={code for of, code in wanted if of == kind})
    rows = Node.objects.filter(asked, archived_at=None).values_list("kind", "code", "pk") if wanted else ()
    return {(kind, code): pk for kind, code, pk in rows}


def _teams(names: set[str]) -> dict[str, int]:
    rows = Team.objects.filter(principal__label__in=names, archived_at=None) if names else Team.objects.none()
    return dict(rows.values_list("principal__label", "pk"))
