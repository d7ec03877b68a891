"""What a rule reads is a door of giving: whoever changes it must be able to give what people come to hold by it.

watch = doors.watch(actor, {"subject.title"}, at=at)   # before anything is changed or locked
...the change...
watch.settle(Person.objects.filter(pk=person.pk))      # whom it concerns; None: anybody
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts import gains
from accounts.groups.ahead import Course, course, gained
from accounts.groups.recompute import Outcome, recompute
from accounts.groups.rules import Standing, standing
from accounts.models import Person
from cxaccess.lib.errors import Refused
from permissions.birthrights import doors as birthrights
from permissions.giving import hold, lock_administration, require_administrator
from permissions.guards import NotAllowed
from permissions.policies.doors import Door, opened_by, opened_on, reads_any

PLACED = frozenset({"subject.region", "subject.department", "subject.teams", "subject.leads"})  # where people lie


@dataclass(frozen=True, slots=True)
class Watch:
    """The rules that read what is about to change, and what of them the actor could not give."""

    rights: birthrights.Watch
    groups: list[Standing]
    refusals: dict[int, NotAllowed]
    at: datetime
    before: dict[int, Course]
    policies: Door
    things: Door  # people are things, too, and lie where they belong

    def require_not_ones_own(self, changed: Collection[str]) -> None:
        """Refuse a change of one's own attributes that a rule reads. Raises Refused with the field."""
        for name in changed:
            if reads_any({f"subject.{name}"}, at=self.at):
                raise Refused(
                    _("A policy reads this, and nobody changes their own access. Ask somebody else."), field=name
                )
            if self.rights.reads_any({f"subject.{name}"}):
                raise Refused(
                    _("A birthright rule reads this, and nobody changes their own access. Ask somebody else."),
                    field=name,
                )
            if any(each.reads_any({f"subject.{name}"}) for each in self.groups):
                raise Refused(
                    _("A group's rule reads this, and nobody changes their own access. Ask somebody else."), field=name
                )

    def settle(self, people: QuerySet[Person] | None) -> list[Outcome]:
        """Let what rules give follow the change: birthrights first, for rules of groups may read the teams they give.

        Raises NotAllowed where somebody came to hold what the actor cannot give, Refused where nobody would be left
        to administer.
        """
        self.rights.settle(people)
        outcomes = self._follow(people) if self.groups else []
        self.policies.settle(people)
        self.things.settle(people)
        return outcomes

    def _follow(self, people: QuerySet[Person] | None) -> list[Outcome]:
        outcomes = recompute(self.groups, at=self.at, people=people)
        for outcome in outcomes:
            if outcome.joined and outcome.group.pk in self.refusals:
                raise self.refusals[outcome.group.pk]
        self._require_nobody_later(people)
        if any(outcome.left for outcome in outcomes):
            require_administrator(at=self.at)
        return outcomes

    def _require_nobody_later(self, people: QuerySet[Person] | None) -> None:
        """Refuse a change by which time alone would take somebody in whom it would not have. Raises NotAllowed."""
        for each in self.groups:
            before = self.before.get(each.group.pk)
            if each.rule is None or before is None:
                continue
            if gained(before, course(each.rule, people, self.at, also=before)):
                raise self.refusals[each.group.pk]


def watch(
    actor: Person, reads: Collection[str] | None, *, at: datetime, people: QuerySet[Person] | None = None
) -> Watch:  # fmt: skip
    """Return a watch on the rules that read one of `reads`, with the actor's authority as it is before the change.

    None watches every rule: for somebody new. `people` are those whom it concerns; None: anybody.
    Whoever changes what rules may read waits for whoever changes a rule, and the other way round.
    """
    if reads != frozenset():
        lock_administration()
    rights = birthrights.reading(reads)
    reads = rights.and_what_they_change(reads)
    found = [each for each in standing() if reads is None or each.reads_any(reads)] if reads != frozenset() else []
    policies, things = opened_by(actor, reads, people, at=at), _of_things(actor, reads, people, at)
    if policies.refusals or things.refusals:
        lock_administration()
    held = {each.group.principal_id for each in found} | rights.principals(at)
    if held:
        hold(held, at=at)
    refusals: dict[int, NotAllowed] = {}
    before: dict[int, Course] = {}
    for each in found:
        try:
            gains.require_gains(actor, gains.of_membership(each.group.principal, at=at), at=at)
        except NotAllowed as refusal:
            refusals[each.group.pk] = refusal
            if each.rule is not None and each.rule.moves:
                before[each.group.pk] = course(each.rule, people, at)
    return Watch(rights.watch(actor, people, at=at), found, refusals, at, before, policies, things)


def _of_things(actor: Person, reads: Collection[str] | None, people: QuerySet[Person] | None, at: datetime) -> Door:
    """Return the door that people are as things. What moves in a tree is that of `opened_by`."""
    if reads is not None and (people is None or PLACED.isdisjoint(reads)):
        return Door(at, {})
    return opened_on(actor, Person.objects.all() if people is None else people, at=at)


def of_tree(kind: str) -> frozenset[str]:
    """Return the attributes whose "within" says something else once the tree of `kind` (or "team") has changed."""
    return {
        "region": frozenset({"subject.region", "subject.territories"}),
        "department": frozenset({"subject.department"}),
        "product_line": frozenset({"subject.product_lines"}),
        "segment": frozenset({"subject.segments"}),
        "team": frozenset({"subject.teams", "subject.leads"}),
    }[kind]
