"""How far a moment is, in words."""

from datetime import datetime
from functools import lru_cache

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

MINUTE, HOUR, DAY = 60, 3600, 86400


def relative(moment: datetime, at: datetime) -> str:
    """Return how far `moment` is from `at`, roughly: "just now", "2 h ago", "in 3 days"."""
    seconds = int((moment - at).total_seconds())
    distance = abs(seconds)
    unit = next((unit for unit in (DAY, HOUR, MINUTE) if distance >= unit), 0)
    return _distance(distance // unit if unit else 0, unit, seconds > 0, get_language())


@lru_cache(maxsize=2048)
def _distance(n: int, unit: int, ahead: bool, _language: str) -> str:
    """Return `n` units in words; they are few, and a page tells of many."""
    if not unit:
        return _("just now")
    if unit == DAY:
        amount = ngettext("%(n)d day", "%(n)d days", n) % {"n": n}
    else:
        amount = (_("%(n)d min") if unit == MINUTE else _("%(n)d h")) % {"n": n}
    return _("in %(amount)s") % {"amount": amount} if ahead else _("%(amount)s ago") % {"amount": amount}
