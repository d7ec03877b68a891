"""The builder as a page shows it: each row with its controls, what is wrong beside it, the whole as a sentence."""

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from zoneinfo import available_timezones

from django.http import HttpRequest
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _

from cxaccess.builder import draft as drafts
from cxaccess.builder.draft import NOT, Group, Path, Row, name_of
from cxaccess.builder.values import lines, sides
from cxaccess.lib.conditions import (
    Attribute,
    Condition,
    InvalidCondition,
    Operator,
    Problem,
    Schema,
    Type,
    leaves,
    read,
    write,
)
from cxaccess.lib.conditions.operators import PRESENCE, RIGHT, Right, operators_for, others_for
from cxaccess.lib.conditions.sentences import Piece, pieces, whose
from cxaccess.lib.conditions.tree import named_in
from cxaccess.lib.conditions.words import WORDS
from cxaccess.lib.listing import number_in

Choice = tuple[str, str]
Options = Callable[[Attribute], Sequence[Choice]]
ZONES = tuple(sorted(name for name in available_timezones() if "/" in name or name == "UTC"))


@dataclass(frozen=True, slots=True)
class RowShown:
    """One row as the template draws it. `control` says which inputs its other side has."""

    path: str
    name: str
    number: str
    row: Row
    attributes: Sequence[tuple[str, Sequence[Choice]]]
    operators: Sequence[Choice]
    others: Sequence[Choice]
    control: str
    options: Sequence[Choice]
    chosen: Sequence[Choice]
    errors: Sequence[str]

    is_group = False

    @property
    def attribute(self) -> str:
        """Return the chosen attribute's key."""
        return self.row.one("attribute")

    @property
    def operator(self) -> str:
        """Return the chosen operator, with its "not"."""
        return self.row.one("operator")

    @property
    def value(self) -> str:
        """Return what a single control holds."""
        return self.row.one("value")

    @property
    def lines(self) -> str:
        """Return what a longer text holds, one value a line."""
        return "\n".join(lines(self.row))

    @property
    def typed(self) -> dict[str, str]:
        """Return every part with one control."""
        return {part: self.row.one(part) for part in ("other", "low", "high", "days", "from", "until", "zone")}

    @property
    def weekdays(self) -> list[tuple[str, str, bool]]:
        """Return the days of the week with whether each is ticked."""
        ticked = self.row.many("weekday")
        return [(str(day + 1), str(name), str(day + 1) in ticked) for day, name in WEEKDAYS.items()]


@dataclass(frozen=True, slots=True)
class GroupShown:
    """One group as the template draws it, with what is in it."""

    path: str
    name: str
    kind: str
    parts: "Sequence[RowShown | GroupShown]"
    errors: Sequence[str]
    may_nest: bool

    is_group = True


