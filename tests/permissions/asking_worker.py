"""A process that decides what it is asked, for test_interleavings: ``python -m tests.permissions.asking_worker TOKEN``.

A question is a line of JSON, and so is its answer. It keeps between questions whatever the console keeps between
requests. With ``--blind`` it believes every stamp for ever as it read it first: what it then keeps goes stale.
"""

import json
import sys
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import django
from django.test.utils import setup_test_environment

django.setup()
setup_test_environment()

from accounts.models import Person  # noqa: E402 - its models need the apps
from cxaccess.jobs import stamps  # noqa: E402 - the same
from permissions import facts, gate, places  # noqa: E402 - the same
from permissions.models import Resource  # noqa: E402 - the same
from tests.integrations import Caller, question  # noqa: E402 - the same

Json = dict[str, Any]


def things(ids: Iterable[int]) -> list[Resource]:
    return list(Resource.objects.select_related("type").filter(pk__in=list(ids)).order_by("pk"))


def may(asked: Json, at: datetime) -> list[bool]:
    """Ask about each thing by itself, as a view does that shows one."""
    person = Person.objects.get(pk=asked["person"])
    return [gate.may(person, asked["action"], thing, at=at) for thing in things(asked["things"])]


def explained(asked: Json, at: datetime) -> list[bool]:
    person = Person.objects.get(pk=asked["person"])
    with facts.pinned():
        return [gate.decide(person, asked["action"], thing, at=at).allowed for thing in things(asked["things"])]


def django_asks(asked: Json, _at: datetime) -> list[bool]:
    """Ask as code does that knows Django alone."""
    person = Person.objects.get(pk=asked["person"])
    return [person.has_perm(asked["action"], thing) for thing in things(asked["things"])]


def listed(asked: Json, at: datetime) -> list[bool]:
    person = Person.objects.get(pk=asked["person"])
    with facts.pinned():
        rows = gate.visible(person, asked["action"], Resource.objects.filter(pk__in=asked["things"]), at=at)
        found = set(rows.values_list("pk", flat=True))
    return [pk in found for pk in asked["things"]]


def many(asked: Json, at: datetime) -> list[bool]:
    person = Person.objects.get(pk=asked["person"])
    with facts.pinned():
        facts.prepare([person.pk], at)
        targets = places.targets(things(asked["things"]), at)
        return gate.may_each(person, asked["action"], targets.values(), at=at)


def over_http(caller: Caller) -> dict[str, Callable[[Json, datetime], list[bool]]]:
    """Return how a connected system asks: one question each, and all of them in one request."""

    def bodies(asked: Json) -> list[Json]:
        mail, name = Person.objects.get(pk=asked["person"]).email, asked["action"].partition(".")[2]
        return [question(mail, name, ("feedback", thing.external_id)) for thing in things(asked["things"])]

    def single(asked: Json, _at: datetime) -> list[bool]:
        return [caller.ask("evaluation", body)[1]["decision"] for body in bodies(asked)]

    def batch(asked: Json, _at: datetime) -> list[bool]:
        _status, answer = caller.ask("evaluations", {"evaluations": bodies(asked)})
        return [one["decision"] for one in answer["evaluations"]]

    return {"single": single, "batch": batch}


def blinded() -> Callable[[Iterable[int]], dict[int, int]]:
    read, seen = stamps.read, dict[int, int]()

    def first(keys: Iterable[int]) -> dict[int, int]:
        wanted = list(keys)
        for key, version in read(wanted).items():
            seen.setdefault(key, version)
        return {key: seen[key] for key in wanted}

    return first


def main() -> None:
    if "--blind" in sys.argv:
        stamps.read = blinded()
    ways = {"may": may, "explained": explained, "django": django_asks, "listed": listed, "many": many}
    ways |= over_http(Caller(text=sys.argv[1]))
    for line in sys.stdin:
        asked = json.loads(line)
        answer = ways[asked["how"]](asked, datetime.fromisoformat(asked["at"]))
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
