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

from cxaccess.lib.conditions import Entity, attributes_of
from cxaccess.lib.conditions.evaluation import World
from permissions.engine import Model, Scope, Subject, Target, objects_for, scopes_for
from permissions.engine.combine import Context, Effect
from permissions.engine.policies import Rule
from permissions.engine.questions import Question
from permissions.engine.types import ACTIVE
from permissions.policies.schema import is_of_thing
from permissions.policies.stock import Stock

Rules = Sequence[Rule]
NOWHERE, SOMEWHERE, EVERYWHERE = 0, 1, 2  # of what has no list of things
OPENED_BEFORE, BLOCKED_BEFORE, OPENED_AFTER, BLOCKED_AFTER = 1, 2, 4, 8  # what policies say of a class of things


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


class Sums(NamedTuple):
    """Numbers of things: held before and after, gained and lost."""

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
    _effects: dict[object, Sequence[Effect | None]] = field(default_factory=dict)
    _codes: dict[object, bytes] = field(default_factory=dict)
    _granted: dict[object, Sequence[bool]] = field(default_factory=dict)
    _sums: dict[object, Sums] = field(default_factory=dict)

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
            if subject.state == ACTIVE:
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
                mine = [tuple(rule for rule in rules if rule.is_about(asked)) for rules in (before, after)]
                found = self._numbers(subject, action, stock, asked, mine[0], mine[1])
            if found.gained or found.lost:
                yield Shift(subject.person, action, *found)

    def _levels(self, subject: Subject, action: str, asked: Question) -> Sums:
        """Return where they hold what has no list of things."""
        scopes = scopes_for(self.before, subject, action, self.at)
        everywhere = any(scope.everywhere for scope in scopes)
        somewhere = bool(scopes or objects_for(self.before, subject, action, self.at))
        was, is_ = (_level(rules, asked, everywhere=everywhere, somewhere=somewhere) for rules in self.rules[action])
        return Sums(was, is_, int(is_ > was), int(was > is_))

    def _numbers(
        self, subject: Subject, action: str, stock: Stock, asked: Question, before: Rules, after: Rules
    ) -> Sums:
        type_ = action.partition(".")[0]
        scopes = scopes_for(self.before, subject, action, self.at)
        known = (type_, tuple(_ids(before)), tuple(_ids(after)), self._values((*before, *after), asked))
        if known not in self._codes:
            self._codes[known] = self._judged(type_, stock, before, after, asked)
        codes, granted = self._codes[known], self._within(type_, stock, scopes)
        if (known, scopes) not in self._sums:
            self._sums[known, scopes] = _summed(stock, codes, granted)
        found = self._sums[known, scopes]
        things = objects_for(self.before, subject, action, self.at)
        where = self._where.get(type_, {})
        spots = [where[resource] for resource in things if resource in where and not granted[where[resource]]]
        for spot in spots:  # what is held by itself, where no role gives it
            bare, held = _one(codes[spot], held=False), _one(codes[spot], held=True)
            found = Sums(*(total - less + more for total, less, more in zip(found, bare, held, strict=True)))
        return found

    def _values(self, rules: Rules, asked: Question) -> tuple[object, ...]:
        """Return what `rules` read of the person: who is alike in that is judged alike."""
        known = asked.about_subject
        keys = sorted({key for rule in rules for key in _reads(rule) if key.partition(".")[0] == Entity.SUBJECT})
        return tuple(_frozen(known.get(key)) for key in keys)

    def _judged(self, type_: str, stock: Stock, before: Rules, after: Rules, asked: Question) -> bytes:
        """Return for each class of things whether policies open and block it, before and after."""
        codes = bytearray(len(stock.classes))
        for rules, opened, blocked in (
            (before, OPENED_BEFORE, BLOCKED_BEFORE), (after, OPENED_AFTER, BLOCKED_AFTER)
        ):  # fmt: skip
            bits = {Effect.ALLOW: opened, Effect.BLOCK: blocked}
            for rule in rules:
                for number, effect in enumerate(self._effects_of(rule, type_, stock, asked)):
                    codes[number] |= bits.get(effect, 0)  # type: ignore[arg-type]  # None has none
        return bytes(codes)

    def _effects_of(self, rule: Rule, type_: str, stock: Stock, asked: Question) -> Sequence[Effect | None]:
        """Return what one policy does to each class; classes that it cannot tell apart are asked about once."""
        known = (id(rule), type_, self._values([rule], asked))
        if known in self._effects:
            return self._effects[known]
        mine, keys = asked.about_subject, sorted(key for key in _reads(rule) if is_of_thing(key))
        said: dict[object, Effect | None] = {}
        found = []
        for one in stock.classes:
            alike = tuple(_frozen(one.facts.get(key)) for key in keys)
            if alike not in said:
                said[alike] = rule.effect(rule.holds({**mine, **one.facts}, self._world))
            found.append(said[alike])
        self._effects[known] = found
        return found

    def _within(self, type_: str, stock: Stock, scopes: frozenset[Scope]) -> Sequence[bool]:
        """Return for each class whether one of `scopes` covers it."""
        if (type_, scopes) not in self._granted:
            self._granted[type_, scopes] = [
                any(self.before.covers(scope, one.target) for scope in scopes) for one in stock.classes
            ]
        return self._granted[type_, scopes]


def _ids(rules: Rules) -> dict[int, None]:
    return dict.fromkeys(map(id, rules))


def _reads(rule: Rule) -> frozenset[str]:
    """Return what the condition itself reads; what spares an obligation opens and closes nothing."""
    return frozenset() if rule.condition is None else attributes_of(rule.condition)


def _frozen(value: object) -> object:
    if isinstance(value, list | tuple | set | frozenset):
        return frozenset(map(_frozen, value))
    return str(value) if isinstance(value, dict) else (type(value), value)


def _summed(stock: Stock, codes: bytes, granted: Sequence[bool]) -> Sums:
    sums = [0, 0, 0, 0]
    for one, code, held in zip(stock.classes, codes, granted, strict=True):
        for number, counts in enumerate(_one(code, held=held)):
            if counts:
                sums[number] += one.count
    return Sums(*sums)


def _one(code: int, *, held: bool) -> Sums:
    """Return whether one thing is open before and after, by what policies say of it."""
    before = bool((held or code & OPENED_BEFORE) and not code & BLOCKED_BEFORE)
    after = bool((held or code & OPENED_AFTER) and not code & BLOCKED_AFTER)
    return Sums(int(before), int(after), int(after and not before), int(before and not after))


def _level(rules: Rules, asked: Question, *, everywhere: bool, somewhere: bool) -> int:
    found = [rule.possible(asked, is_of_thing) for rule in rules]
    if any(effects == {Effect.BLOCK} for effects in found):
        return NOWHERE
    may_block = any(Effect.BLOCK in effects for effects in found)
    if (everywhere or any(effects == {Effect.ALLOW} for effects in found)) and not may_block:
        return EVERYWHERE
    return SOMEWHERE if somewhere or any(Effect.ALLOW in effects for effects in found) else NOWHERE
