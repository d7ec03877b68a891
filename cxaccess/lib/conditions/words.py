"""What operators are called, in the reader's language."""

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from cxaccess.lib.conditions.operators import Operator

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

O = Operator  # noqa: E741 - short in the table below

# The words between the sides: as it is, and turned round.
WORDS: "dict[Operator, tuple[StrOrPromise, StrOrPromise]]" = {
    O.EQUALS: (_("is"), _("is not")),
    O.ONE_OF: (_("is one of"), _("is none of")),
    O.CONTAINS_ANY: (_("contains any of"), _("contains none of")),
    O.CONTAINS_ALL: (_("contains all of"), _("does not contain all of")),
    O.SUBSET_OF: (_("has nothing but"), _("has more than")),
    O.SHARES_ANY: (_("shares any with"), _("shares none with")),
    O.WITHIN: (_("is within"), _("is not within")),
    O.BEFORE: (_("is before"), _("is not before")),
    O.AFTER: (_("is after"), _("is not after")),
    O.BETWEEN: (_("is between"), _("is not between")),
    O.LESS: (_("is less than"), _("is not less than")),
    O.MORE: (_("is more than"), _("is not more than")),
    O.AT_MOST: (_("is at most"), _("is not at most")),
    O.AT_LEAST: (_("is at least"), _("is not at least")),
    O.STARTS_WITH: (_("starts with"), _("does not start with")),
    O.HOURS: (_("is at a time of day in"), _("is at no time of day in")),
    O.WEEKDAY: (_("is on a"), _("is on no")),
    O.NETWORK: (_("is in the network"), _("is in no network of")),
    O.IS_SET: (_("is set"), _("is missing")),
    O.IS_MISSING: (_("is missing"), _("is set")),
}
