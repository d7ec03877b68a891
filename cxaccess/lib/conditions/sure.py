"""A condition as a predicate: whether it surely holds, or surely does not. Where nobody knows, neither is so.

`compiled` answers in three values, one function in another. This writes the whole condition as one expression of
Python and makes it once, which is several times as quick. Nothing of a condition gets into its source: every key and
value is a name whose meaning is handed over. A test holds that both say what `evaluate` says.
"""

from collections.abc import Callable
from datetime import date, datetime
from functools import lru_cache, partial
from typing import Any as Value

from cxaccess.lib.conditions.evaluation import COMPARES, Facts, Lack, World, many, right_of, typed
from cxaccess.lib.conditions.normal import Every, Literal, Normal, normal
from cxaccess.lib.conditions.operators import Operator
from cxaccess.lib.conditions.schema import Attribute, Schema, Type
from cxaccess.lib.conditions.tree import Condition, Leaf, Ref, Relative

# Of (the person's facts, the thing's, those of the moment of asking, that moment, the world).
Sure = Callable[[Facts, Facts, Facts, datetime, World], bool]
O = Operator  # noqa: E741 - short in the table below
ENTITIES = {"subject": "s", "resource": "r", "context": "c"}
MOMENT = "context.at"  # the moment of the question itself, unless the facts know better
CLASSES: dict[Type, type] = {
    Type.TEXT: str, Type.NUMBER: int, Type.YES_NO: bool, Type.MOMENT: datetime, Type.DATE: date, Type.SET: frozenset,
}  # fmt: skip
ALSO = {str: " and {0} != ''", frozenset: " and not not {0}", datetime: " and {0}.tzinfo is not None"}
SAYS = {
    O.EQUALS: "{0} == {1}", O.ONE_OF: "{0} in {1}", O.CONTAINS_ANY: "not {0}.isdisjoint({1})",
    O.SHARES_ANY: "not {0}.isdisjoint({1})", O.CONTAINS_ALL: "{0} >= {1}", O.SUBSET_OF: "{0} <= {1}",
    O.BEFORE: "{0} < {1}", O.LESS: "{0} < {1}", O.AFTER: "{0} > {1}", O.MORE: "{0} > {1}", O.AT_MOST: "{0} <= {1}",
    O.AT_LEAST: "{0} >= {1}", O.BETWEEN: "{1}[0] <= {0} <= {1}[1]", O.STARTS_WITH: "{0}.startswith({1})",
}  # fmt: skip
KEPT = 256  # answers about moments and addresses: those of a request are the same for every thing
BUILTINS: dict[str, Value] = {}


def sure(condition: Condition, schema: Schema, *, wanted: bool) -> Sure:
    """Return whether the condition is `wanted`, True or False, and not unknown."""
    writer = _Writer(schema)
    source = f"lambda s, r, c, at, w: {writer.part(normal(condition, negated=not wanted))}"
    made: Sure = eval(source, {"__builtins__": BUILTINS, **writer.names})  # noqa: S307 - of names alone, see above
    return made


