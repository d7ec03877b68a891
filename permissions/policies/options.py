"""What the builder of a policy offers where an attribute is one of something."""

from collections.abc import Callable, Sequence
from datetime import datetime

from accounts.attributes import options as of_people
from accounts.attributes.options import MOST, Choice
from accounts.models import Person, PersonState
from cxaccess.lib.conditions import Attribute
from permissions import gate
from permissions.policies.schema import OWNER, PERSON


def offered(reader: Person, at: datetime) -> Callable[[Attribute], Sequence[Choice]]:
    """Return what gives an attribute's choices, as far as `reader` may see them; each domain is read once."""
    others = of_people.offered(reader, at)
    people: list[Choice] = []

    def choices(attribute: Attribute) -> Sequence[Choice]:
        if attribute.key not in (OWNER, PERSON.key):
            return others(attribute)
        if not people:
            rows = Person.objects.exclude(state=PersonState.LEFT)
            seen = gate.visible(reader, "person.view", rows, at=at).order_by("name", "pk")
            people.extend((str(pk), name) for pk, name in seen.values_list("pk", "name")[:MOST])
        return people

    return choices
