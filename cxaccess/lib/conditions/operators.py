"""Which operators there are, which types they fit, and what stands on their other side."""

from enum import Enum, StrEnum, auto

from cxaccess.lib.conditions.schema import Attribute, Schema, Type


class Operator(StrEnum):
    """How two sides are compared."""

    EQUALS = "equals"
    ONE_OF = "one_of"
    CONTAINS_ANY = "contains_any"
    CONTAINS_ALL = "contains_all"
    SUBSET_OF = "subset_of"
    SHARES_ANY = "shares_any"
    WITHIN = "within"
    BEFORE = "before"
    AFTER = "after"
    BETWEEN = "between"
    LESS = "less"
    MORE = "more"
    AT_MOST = "at_most"
    AT_LEAST = "at_least"
    STARTS_WITH = "starts_with"
    HOURS = "hours"
    WEEKDAY = "weekday"
    NETWORK = "network"
    IS_SET = "is_set"
    IS_MISSING = "is_missing"


class Right(Enum):
    """What stands on the other side of an operator."""

    NOTHING = auto()
    ONE = auto()  # one value of the same type, or an attribute of it
    SOME = auto()  # a list of such values, or a set of the same domain
    PLACES = auto()  # a list of nodes, or an attribute that is a node or a set of nodes of the same tree
    RANGE = auto()  # two values, both within
    HOURS = auto()
    DAYS = auto()
    NETWORKS = auto()


O = Operator  # noqa: E741 - the tables below read better so
SINGLE = (Type.TEXT, Type.NUMBER, Type.YES_NO, Type.DATE, Type.CHOICE, Type.NODE)
PRESENCE = (O.IS_SET, O.IS_MISSING)

RIGHT: dict[Operator, Right] = {
    O.EQUALS: Right.ONE,
    O.ONE_OF: Right.SOME,
    O.CONTAINS_ANY: Right.SOME,
    O.CONTAINS_ALL: Right.SOME,
    O.SUBSET_OF: Right.SOME,
    O.SHARES_ANY: Right.SOME,
    O.WITHIN: Right.PLACES,
    O.BEFORE: Right.ONE,
    O.AFTER: Right.ONE,
    O.BETWEEN: Right.RANGE,
    O.LESS: Right.ONE,
    O.MORE: Right.ONE,
    O.AT_MOST: Right.ONE,
    O.AT_LEAST: Right.ONE,
    O.STARTS_WITH: Right.ONE,
    O.HOURS: Right.HOURS,
    O.WEEKDAY: Right.DAYS,
    O.NETWORK: Right.NETWORKS,
    O.IS_SET: Right.NOTHING,
    O.IS_MISSING: Right.NOTHING,
}


def operators_for(attribute: Attribute) -> list[Operator]:
    """Return the operators that fit `attribute`, in the order people see them."""
    return [operator for operator in Operator if fits(operator, attribute)]


def fits(operator: Operator, attribute: Attribute) -> bool:
    """Return whether `attribute` may stand on the left of `operator`."""
    kind, domain = attribute.type, attribute.domain
    if operator in PRESENCE:
        return True
    if operator is O.EQUALS:
        return kind in SINGLE
    if operator is O.ONE_OF:
        return kind in (Type.TEXT, Type.NUMBER, Type.CHOICE, Type.NODE)
    if operator in (O.CONTAINS_ANY, O.CONTAINS_ALL, O.SUBSET_OF, O.SHARES_ANY):
        return kind is Type.SET
    if operator is O.WITHIN:
        return kind in (Type.NODE, Type.SET) and bool(domain and domain.tree)
    return _fits_order(operator, attribute)


def _fits_order(operator: Operator, attribute: Attribute) -> bool:
    kind = attribute.type
    if operator in (O.LESS, O.MORE, O.AT_MOST, O.AT_LEAST):
        return attribute.ordered
    if operator in (O.BEFORE, O.AFTER):
        return kind in (Type.MOMENT, Type.DATE)
    if operator is O.BETWEEN:
        return kind in (Type.MOMENT, Type.DATE, Type.NUMBER)
    alone = {O.STARTS_WITH: Type.TEXT, O.HOURS: Type.MOMENT, O.WEEKDAY: Type.MOMENT, O.NETWORK: Type.ADDRESS}
    return alone[operator] is kind


def others_for(attribute: Attribute, operator: Operator, schema: Schema) -> list[Attribute]:
    """Return the attributes that may stand on the right of ``attribute operator``."""
    return [other for other in schema if other.key != attribute.key and pairs(attribute, operator, other)]


def pairs(attribute: Attribute, operator: Operator, other: Attribute) -> bool:
    """Return whether both may stand on the two sides of `operator`: of one type, or of one domain."""
    right = RIGHT[operator]
    if right is Right.ONE:
        return other.type is attribute.type and other.domain == attribute.domain
    if right is Right.SOME:
        return other.type is Type.SET and other.domain == attribute.domain
    if right is Right.PLACES:
        return other.type in (Type.NODE, Type.SET) and other.domain == attribute.domain
    return False
