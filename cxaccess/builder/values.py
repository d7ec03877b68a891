"""What was typed into a row as JSON: only as far as its type is plain; `read` says what is wrong with the rest."""

import re
from typing import Any

from cxaccess.builder.draft import Row
from cxaccess.lib.conditions import Attribute, Operator, Schema, Type
from cxaccess.lib.conditions.operators import RIGHT, Right
from cxaccess.lib.listing import number_in

RELATIVE = re.compile(r"^([+-]?\d{1,6})d$")


def sides(row: Row, schema: Schema) -> dict[str, Any]:
    """Return the other side of a row: a value, an attribute, or neither."""
    attribute = schema.get(row.one("attribute"))
    if attribute is None or row.operator not in Operator._value2member_map_:
        return {}
    right = RIGHT[Operator(row.operator)]
    if right is Right.NOTHING:
        return {}
    if row.one("other"):
        return {"other": row.one("other")}
    return {"value": _value(row, attribute, right)}


def _value(row: Row, attribute: Attribute, right: Right) -> Any:
    if right is Right.ONE:
        return _dated(row) if attribute.type in (Type.DATE, Type.MOMENT) else single(attribute, row.one("value"))
    if right in (Right.SOME, Right.PLACES):
        return [single(attribute, text) for text in lines(row)]
    if right is Right.RANGE:
        return [single(attribute, row.one(end)) for end in ("low", "high")]
    if right is Right.HOURS:
        return {"from": row.one("from"), "until": row.one("until"), "zone": row.one("zone")}
    if right is Right.DAYS:
        return {
            "days": [day for each in row.many("weekday") if (day := number_in(each)) is not None],
            "zone": row.one("zone"),
        }
    return lines(row)


def lines(row: Row) -> list[str]:
    """Return the values of a list: each control is one, each line of a longer text is one."""
    return list(dict.fromkeys(line.strip() for text in row.many("value") for line in text.splitlines() if line.strip()))


def _dated(row: Row) -> Any:
    days = row.one("days")
    if days:
        return {"days_from_now": int(days)} if re.fullmatch(r"[+-]?\d{1,6}", days) else days
    return row.one("value")


def single(attribute: Attribute, text: str) -> Any:
    """Return one value as its type has it in JSON; what does not fit stays a text, which `read` refuses."""
    kind = attribute.type
    if kind is Type.YES_NO:
        return {"yes": True, "no": False}.get(text, text)
    if kind is Type.NUMBER:
        return _number(text)
    if kind in (Type.DATE, Type.MOMENT) and (relative := RELATIVE.match(text)):
        return {"days_from_now": int(relative.group(1))}
    if attribute.domain is not None and attribute.domain.numbered:
        number = number_in(text)
        return text if number is None else number
    return text


def _number(text: str) -> Any:
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        return text
    return int(number) if number.is_integer() and abs(number) < 10**15 else number
