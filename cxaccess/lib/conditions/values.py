"""Values in JSON: what a leaf's other side may hold, read strictly, and written so that it reads back the same."""

from datetime import date, datetime, time
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from django.utils.translation import gettext as _

from cxaccess.lib.addresses import network
from cxaccess.lib.conditions.operators import RIGHT, Operator, Right
from cxaccess.lib.conditions.schema import Attribute, Type
from cxaccess.lib.conditions.tree import Days, Hours, Relative, Side, Single

MOST_VALUES = 500
LONGEST_TEXT = 300
FURTHEST_DAYS = 36_500
LARGEST = 10**15
WEEK = range(1, 8)
FIRST, LAST = 1900, 9000  # years; every zone can move such a moment


class BadValue(ValueError):
    """A value that does not fit; the message is a sentence for whoever wrote it."""


def read_side(attribute: Attribute, operator: Operator, raw: Any) -> Side:
    """Return the typed other side of ``attribute operator``. Raises BadValue."""
    right = RIGHT[operator]
    if right is Right.ONE:
        return read_one(attribute, raw)
    if right in (Right.SOME, Right.PLACES):
        return tuple(read_one(attribute, each) for each in _list(raw))
    if right is Right.RANGE:
        return _range(attribute, raw)
    if right is Right.HOURS:
        return _hours(raw)
    if right is Right.DAYS:
        return _days(raw)
    if right is Right.NETWORKS:
        return tuple(_network(each) for each in _list(raw))
    raise BadValue(_("This comparison takes no value."))


def read_one(attribute: Attribute, raw: Any) -> Single:
    """Return one value of the attribute's type; of a set, one element. Raises BadValue."""
    kind = attribute.type
    if kind is Type.TEXT:
        return _text(raw)
    if kind is Type.NUMBER:
        return _number(raw)
    if kind is Type.YES_NO:
        if isinstance(raw, bool):
            return raw
        raise BadValue(_("Choose yes or no."))
    if kind in (Type.DATE, Type.MOMENT):
        return _relative(raw) if isinstance(raw, dict) else _dated(kind, raw)
    if attribute.domain is not None and attribute.domain.fits(raw) and raw != "":
        return _within_bounds(raw)
    raise BadValue(_("Choose a value."))


def _within_bounds(key: Any) -> Single:
    if isinstance(key, int):
        if not 0 <= key <= 2**62:
            raise BadValue(_("Choose a value."))
        return key
    return _text(key)


def _list(raw: Any) -> list[Any]:
    if not isinstance(raw, list) or not raw:
        raise BadValue(_("Choose at least one value."))
    if len(raw) > MOST_VALUES:
        raise BadValue(_("Name at most %(n)d values.") % {"n": MOST_VALUES})
    return raw


def _text(raw: Any) -> str:
    if not isinstance(raw, str) or not raw:
        raise BadValue(_("Write some text."))
    if len(raw) > LONGEST_TEXT:
        raise BadValue(_("Keep the text under %(n)d characters.") % {"n": LONGEST_TEXT})
    try:
        raw.encode()
    except UnicodeEncodeError as error:
        raise BadValue(_("This text holds characters that cannot be compared.")) from error
    if "\x00" in raw:
        raise BadValue(_("This text holds characters that cannot be compared."))
    return raw


def _number(raw: Any) -> int | float:
    # No number is compared with more than this: of a whole number that no float can hold, isfinite cannot even tell.
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not -LARGEST <= raw <= LARGEST:
        raise BadValue(_("Write a number."))
    return raw


def _dated(kind: Type, raw: Any) -> date | datetime:
    wrong = BadValue(_("Choose a date.") if kind is Type.DATE else _("Choose a date and a time with its zone."))
    if not isinstance(raw, str) or len(raw) > 40:
        raise wrong
    try:
        found: date | datetime = date.fromisoformat(raw) if kind is Type.DATE else datetime.fromisoformat(raw)
    except ValueError as error:
        raise wrong from error
    if isinstance(found, datetime) and found.tzinfo is None:
        raise wrong
    if not FIRST <= found.year <= LAST:
        raise BadValue(_("This date is too far away."))
    return found


def _relative(raw: dict[str, Any]) -> Relative:
    days = raw.get("days_from_now")
    if set(raw) != {"days_from_now"} or isinstance(days, bool) or not isinstance(days, int):
        raise BadValue(_("Say how many days from now."))
    if abs(days) > FURTHEST_DAYS:
        raise BadValue(_("Keep it under %(n)d days.") % {"n": FURTHEST_DAYS})
    return Relative(days)


def _range(attribute: Attribute, raw: Any) -> Side:
    if not isinstance(raw, list) or len(raw) != 2:
        raise BadValue(_("Name both ends."))
    low, high = (read_one(attribute, each) for each in raw)
    if type(low) is type(high) and not isinstance(low, Relative) and high < low:  # type: ignore[operator]
        raise BadValue(_("The second end lies before the first."))
    if isinstance(low, Relative) and isinstance(high, Relative) and high.days < low.days:
        raise BadValue(_("The second end lies before the first."))
    return (low, high)


@cache
def zones() -> frozenset[str]:
    """Return every time zone there is; finding out reads some hundred files."""
    return frozenset(available_timezones())


def _zone(raw: Any) -> str:
    if not isinstance(raw, str) or raw not in zones():
        raise BadValue(_("Choose a time zone."))
    return raw


def _hours(raw: Any) -> Hours:
    if not isinstance(raw, dict) or set(raw) != {"from", "until", "zone"}:
        raise BadValue(_("Name both times and the zone."))
    opens, closes = _clock(raw["from"]), _clock(raw["until"])
    if opens == closes:
        raise BadValue(_("The two times are the same."))
    return Hours(opens, closes, _zone(raw["zone"]))


def _clock(raw: Any) -> time:
    wrong = BadValue(_("Write a time such as 08:30."))
    if not isinstance(raw, str):
        raise wrong
    try:
        return datetime.strptime(raw, "%H:%M").time()  # noqa: DTZ007 - a time of day; its zone stands beside it
    except ValueError as error:
        raise wrong from error


def _days(raw: Any) -> Days:
    if not isinstance(raw, dict) or set(raw) != {"days", "zone"} or not isinstance(raw["days"], list):
        raise BadValue(_("Choose the days and the zone."))
    days = raw["days"]
    if not days or any(isinstance(day, bool) or day not in WEEK for day in days) or len(days) != len(set(days)):
        raise BadValue(_("Choose at least one day."))
    return Days(frozenset(days), _zone(raw["zone"]))


def _network(raw: Any) -> str:
    try:
        return str(network(raw.strip() if isinstance(raw, str) else ""))
    except ValueError as error:
        raise BadValue(_("Write a network such as 10.20.0.0/16.")) from error


def plain(side: Side) -> Any:
    """Return what JSON holds of a side that is no attribute; `read_side` reads it back."""
    if isinstance(side, tuple):
        return [plain(each) for each in side]
    if isinstance(side, Relative):
        return {"days_from_now": side.days}
    if isinstance(side, Hours):
        return {"from": f"{side.opens:%H:%M}", "until": f"{side.closes:%H:%M}", "zone": side.zone}
    if isinstance(side, Days):
        return {"days": sorted(side.days), "zone": side.zone}
    return side.isoformat() if isinstance(side, date) else side