class Builder:
    """A draft with its schema. `condition` is what it says, or None with `problems` where it says nothing that holds.

    `options` gives the choices of an attribute whose values are one of a domain: no other can be named, for that would
    tell its name. What `kept`, the condition as it was saved, names already may stay.
    """

    def __init__(
        self,
        root: Group,
        schema: Schema,
        options: Options,
        *,
        prefix: str = "rule",
        judged: bool = True,
        kept: Condition | None = None,
    ) -> None:
        self.root, self.schema, self.options, self.prefix, self.judged = root, schema, options, prefix, judged
        self.problems: tuple[Problem, ...] = ()
        self.condition: Condition | None = None
        try:
            self.condition = read(drafts.plain(root, lambda row: sides(row, schema)), schema)
        except InvalidCondition as refusal:
            self.problems = refusal.problems
        self._kept = {} if kept is None else named_in(kept, schema)
        self._require_offered()

    def _require_offered(self) -> None:
        """Refuse a condition that names what is not among the choices."""
        for number, leaf in enumerate(leaves(self.condition) if self.condition is not None else (), 1):
            attribute = self.schema.get(leaf.attribute)
            if attribute is None or attribute.domain is None:
                continue
            named = named_in(leaf, self.schema).get(attribute.domain.key, set())
            strange = {str(key) for key in named - self._kept.get(attribute.domain.key, set())}
            if strange and not strange <= {value for value, _label in self.options(attribute)}:
                said = _("%(number)d. Choose among what is offered.") % {"number": number}
                self.problems = (*self.problems, Problem((), "value", said))
        if self.problems:
            self.condition = None

    @classmethod
    def of(
        cls, request: HttpRequest, schema: Schema, options: Options, *, saved: Condition | None, prefix: str = "rule"
    ) -> "Builder":
        """Return the builder that a request posts, after what its button does; else of `saved`, else an empty one."""
        if request.method == "POST" and prefix in request.POST:
            root = drafts.posted(request.POST, prefix)
            deed = request.POST.get(f"{prefix}-do", "")
            drafts.changed(root, deed)
            judged = not deed.startswith(("add", "group"))
            return cls(root, schema, options, prefix=prefix, judged=judged, kept=saved)
        root = drafts.empty() if saved is None else drafts.of_condition(saved)
        return cls(root, schema, options, prefix=prefix, judged=saved is not None, kept=saved)

    def refuse(self, problem: Problem) -> None:
        """Show something that only the use case could find."""
        self.problems, self.judged = (*self.problems, problem), True

    @property
    def digest(self) -> str:
        """Return a mark of what the condition says, so that a page knows whether it is what was previewed."""
        if self.condition is None:
            return ""
        return hashlib.sha256(json.dumps(write(self.condition), sort_keys=True).encode()).hexdigest()[:16]

    @cached_property
    def sentence(self) -> tuple[Piece, ...]:
        """Return the whole in words; nothing while something is wrong."""
        return () if self.condition is None else pieces(self.condition, self.schema)

    @cached_property
    def shown(self) -> GroupShown:
        """Return the whole as the template draws it."""
        return self._group(self.root, ())

    @cached_property
    def _attributes(self) -> list[tuple[str, list[Choice]]]:
        sections: dict[str, list[Choice]] = {}
        for attribute in self.schema:
            sections.setdefault(str(attribute.section), []).append((attribute.key, str(attribute.label)))
        return list(sections.items())

    def _group(self, group: Group, path: Path) -> GroupShown:
        parts = tuple(self._part(part, (*path, number)) for number, part in enumerate(group.parts))
        nests = len(path) < drafts.DEEPEST - 2
        return GroupShown(_dotted(path), name_of(self.prefix, path), group.kind, parts, self._errors(path), nests)

    def _part(self, part: Row | Group, path: Path) -> RowShown | GroupShown:
        return self._group(part, path) if isinstance(part, Group) else self._row(part, path)

    def _row(self, row: Row, path: Path) -> RowShown:
        attribute = self.schema.get(row.one("attribute"))
        operators = _operators(attribute)
        if attribute is not None and row.one("operator") not in [key for key, _label in operators]:
            row.typed["operator"] = [operators[0][0]]
        others = self._others(attribute, row)
        if row.one("other") not in [key for key, _label in others]:
            row.typed.pop("other", None)
        control = "" if row.one("other") else control_of(attribute, row.operator)
        options = list(self.options(attribute)) if attribute is not None and control in ("choice", "choices") else []
        return RowShown(
            _dotted(path),
            name_of(self.prefix, path),
            ".".join(str(number + 1) for number in path),
            row,
            self._attributes,
            operators,
            others,
            control,
            options,
            self._chosen(attribute, row, options) if control == "choices" else (),
            self._errors(path),
        )

    def _others(self, attribute: Attribute | None, row: Row) -> list[Choice]:
        if attribute is None or row.operator not in Operator._value2member_map_:
            return []
        found = others_for(attribute, Operator(row.operator), self.schema)
        return [(other.key, whose(other, other.key)) for other in found]

    def _chosen(self, attribute: Attribute | None, row: Row, options: Iterable[Choice]) -> list[Choice]:
        """Return the chosen values with their names, also of those that are no longer offered."""
        names = dict(options)
        values = lines(row)
        missing = [key for value in values if value not in names for key in (value, number_in(value))]
        if missing and attribute is not None and attribute.domain is not None:
            kept = self._kept.get(attribute.domain.key, set())
            missing = [value for value in missing if value in kept]
            names |= {str(key): label for key, label in attribute.domain.named(missing).items()}
        return [(value, names.get(value, _("Gone")).strip()) for value in values]

    def _errors(self, path: Path) -> list[str]:
        return [problem.message for problem in self.problems if problem.place == path] if self.judged else []


def _operators(attribute: Attribute | None) -> list[Choice]:
    if attribute is None:
        return []
    found = []
    for operator in operators_for(attribute):
        plain, turned = WORDS[operator]
        found.append((operator.value, str(plain)))
        if operator not in PRESENCE:
            found.append((f"{NOT}{operator.value}", str(turned)))
    return found


def control_of(attribute: Attribute | None, operator: str) -> str:
    """Return which inputs the other side of a row has."""
    if attribute is None or operator not in Operator._value2member_map_:
        return ""
    right = RIGHT[Operator(operator)]
    chooses = attribute.type in (Type.CHOICE, Type.NODE, Type.SET)
    if right in (Right.SOME, Right.PLACES):
        return "choices" if chooses else "lines"
    if right is Right.ONE:
        plain = {
            Type.TEXT: "text",
            Type.NUMBER: "number",
            Type.YES_NO: "yes_no",
            Type.DATE: "date",
            Type.MOMENT: "moment",
        }
        return "choice" if chooses else plain.get(attribute.type, "text")
    if right is Right.RANGE:
        return "range"
    return {Right.HOURS: "hours", Right.DAYS: "days", Right.NETWORKS: "lines"}.get(right, "")


def _dotted(path: Path) -> str:
    return ".".join(str(number) for number in path)
