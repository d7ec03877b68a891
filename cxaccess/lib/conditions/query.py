"""The list reading of a condition: one `Q`, true for exactly the rows on which `evaluate` says True.

SQL has three values of its own and Django's ``~Q`` mends only some of them (it is true for NULL: it opens), so it is
banned here. The condition is brought to negation normal form; each leaf asks by itself that its sides are there, and
only then what they say; the contrary of a leaf is a CASE over what is known to be there.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.db.models import Q

from cxaccess.lib.conditions import comparisons
from cxaccess.lib.conditions.columns import NotCompilable, Place, contrary
from cxaccess.lib.conditions.evaluation import Facts, Lack, World, evaluate, right_of, typed
from cxaccess.lib.conditions.normal import Every, Literal, Normal, Some, normal
from cxaccess.lib.conditions.operators import Operator
from cxaccess.lib.conditions.schema import Attribute, Schema
from cxaccess.lib.conditions.tree import Condition, Leaf, Ref

EVERYTHING = Q(pk__isnull=False)
NOTHING = Q(pk__in=())
Folded = Q | bool  # what is decided already is no condition on rows any more


def compile_condition(
    condition: Condition,
    schema: Schema,
    columns: Mapping[str, Place],
    world: World,
    known: Facts | None = None,
    is_open: Callable[[str], bool] | None = None,
) -> Q:
    """Return the condition on the rows that `columns` describe.

    `known` are the facts that are the same for all rows (the person who asks, the moment); an attribute that is
    neither there nor a column is missing. With `is_open`: where it could hold, whatever the attributes turn out to be
    that it names (see `partial.outcomes`). Raises NotCompilable.
    """
    compiler = _Compiler(schema, columns, world, known or {}, is_open)
    found = compiler.normal(normal(condition))
    if isinstance(found, bool):
        return EVERYTHING if found else NOTHING
    return found


@dataclass(frozen=True, slots=True)
class _Compiler:
    schema: Schema
    columns: Mapping[str, Place]
    world: World
    known: Facts
    is_open: Callable[[str], bool] | None = None

    def normal(self, part: Normal) -> Folded:
        if isinstance(part, Literal):
            return self.literal(part)
        if isinstance(part, Every):
            return joined([self.normal(each) for each in part.parts], decisive=False)
        return joined([self.normal(each) for each in part.parts], decisive=True) if isinstance(part, Some) else False

    def literal(self, literal: Literal) -> Folded:
        leaf = literal.leaf
        attribute = self.schema.get(leaf.attribute)
        if attribute is None:
            return False
        other = leaf.right.key if isinstance(leaf.right, Ref) else None
        if self.is_open is not None and (self.is_open(leaf.attribute) or (other is not None and self.is_open(other))):
            return True
        if leaf.attribute not in self.columns and other not in self.columns:
            said = evaluate(leaf, self.known, self.schema, self.world)
            return said is not None and said is not literal.negated
        if leaf.operator in (Operator.IS_SET, Operator.IS_MISSING):
            wants = (leaf.operator is Operator.IS_SET) is not literal.negated
            place = self.columns[leaf.attribute]
            return place.present() if wants else place.missing()
        return self.compared(leaf, attribute, negated=literal.negated)

    def compared(self, leaf: Leaf, attribute: Attribute, *, negated: bool) -> Folded:
        left, right = self.left(leaf, attribute), self.right(leaf, attribute)
        if isinstance(left, Lack) or isinstance(right, Lack):
            return False
        there = [side.present() for side in (left, right) if isinstance(side, Place)]
        said = comparisons.compare(leaf, attribute, left, right, self.world)
        if isinstance(said, bool):
            said = EVERYTHING if said else NOTHING
        whole = contrary(said) if negated else said
        for condition in there:
            whole = condition & whole
        return whole

    def left(self, leaf: Leaf, attribute: Attribute) -> object:
        place = self.columns.get(leaf.attribute)
        return place if place is not None else typed(attribute, self.known.get(leaf.attribute))

    def right(self, leaf: Leaf, attribute: Attribute) -> object:
        place = self.columns.get(leaf.right.key) if isinstance(leaf.right, Ref) else None
        return place if place is not None else right_of(leaf, attribute, self.known, self.schema, self.world)


def joined(parts: list[Folded], *, decisive: bool) -> Folded:
    """Return all parts in one, with `decisive` True for "any" and False for "all"; what is decided folds away."""
    if any(part is decisive for part in parts):
        return decisive
    open_parts = [part for part in parts if isinstance(part, Q)]
    if not open_parts:
        return not decisive
    whole = open_parts[0]
    for part in open_parts[1:]:
        whole = whole | part if decisive else whole & part
    return whole


__all__ = ["EVERYTHING", "NOTHING", "NotCompilable", "compile_condition"]
