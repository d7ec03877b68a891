"""Conditions as JSON."""

from typing import Any as Json

from cxaccess.lib.conditions.tree import All, Any, Condition, Not, Ref
from cxaccess.lib.conditions.values import plain


def write(condition: Condition) -> dict[str, Json]:
    """Return the condition as JSON can hold it; `read` reads it back."""
    if isinstance(condition, All):
        return {"all": [write(part) for part in condition.parts]}
    if isinstance(condition, Any):
        return {"any": [write(part) for part in condition.parts]}
    if isinstance(condition, Not):
        return {"not": write(condition.part)}
    written: dict[str, Json] = {"attribute": condition.attribute, "operator": condition.operator.value}
    if isinstance(condition.right, Ref):
        return written | {"other": condition.right.key}
    return written if condition.right is None else written | {"value": plain(condition.right)}
