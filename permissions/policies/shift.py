"""Who gains and who loses what when policies change: person by person, permission by permission, in numbers of things.

It is the decision of the engine, put to everybody and everything at once: people who are alike are asked about once,
and so are things. What is granted stays; only policies differ before and after. Tests hold that it is what asking one
by one would say.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

from cxaccess.lib.conditions.evaluation import World
from permissions.engine import Model, Subject, Target, objects_for, scopes_for
from permissions.engine.combine import Context, Effect
from permissions.engine.policies import Rule
from permissions.engine.questions import Question
from permissions.policies.judging import Judging, Rules, Sums
from permissions.policies.schema import is_of_thing
from permissions.policies.stock import Stock

NOWHERE, SOMEWHERE, EVERYWHERE = 0, 1, 2  # of what has no list of things


class Shift(NamedTuple):
    """What happens to one permission of one person: on how many things they hold it, and how many come and go.

    Of what has no list of things, `before` and `after` are NOWHERE, SOMEWHERE or EVERYWHERE.
    """

    person: int
    action: str
    before: int
    after: int
    gained: int
    lost: int


@dataclass
class Change:
    """Two models that differ in policies alone, asked about as of one moment. `stocks` has the things of each type."""

    before: Model
    after: Model
    at: datetime
    context: Context
    stocks: Mapping[str, Stock | None]
    _where: dict[str, dict[int, int]] = field(default_factory=dict)
    _judgings: dict[object, Judging] = field(default_factory=dict)

    @cached_property
    def rules(self) -> Mapping[str, tuple[tuple[Rule, ...], tuple[Rule, ...]]]:
        """Return {permission: the policies about it before and after} where these differ."""
        known = ({*self.before.judging} | {*self.after.judging}) & self.before.implies.keys()
        pairs: dict[str, Any] = {
            action: (self.before.judging.get(action, ()), self.after.judging.get(action, ())) for action in known
        }
        return {action: pair for action, pair in sorted(pairs.items()) if _ids(pair[0]) != _ids(pair[1])}

    @cached_property
    def differing(self) -> Mapping[str, tuple[Rule, ...]]:
        """Return {permission: the policies that are about it either before or after}."""
        found = {}
        for action, (before, after) in self.rules.items():
            there, then = _ids(before), _ids(after)
            found[action] = (
                *(one for one in before if id(one) not in then), *(one for one in after if id(one) not in there)
            )  # fmt: skip
        return found

    @cached_property
    def _world(self) -> World:
        return World(self.at, self.after.above, self.after.below, self.after.zone)

    def of(self, subjects: Sequence[Subject]) -> Iterator[Shift]:
        """Yield what happens to each of these people, of whom the grants and attributes are known as of the moment."""
        self._place(subjects)
        for subject in subjects:
            if subject.is_active(self.at):
                yield from self._of(subject)

    def _place(self, subjects: Sequence[Subject]) -> None:
        """Find the classes of everything that somebody was given by itself, in few queries for all of them."""
        wanted = {resource for subject in subjects for resource in subject.objects}
        for type_, stock in self.stocks.items():
            known = self._where.setdefault(type_, {})
            missing = wanted - known.keys()
            if stock is not None and missing:
                known |= stock.of(missing)

    def _of(self, subject: Subject) -> Iterator[Shift]:
        asked = Question(self.after, subject, "", Target(""), self.context, self.at)
        for action, (before, after) in self.rules.items():
            if not any(rule.is_about(asked) for rule in self.differing[action]):
                continue
            stock = self.stocks.get(action.partition(".")[0])
            if stock is None:
                found = self._levels(subject, action, asked)
            else:
                mine = (tuple(rule for rule in rules if rule.is_about(asked)) for rules in (before, after))
                found = self._numbers(subject, action, self._judging(action, stock, *mine), asked)
            if found.gained or found.lost:
                yield Shift(subject.person, action, *found)

    def _judging(self, action: str, stock: Stock, before: Rules, after: Rules) -> Judging:
        known = (action.partition(".")[0], tuple(_ids(before)), tuple(_ids(after)))
        if known not in self._judgings:
            self._judgings[known] = Judging(stock, before, after, self._world)
        return self._judgings[known]

    def _levels(self, subject: Subject, action: str, asked: Question) -> Sums:
        """Return where they hold what has no list of things."""
        scopes = scopes_for(self.before, subject, action, self.at)
        everywhere = any(scope.everywhere for scope in scopes)
        somewhere = bool(scopes or objects_for(self.before, subject, action, self.at))
        was, is_ = (_level(rules, asked, everywhere=everywhere, somewhere=somewhere) for rules in self.rules[action])
        return Sums(was, is_, int(is_ > was), int(was > is_))

    def _numbers(self, subject: Subject, action: str, judging: Judging, asked: Question) -> Sums:
        """Return on how many things they hold it, and how many come and go."""
        scopes = scopes_for(self.before, subject, action, self.at)
        mine = asked.about_subject
        sums = judging.sums(mine, scopes, self.before)
        things = objects_for(self.before, subject, action, self.at)
        where = self._where.get(action.partition(".")[0], {})
        classes = [where[resource] for resource in things if resource in where]
        return judging.with_things(sums, mine, scopes, classes, self.before) if classes else sums


def _ids(rules: Rules) -> dict[int, None]:
    return dict.fromkeys(map(id, rules))


def _level(rules: Rules, asked: Question, *, everywhere: bool, somewhere: bool) -> int:
    found = [rule.possible(asked, is_of_thing) for rule in rules]
    if any(effects == {Effect.BLOCK} for effects in found):
        return NOWHERE
    may_block = any(Effect.BLOCK in effects for effects in found)
    if (everywhere or any(effects == {Effect.ALLOW} for effects in found)) and not may_block:
        return EVERYWHERE
    return SOMEWHERE if somewhere or any(Effect.ALLOW in effects for effects in found) else NOWHERE
