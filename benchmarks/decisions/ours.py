"""What is measured of the gate, each thing as a function that does all of it once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from django.db import connection

from benchmarks.decisions.by_hand import CAP, PAGE, ByHand
from benchmarks.decisions.questions import Questions
from benchmarks.decisions.reference import Reference
from cxaccess.lib.listing import Count
from permissions import facts, gate
from permissions.engine.combine import Context
from permissions.models import Resource, ResourceType

EXPLAINED, COLD = 500, 200
READERS = 12  # people of whom the widest, the middle and the narrowest list are taken


class Ours:
    """The gate's side. `batch` is (person, action, things), `lists` are (person, action), `who` (action, thing)."""

    def __init__(self, put: Questions, things: list[Any]) -> None:
        self.put, self.at, self.moment = put, put.at, put.contexts[0]
        self.asked = [
            (put.people[one.person], one.action, put.targets[one.thing], put.contexts[one.moment]) for one in put.asked
        ]
        allowed = [one for one in put.asked if one.allowed]
        self.batch = (put.people[allowed[0].person], allowed[0].action, things)
        self.lists = self._readers()
        self.who = [(one.action, one.thing) for one in allowed[:3]]
        self.points = put.asked[:COLD]

    def _readers(self) -> list[tuple[int, str]]:
        counted = []
        for pk in sorted({one.person for one in self.put.asked})[:READERS]:
            action = next(one.action for one in self.put.asked if one.person == pk).partition(".")[0] + ".view"
            rows = self.rows(pk, action)
            counted.append((rows.order_by()[: 20 * CAP].count(), pk, action))
        seen = sorted(one for one in counted if one[0])
        return [(pk, action) for _count, pk, action in (seen[-1], seen[len(seen) // 2], seen[0])]

    def rows(self, person: int, action: str) -> Any:
        who = self.put.people[person]
        return gate.visible(who, action, Resource.objects.all(), at=self.at, context=self.moment)

    def point(self) -> list[bool]:
        return [gate.may(who, action, what, at=self.at, context=moment) for who, action, what, moment in self.asked]

    def reasons(self) -> list[bool]:
        return [
            gate.decide(who, action, what, at=self.at, context=moment).allowed
            for who, action, what, moment in self.asked[:EXPLAINED]
        ]

    def many(self) -> list[bool]:
        who, action, things = self.batch
        return gate.may_each(who, action, things, at=self.at, context=self.moment)

    def cold(self) -> list[bool]:
        found = []
        with facts.unpinned():
            for who, action, what, moment in self.asked[:COLD]:
                facts.kept.people.clear()
                found.append(gate.may(who, action, what, at=self.at, context=moment))
        return found

    def listed(self) -> list[Any]:
        return [_page(self.rows(person, action), "pk", "name") for person, action in self.lists]

    def by_hand(self, reference: Reference) -> Callable[[], list[Any]]:
        """Return the same lists as hand-written SQL."""
        made = []
        for pk, action in self.lists:
            who, mine = self.put.people[pk], facts.snapshot(pk, self.at)
            known = reference.facts(who, None, self.at, dict(self.moment.known))
            type_id = ResourceType.objects.get(key=action.partition(".")[0]).pk
            policies = reference.about(who, action, self.at)
            where = ByHand(mine.model, reference, known).where(mine, action, type_id, policies)
            of = f"FROM permissions_resource r WHERE {where}"
            page = f"SELECT r.id, r.name {of} ORDER BY r.created_at DESC, r.id DESC LIMIT {PAGE}"
            made.append((page, f"SELECT COUNT(*) FROM (SELECT 1 {of} LIMIT {CAP})"))
        return lambda: [_asked(page, count) for page, count in made]

    def granted(self) -> list[Any]:
        return [_page(self.rows(person, action), "pk", order=("-pk",)) for person, action in self.lists]

    def who_can(self) -> list[Any]:
        return [
            _page(gate.who_can(action, self.put.targets[thing], at=self.at, context=Context()), "pk", order=("pk",))
            for action, thing in self.who
        ]


@contextmanager
def without_policies(ours: Ours) -> Iterator[None]:
    """Within it there are grants only: what peers without policies can be compared with."""
    with facts.pinned():
        pins = facts._pinned.get()
        assert pins is not None
        pins.model = replace(facts.model(ours.at), policies=(), recording=())
        for person, _action in ours.lists:
            found = facts.snapshot(person, ours.at)
            pins.people[person] = replace(found, model=pins.model, known={}, times=[])
        yield


def _page(rows: Any, *columns: str, order: tuple[str, ...] = ("-created_at", "-pk")) -> list[Any]:
    page = rows.order_by(*order).values_list(*columns)[:PAGE]
    return [[row[0] for row in page], CAP if (count := Count.of(rows, CAP - 1)).capped else count.value]


def _asked(page: str, count: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(page)
        rows = [row[0] for row in cursor.fetchall()]
        cursor.execute(count)
        return [rows, cursor.fetchone()[0]]
