"""What a birthright rule reads is a door of giving, as what the rule of a group reads: `accounts.groups.doors`.

A gift within the person's own place is asked about at that place: whoever gives within EMEA hires regional managers
there. Where the actor may not give it everywhere, it is found out before the change at which places they may not.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from accounts import gains
from accounts.groups.ahead import Course, course, gained
from accounts.models import Node, Person, Principal
from permissions import facts
from permissions.birthrights import rules
from permissions.birthrights.gifts import ROLE, Gift
from permissions.birthrights.recompute import Outcome, principal_of, recompute
from permissions.birthrights.rules import People, Standing
from permissions.engine import Scope
from permissions.giving import require_administrator, require_give
from permissions.guards import NotAllowed, NotVisible

Refusals = dict[int | None, NotAllowed]  # by own place; None: wherever it is


@dataclass(frozen=True)
class Reading:
    """The rules in force that read what is about to change."""

    found: list[Standing]

    def principals(self, at: datetime) -> set[int]:
        """Return the teams and groups that they give, with the teams above, as principals."""
        return principals_of([gift for each in self.found for gift in each.gifts], at=at)

    def and_what_they_change(self, reads: Collection[str] | None) -> Collection[str] | None:
        """Return `reads` with what these rules may change by themselves: the teams that people are in."""
        if reads is None or not any(each.gives_teams for each in self.found):
            return reads
        return {*reads, "subject.teams"}

    def watch(self, actor: Person, people: People, *, at: datetime) -> "Watch":
        """Return what `actor` could not give of them, as it is before the change."""
        watch = Watch(self.found, at)
        for each in self.found:
            refused = {gift: refusals(actor, gift, at=at) for gift in each.gifts}
            watch.refused[each.birthright.pk] = {gift: found for gift, found in refused.items() if found}
            if watch.refused[each.birthright.pk] and each.rule is not None and each.rule.moves:
                watch.before[each.birthright.pk] = course(each.rule, people, at)
        return watch


@dataclass(frozen=True)
class Watch:
    """The rules that read what is about to change, and by rule and gift what the actor could not give."""

    found: list[Standing]
    at: datetime
    refused: dict[int, dict[Gift, Refusals]] = field(default_factory=dict)
    before: dict[int, Course] = field(default_factory=dict)

    def reads_any(self, keys: Collection[str]) -> bool:
        """Return whether one of the rules reads one of `keys`."""
        return any(not each.reads.isdisjoint(keys) for each in self.found)

    def settle(self, people: People) -> None:
        """Let what the rules give follow the change. Raises NotAllowed, Refused."""
        if not self.found:
            return
        outcomes = recompute(self.found, at=self.at, people=people)
        for outcome in outcomes:
            self._require_given(outcome)
        self._require_nobody_later(people)
        if any(outcome.ended for outcome in outcomes):
            require_administrator(at=self.at)

    def _require_given(self, outcome: Outcome) -> None:
        refused = self.refused.get(outcome.standing.birthright.pk, {})
        for gift, place in outcome.opened:
            _raise(refused.get(gift, {}), place)

    def _require_nobody_later(self, people: People) -> None:
        """Refuse a change by which time alone would take somebody in whom it would not have. Raises NotAllowed."""
        for each in self.found:
            before = self.before.get(each.birthright.pk)
            if each.rule is None or before is None:
                continue
            newly = gained(before, course(each.rule, people, self.at, also=before))
            for gift, refused in self.refused[each.birthright.pk].items():
                places = Person.objects.filter(pk__in=newly).values_list(gift.own or "pk", flat=True) if newly else ()
                for place in places:
                    _raise(refused, place if gift.own else None)


def _raise(refused: Refusals, place: int | None) -> None:
    refusal = refused.get(place) or refused.get(None)
    if refusal is not None:
        raise refusal


def reading(reads: Collection[str] | None) -> Reading:
    """Return the rules in force on which it depends by one of `reads` what people have; None: all."""
    if reads is not None and not reads:
        return Reading([])
    return Reading([each for each in rules.standing() if reads is None or not each.reads.isdisjoint(reads)])


def refusals(actor: Person, gift: Gift, *, at: datetime) -> Refusals:
    """Return why `actor` may not give `gift`: nothing where they may, by place where it depends on that."""
    refusal = refused(actor, gift, gift.scope(), at=at)
    if refusal is None:
        return {}
    if not gift.own:
        return {None: refusal}
    found: Refusals = {}
    for place in Node.objects.filter(kind=gift.own).values_list("pk", flat=True):
        refusal = refused(actor, gift, gift.scope(place), at=at)
        if refusal is not None:
            found[place] = refusal
    return found


def refused(actor: Person, gift: Gift, scope: Scope, *, at: datetime) -> NotAllowed | None:
    """Return why `actor` may not give `gift` within `scope`; None where they may."""
    try:
        require_gift(actor, gift, scope, at=at)
    except NotAllowed as refusal:
        return refusal
    return None


def require_gift(actor: Person, gift: Gift, scope: Scope, *, at: datetime) -> None:
    """Pass an actor who may give `gift`, a role within `scope`. Raises NotAllowed."""
    if gift.kind == ROLE:
        try:
            require_give(actor, role_id=gift.id, scope=scope, at=at)
        except NotVisible as refusal:
            raise NotAllowed(refusal.person, refusal.decision) from refusal
        return
    principal = Principal.objects.get(**{f"{gift.kind}__pk": gift.id})
    gains.require_gains(actor, gains.of_membership(principal, at=at), at=at)


def principals_of(gifts: Collection[Gift], *, at: datetime) -> set[int]:
    """Return the principals of the teams and groups among `gifts`, with those of the teams above."""
    found = {principal_of(gift) for gift in gifts if gift.kind != ROLE}
    return {above for principal in found for above in facts.model(at).chain(principal)}
