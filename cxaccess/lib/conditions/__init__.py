"""Conditions: one tree with several readings.

`read` and `write` (JSON, strict), `evaluate` (true, false, unknown), `query.compile_condition` (one `Q`),
`sentences.pieces` (words).
Policies, rule groups, birthright rules and campaign scopes use the same; none has a language of its own.
"""

from cxaccess.lib.conditions.evaluation import Facts, World, evaluate
from cxaccess.lib.conditions.operators import Operator
from cxaccess.lib.conditions.reading import InvalidCondition, Problem, read
from cxaccess.lib.conditions.schema import Attribute, Domain, Entity, Schema, Type
from cxaccess.lib.conditions.tree import All, Any, Condition, Leaf, Not, Ref, attributes_of, leaves, named_in
from cxaccess.lib.conditions.writing import write

__all__ = [
    "All",
    "Any",
    "Attribute",
    "Condition",
    "Domain",
    "Entity",
    "Facts",
    "InvalidCondition",
    "Leaf",
    "Not",
    "Operator",
    "Problem",
    "Ref",
    "Schema",
    "Type",
    "World",
    "attributes_of",
    "evaluate",
    "leaves",
    "named_in",
    "read",
    "write",
]