class _Writer:
    """Writes expressions, and keeps what their names mean."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.names: dict[str, Value] = {}
        self.variables = 0

    def named(self, value: Value) -> str:
        name = f"k{len(self.names)}"
        self.names[name] = value
        return name

    def part(self, part: Normal) -> str:
        if isinstance(part, Literal):
            return self.literal(part)
        word = " and " if isinstance(part, Every) else " or "
        return f"({word.join(self.part(each) for each in part.parts)})"

    def literal(self, literal: Literal) -> str:
        leaf = literal.leaf
        attribute = self.schema.get(leaf.attribute)
        if attribute is None:
            return "False"
        if leaf.operator in (O.IS_SET, O.IS_MISSING):
            wants = (leaf.operator is O.IS_SET) is not literal.negated
            return self.value(attribute)[1] if wants else self.missing(attribute)
        return self.compared(leaf, attribute, negated=literal.negated)

    def compared(self, leaf: Leaf, attribute: Attribute, *, negated: bool) -> str:
        left, there = self.value(attribute)
        right, other = self.right(leaf, attribute)
        if right is None:
            return "False"
        said = self.says(leaf, attribute, left, right)
        checks = [each for each in (there, other) if each]
        return f"({' and '.join(checks)} and {'not ' if negated else ''}({said}))"

    def got(self, attribute: Attribute) -> str:
        source, key = ENTITIES[attribute.entity.value], self.named(attribute.key)
        return f"{source}.get({key}, at)" if attribute.key == MOMENT else f"{source}.get({key})"

    def value(self, attribute: Attribute) -> tuple[str, str]:
        """Return a variable, and the check that there is a value and it is well-typed, which sets it.

        Only what is not of the very class that it mostly is gets looked at by `typed`. A frozenset is our own making:
        its elements are of its domain.
        """
        self.variables += 1
        name = f"v{self.variables}"
        kind, look = _kind(attribute), partial(_typed, attribute)
        if kind is None:  # an address: it takes long to see whether a text is one
            text = f"{self.named(isinstance)}(({name} := {self.got(attribute)}), {self.named(str)})"
            return name, f"({text} and ({name} := {self.named(lru_cache(KEPT)(look))}({name})) is not None)"
        slow = f"{name} is not None and ({name} := {self.named(look)}({name})) is not None"
        also = ALSO.get(kind, "").format(name)
        return name, f"(({name} := {self.got(attribute)}).__class__ is {self.named(kind)}{also} or {slow})"

    def missing(self, attribute: Attribute) -> str:
        """Return the check that there is no value: one that is ill-typed is there."""
        self.variables += 1
        name, kind = f"v{self.variables}", _kind(attribute)
        slow = f"{self.named(partial(_is_missing, attribute))}({name})"
        if kind is not None:
            empty = f"not {name}" if kind in (str, frozenset) else "False"
            slow = f"({empty} if {name}.__class__ is {self.named(kind)} else {slow})"
        return f"(({name} := {self.got(attribute)}) is None or {slow})"

    def right(self, leaf: Leaf, attribute: Attribute) -> tuple[str | None, str]:
        """Return the other side, None where no schema knows it, and the check that it is there, if it takes one."""
        side = leaf.right
        if isinstance(side, Ref):
            other = self.schema.get(side.key)
            return (None, "") if other is None else self.value(other)
        stated = partial(right_of, leaf, attribute, {}, self.schema)
        if isinstance(side, Relative) or (isinstance(side, tuple) and any(isinstance(one, Relative) for one in side)):
            return f"{self.named(_Dated(stated))}(w)", ""
        return self.named(stated(None)), ""  # type: ignore[arg-type]  # what no day moves needs no world

    def says(self, leaf: Leaf, attribute: Attribute, left: str, right: str) -> str:
        if leaf.operator is O.WITHIN:
            return self.within(leaf, attribute, left, right)
        if leaf.operator in SAYS:
            return SAYS[leaf.operator].format(left, right)
        # Time of day, weekday, network: the same few moments and addresses are compared again and again.
        compare, other = COMPARES[leaf.operator], self.names[right]
        return f"{self.named(lru_cache(KEPT)(lambda one: bool(compare(one, other))))}({left})"

    def within(self, leaf: Leaf, attribute: Attribute, left: str, right: str) -> str:
        dimension = self.named(attribute.domain.key if attribute.domain else "")
        other = self.schema.get(leaf.right.key) if isinstance(leaf.right, Ref) else None
        single = other is not None and other.type is not Type.SET
        if attribute.type is Type.SET:
            return f"{self.named(_any_within)}({dimension}, {left}, {right}, w)"
        above = f"w.above({dimension}, {left})"
        return f"{right} in {above}" if single else f"not {right}.isdisjoint({above})"


class _Dated:
    """A side that moves with the days, kept for the world it was last asked in."""

    def __init__(self, stated: Callable[[World], Value]) -> None:
        self.stated = stated
        self.last: tuple[World | None, Value] = (None, None)

    def __call__(self, world: World) -> Value:
        held = self.last
        if held[0] is not world:
            self.last = held = (world, self.stated(world))
        return held[1]


def _kind(attribute: Attribute) -> type | None:
    """Return the class that values of the attribute mostly are of; None where that does not tell."""
    if attribute.type in (Type.CHOICE, Type.NODE) and attribute.domain is not None:
        return int if attribute.domain.numbered else str
    return CLASSES.get(attribute.type)


def _typed(attribute: Attribute, raw: object) -> Value:
    found = typed(attribute, raw)
    return None if isinstance(found, Lack) else found


def _is_missing(attribute: Attribute, raw: object) -> bool:
    return typed(attribute, raw) is Lack.MISSING


def _any_within(dimension: str, places: frozenset[Value], right: Value, world: World) -> bool:
    tops = many(right)
    return any(not tops.isdisjoint(world.above(dimension, place)) for place in places)
