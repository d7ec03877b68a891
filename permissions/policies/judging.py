"""Some policies, before and after a change, put to all things of a type: what they cannot tell apart is judged once."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from cxaccess.lib.conditions import Entity, attributes_of
from cxaccess.lib.conditions.evaluation import World
from permissions.engine import Model, Scope
from permissions.engine.combine import Effect
from permissions.engine.policies import Rule
from permissions.policies.schema import is_of_thing
from permissions.policies.stock import Stock

Rules = Sequence[Rule]
Facts = Mapping[str, object]
OPENED_BEFORE, BLOCKED_BEFORE, OPENED_AFTER, BLOCKED_AFTER = 1, 2, 4, 8  # what policies say of things, in bits


class Sums(NamedTuple):
    """Numbers of things: held before and after, gained and lost."""

    before: int
    after: int
    gained: int
    lost: int


class Judging:
    """The policies `before` and `after` on the things of `stock`.

    Classes of things that these policies cannot tell apart are one spot; `codes` says what they say of each spot.
    """

    def __init__(self, stock: Stock, before: Rules, after: Rules, world: World) -> None:
        self.stock, self.before, self.after, self.world = stock, before, after, world
        self.spots: list[Facts] = []
        self.spot_of: list[int] = []
        self._codes: dict[object, bytes] = {}
        self._covered: dict[frozenset[Scope], tuple[Sequence[bool], Sequence[tuple[int, int]]]] = {}
        self._sums: dict[object, Sums] = {}
        self._find_spots()

    def _find_spots(self) -> None:
        keys = sorted(key for key in self._keys if is_of_thing(key))
        known: dict[object, int] = {}
        for one in self.stock.classes:
            alike = tuple(_frozen(one.facts.get(key)) for key in keys)
            if alike not in known:
                known[alike] = len(self.spots)
                self.spots.append(one.facts)
            self.spot_of.append(known[alike])

    @cached_property
    def _keys(self) -> frozenset[str]:
        """Return what the policies read; what only spares an obligation opens and closes nothing."""
        rules = (*self.before, *self.after)
        return frozenset(key for rule in rules if rule.condition is not None for key in attributes_of(rule.condition))

    @cached_property
    def _of_people(self) -> tuple[str, ...]:
        return tuple(sorted(key for key in self._keys if key.partition(".")[0] == Entity.SUBJECT))

    def alike(self, mine: Facts) -> tuple[object, ...]:
        """Return what tells people apart here: those of whom it is the same are judged alike."""
        return tuple(_frozen(mine.get(key)) for key in self._of_people)

    def sums(self, mine: Facts, scopes: frozenset[Scope], model: Model) -> Sums:
        """Return what somebody of whom `mine` is known holds, gains and loses, where roles reach as `scopes` do."""
        alike = self.alike(mine)
        if (alike, scopes) not in self._sums:
            bare, held = [0] * len(ONE), [0] * len(ONE)
            for code, (less, more) in zip(self.codes(mine), self._counted(scopes, model)[1], strict=True):
                bare[code] += less
                held[code] += more
            self._sums[alike, scopes] = _weighed(bare, held)
        return self._sums[alike, scopes]

    def with_things(
        self, sums: Sums, mine: Facts, scopes: frozenset[Scope], classes: Sequence[int], model: Model
    ) -> Sums:
        """Return `sums` with things of these classes held one by one, where no role gives them."""
        covered, codes = self._counted(scopes, model)[0], self.codes(mine)
        for number in classes:
            if not covered[number]:
                bare, held = ONE[codes[self.spot_of[number]]]
                sums = Sums(*(total - less + more for total, less, more in zip(sums, bare, held, strict=True)))
        return sums

    def codes(self, mine: Facts) -> bytes:
        """Return for each spot whether policies open and block it, before and after."""
        alike = self.alike(mine)
        if alike not in self._codes:
            self._codes[alike] = bytes(self._code({**mine, **facts}) for facts in self.spots)
        return self._codes[alike]

    def _code(self, facts: Facts) -> int:
        code = 0
        for rules, opened, blocked in (
            (self.before, OPENED_BEFORE, BLOCKED_BEFORE),
            (self.after, OPENED_AFTER, BLOCKED_AFTER),
        ):
            for rule in rules:
                effect = rule.effect(rule.holds(facts, self.world))
                if effect is Effect.ALLOW:
                    code |= opened
                elif effect is Effect.BLOCK:
                    code |= blocked
        return code

    def _counted(self, scopes: frozenset[Scope], model: Model) -> tuple[Sequence[bool], Sequence[tuple[int, int]]]:
        """Return whether `scopes` cover each class, and for each spot how many things they do not and do cover."""
        if scopes not in self._covered:
            covered = [any(model.covers(scope, one.target) for scope in scopes) for one in self.stock.classes]
            counts = [[0, 0] for _spot in self.spots]
            for one, spot, held in zip(self.stock.classes, self.spot_of, covered, strict=True):
                counts[spot][held] += one.count
            self._covered[scopes] = covered, [(bare, held) for bare, held in counts]
        return self._covered[scopes]


def _frozen(value: object) -> object:
    if isinstance(value, list | tuple | set | frozenset):
        return frozenset(map(_frozen, value))
    return str(value) if isinstance(value, dict) else (type(value), value)


def _one(code: int, *, held: bool) -> Sums:
    """Return whether one thing is open before and after, by what policies say of it."""
    before = bool((held or code & OPENED_BEFORE) and not code & BLOCKED_BEFORE)
    after = bool((held or code & OPENED_AFTER) and not code & BLOCKED_AFTER)
    return Sums(int(before), int(after), int(after and not before), int(before and not after))


def _weighed(bare: Sequence[int], held: Sequence[int]) -> Sums:
    """Return the sums of so many things of each code, that no role gives and that one does."""
    found = [0, 0, 0, 0]
    for (unheld, given), less, more in zip(ONE, bare, held, strict=True):
        for number in range(4):
            found[number] += unheld[number] * less + given[number] * more
    return Sums(*found)


# For each code: one thing that no role gives, and one that a role does.
ONE = tuple((_one(code, held=False), _one(code, held=True)) for code in range(16))
