"""How many decisions a second: the gate beside django-guardian's checker and Django's model permissions.

    python benchmarks/run.py decisions

All answer the same questions about the demo company's 400 people; guardian's answers are compared with the gate's
first. Guardian and Django get what was worked out for them (a row for each holder, permission and thing; a group for
each team above one's own); the gate works from roles, inclusion, implication, scopes, trees and windows.
"""

import random
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from benchmarks.common import close, per_second, rival, scratch, table

FOLDER = scratch()

from accounts.models import Person  # noqa: E402 - Django must be set up first
from benchmarks.decisions_layout import code, laid_out  # noqa: E402
from cxaccess.lib import clock  # noqa: E402
from permissions import facts, gate, places  # noqa: E402
from permissions.models import Action, Resource  # noqa: E402

ASKED = 4000


@dataclass
class Questions:
    """What is asked, each way it can be asked."""

    at: datetime
    asked: list[tuple[Any, str, Any]]
    targets: dict[int, Any]

    def targeted(self) -> list[bool]:
        return [gate.may(who, action, self.targets[what.pk], at=self.at) for who, action, what in self.asked]

    def rows(self) -> list[bool]:
        return [gate.may(who, action, what, at=self.at) for who, action, what in self.asked]

    def cold(self) -> None:
        for who, action, what in self.asked[:300]:
            facts.kept.people.clear()
            gate.may(who, action, what, at=self.at)

    def coldest(self) -> None:
        for who, action, what in self.asked[:100]:
            facts.kept.clear()
            gate.may(who, action, what, at=self.at)

    def explained(self) -> None:
        for who, action, what in self.asked[:1000]:
            gate.decide(who, action, self.targets[what.pk], at=self.at)


def questions(people: list[Any], at: datetime) -> Questions:
    """Return the same random questions every time."""
    rng = random.Random(7)
    things = list(Resource.objects.filter(object_kind=None).select_related("type").order_by("pk"))
    actions = list(Action.objects.filter(type__console=False).order_by("key").values_list("key", flat=True))
    asked = []
    for _ in range(ASKED):
        thing = rng.choice(things)
        of_type = [action for action in actions if action.startswith(f"{thing.type.key}.")]
        asked.append((rng.choice(people), rng.choice(of_type), thing))
    return Questions(at, asked, dict(places.targets(things, at)))


def main(_options: Any) -> None:
    """Measure and print."""
    at = clock.now()
    people = list(Person.objects.filter(state="active").order_by("pk"))
    put = questions(people, at)
    with facts.pinned():
        expected = put.targeted()
        own = [
            ("gate.may, pinned and warm: as inside one request", per_second(put.targeted, ASKED)),
            ("gate.decide, pinned and warm: with every path", per_second(put.explained, 1000)),
        ]
    own += [
        ("gate.may, stamps read again at each question", per_second(put.targeted, ASKED, rounds=3)),
        ("gate.may, the same, from a row instead of a target", per_second(put.rows, ASKED, rounds=3)),
        ("gate.may, the person's facts read anew", per_second(put.cold, 300, rounds=3)),
        ("gate.may, facts and model read anew", per_second(put.coldest, 100, rounds=3)),
    ]
    known = laid_out([person.pk for person in people], put.targets, at)
    known["asked"] = [(who.pk, code(action), what.pk) for who, action, what in put.asked]
    known["expected"] = expected
    other = rival("decisions", known, FOLDER)
    print(
        f"{len(people)} people, {len(put.targets)} resources, {ASKED} questions, {sum(expected)} answered yes by both"
    )
    names = {
        "guardian kept": "guardian ObjectPermissionChecker, kept and warm",
        "guardian fresh": "guardian ObjectPermissionChecker, new at each question",
        "model kept": "Django has_perm without object, kept user",
        "model fresh": "Django has_perm without object, user read anew",
    }
    table(
        "decisions a second of processor time",
        own + [(names[name], figure) for name, figure in other.items()],
        "/s",
        own[0][1],
    )
    close()
