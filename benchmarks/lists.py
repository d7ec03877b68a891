"""A page of 100,000 resources that somebody may see: `gate.visible` beside guardian's `get_objects_for_user`.

    python benchmarks/run.py lists

Both show the newest 50 and count; both must count the same. Guardian has one row for each group and resource.
"""

from typing import Any

from benchmarks.common import close, milliseconds, rival, scratch

FOLDER = scratch()

from accounts.models import Node, Person  # noqa: E402 - Django must be set up first
from benchmarks.decisions_layout import laid_out  # noqa: E402
from cxaccess.lib import clock  # noqa: E402
from permissions import facts, gate, places  # noqa: E402
from permissions.models import Resource, ResourceType  # noqa: E402

MANY, ACTION = 100_000, "feedback.view"


def fill() -> None:
    """Add resources, spread over all regions and departments, one in ten without a region."""
    type_ = ResourceType.objects.get(key="feedback")
    regions = list(Node.objects.filter(kind="region").values_list("pk", flat=True))
    departments = list(Node.objects.filter(kind="department").values_list("pk", flat=True))
    at = clock.now()
    Resource.objects.bulk_create(
        [
            Resource(
                type=type_, system="bench", external_id=str(n), name=f"Stream {n}", created_at=at,
                region_id=regions[n % len(regions)] if n % 10 else None,
                department_id=departments[n % len(departments)],
            )
            for n in range(MANY)
        ],
        batch_size=5000,
    )  # fmt: skip


def readers(at: Any) -> dict[str, Person]:
    """Return somebody who sees the most, somebody in the middle and somebody who sees little."""
    people = gate.who_can_somewhere(ACTION, at=at).order_by("pk")
    counts = {person: gate.visible(person, ACTION, Resource.objects.all(), at=at).count() for person in people[:60]}
    ranked = sorted((person for person in counts if counts[person]), key=lambda person: -counts[person])
    return {"widest": ranked[0], "middle": ranked[len(ranked) // 2], "narrowest": ranked[-1]}


def main(_options: Any) -> None:
    """Measure and print."""
    fill()
    at, figures, asked = clock.now(), {}, []
    found = readers(at)
    for name, person in found.items():
        rows = gate.visible(person, ACTION, Resource.objects.all(), at=at)
        asked.append((name, person.pk, ACTION.replace(".", "_"), rows.count()))

        def page(person: Person = person) -> list[Any]:
            with facts.pinned():
                return list(gate.visible(person, ACTION, Resource.objects.all(), at=at).order_by("-pk")[:50])

        def count(person: Person = person) -> int:
            with facts.pinned():
                return gate.visible(person, ACTION, Resource.objects.all(), at=at).count()

        figures |= {f"{name} page": milliseconds(page, 7, 1), f"{name} count": milliseconds(count, 7, 1)}
    targets = places.targets(list(Resource.objects.filter(type__key="feedback").select_related("type")), at)
    known = laid_out([person.pk for person in found.values()], targets, at, only={ACTION})
    other = rival("lists", known | {"asked": asked}, FOLDER)
    print(f"{Resource.objects.count():,} resources; milliseconds of processor time")
    for name, _pk, _action, seen in asked:
        for what in ("page", "count"):
            ours, theirs = figures[f"{name} {what}"], other[f"{name} {what}"]
            print(f"  {name:<10} sees {seen:>7,}  {what:<6} {ours:>9.1f} ms   guardian {theirs:>9.1f} ms", end="")
            print(f"   x {theirs / ours:,.2f}")
    close()
