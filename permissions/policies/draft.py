"""What a policy says while it is written: everything as it was typed, right or wrong, and the wording it makes.

A form posts the whole each time. Its buttons are named ``do`` (what is done to the policy: see `DEEDS`) or, those of a
condition's builder, ``rule-do`` and ``unless-1-do``; without any of them the form's own button was pressed.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from cxaccess.builder import draft as rows
from cxaccess.builder.form import Builder, Options
from cxaccess.lib.conditions import All, Condition, InvalidCondition, Problem, Schema, read, write
from cxaccess.lib.conditions import Any as Either
from cxaccess.lib.conditions.tree import Place
from cxaccess.lib.errors import Refused
from permissions.models import PolicyEffect, ResourceType
from permissions.policies import schema, wording
from permissions.policies.schema import is_of_thing
from permissions.policies.wording import KEYS, TARGETS, Wording
from permissions.policies.words import types_of

RULE, UNLESS = "rule", "unless-%d"
MOST_DUTIES = wording.MOST_DUTIES
NEW_MINUTES = "15"


@dataclass
class DutyTyped:
    """One obligation as typed; `unless` is what was typed of the condition that spares it, or None."""

    number: int
    kind: str
    minutes: str = NEW_MINUTES
    classes: list[str] = field(default_factory=list)
    fields: list[str] = field(default_factory=list)
    unless: rows.Group | None = None

    @property
    def prefix(self) -> str:
        """Return under which name its condition is posted."""
        return UNLESS % self.number


@dataclass
class Typed:
    """A policy's wording as typed. `rule` is its condition; None: it has none, and so holds always."""

    effect: str = ""
    targets: dict[str, list[str]] = field(default_factory=lambda: {key: [] for key in TARGETS})
    rule: rows.Group | None = field(default_factory=rows.empty)
    duties: list[DutyTyped] = field(default_factory=list)


def deeds(data: QueryDict) -> dict[str, str]:
    """Return what the pressed button asks for: {its name: what to do}; nothing for the form's own one."""
    return {name: data[name] for name in data if name == "do" or name.endswith("-do")}


def posted(data: QueryDict) -> Typed:
    """Return what a form posted, with what its button asks for done."""
    chosen = {key: [value for value in dict.fromkeys(data.getlist(key)) if "\x00" not in value] for key in TARGETS}
    found = Typed(data.get("effect", ""), chosen, _conditions(data, RULE))
    for position, number in enumerate(dict.fromkeys(data.getlist("duty"))):
        if position < MOST_DUTIES and number.isascii() and number.isdigit() and len(number) < 4:
            found.duties.append(_duty(data, int(number)))
    _done(found, data.get("do", ""))
    return found


def _conditions(data: QueryDict, prefix: str) -> rows.Group | None:
    if prefix not in data:
        return None
    root = rows.posted(data, prefix)
    rows.changed(root, data.get(f"{prefix}-do", ""))
    return root


def _duty(data: QueryDict, number: int) -> DutyTyped:
    kind = data.get(f"duty-{number}-kind", "")
    return DutyTyped(
        number,
        kind if kind in KEYS else "mask",
        data.get(f"duty-{number}-minutes", NEW_MINUTES).strip(),
        data.getlist(f"duty-{number}-classes"),
        data.getlist(f"duty-{number}-fields"),
        _conditions(data, UNLESS % number),
    )


def _done(typed: Typed, deed: str) -> None:
    """Do what a button named ``do`` says; what nobody knows does nothing, so the form is only drawn anew."""
    verb, _colon, rest = deed.partition(":")
    if verb in DEEDS:
        DEEDS[verb](typed, rest)


def _drop(typed: Typed, rest: str) -> None:
    key, _equals, value = rest.partition("=")
    typed.targets[key] = [each for each in typed.targets.get(key, ()) if each != value]


def _begin_rule(typed: Typed, _rest: str) -> None:
    typed.rule = typed.rule or rows.empty()


def _end_rule(typed: Typed, _rest: str) -> None:
    typed.rule = None


def _owe(typed: Typed, kind: str) -> None:
    if kind in KEYS and len(typed.duties) < MOST_DUTIES:
        typed.duties.append(DutyTyped(max((duty.number for duty in typed.duties), default=0) + 1, kind))


def _owe_no_more(typed: Typed, rest: str) -> None:
    typed.duties = [duty for duty in typed.duties if str(duty.number) != rest]


def _spare(typed: Typed, rest: str) -> None:
    for duty in typed.duties:
        if str(duty.number) == rest:
            duty.unless = duty.unless or rows.empty()


def _spare_no_more(typed: Typed, rest: str) -> None:
    for duty in typed.duties:
        if str(duty.number) == rest:
            duty.unless = None


DEEDS: dict[str, Callable[[Typed, str], None]] = {
    "drop": _drop,
    "condition": _begin_rule,
    "always": _end_rule,
    "duty": _owe,
    "end-duty": _owe_no_more,
    "unless": _spare,
    "end-unless": _spare_no_more,
}


def of(says: Wording, known: Schema) -> Typed:
    """Return a saved wording as it can be changed. A condition that can no longer be read is to be written anew."""
    found = Typed(says.effect, {key: [str(value) for value in says.targets.get(key, ())] for key in TARGETS})
    found.rule = _kept(says.condition, known)
    for number, row in enumerate(says.obligations, 1):
        minutes = str(row.get("minutes", NEW_MINUTES))
        classes, names = list(row.get("data_classes", ())), list(row.get("fields", ()))
        found.duties.append(
            DutyTyped(number, row["kind"], minutes, classes, names, _kept(row.get("unless"), known))
        )  # fmt: skip
    return found


def _kept(raw: Any, known: Schema) -> rows.Group | None:
    condition = condition_of(raw, known)
    if condition is None:
        return None if raw is None else rows.empty()
    return rows.of_condition(condition)


def condition_of(raw: Any, known: Schema) -> Condition | None:
    """Return a kept condition; None where there is none, or it can no longer be read."""
    try:
        return None if raw is None else read(raw, known, existing=False)
    except InvalidCondition:
        return None


@dataclass(frozen=True)
class Duty:
    """One obligation as a page shows it, with what is wrong with itself."""

    typed: DutyTyped
    unless: Builder | None
    errors: list[str] = field(default_factory=list)


class Draft:
    """A policy's wording while it is written, with what is wrong with it.

    `wording` is what it says; None while something is missing or wrong. `errors` are sentences by field, for what
    stands beside no row of a condition. `kept` is the wording that was saved last: what it names may stay.
    """

    def __init__(
        self,
        typed: Typed,
        known: Schema,
        options: Options,
        *,
        at: datetime,
        saving: bool = False,
        kept: Wording | None = None,
    ) -> None:
        self.typed, self.saving = typed, saving
        self.schema = _readable(known, typed.targets)
        self._options, self._at = options, at
        old = dict(_conditions_of(kept, self.schema)) if kept is not None else {}
        self.rule = None if typed.rule is None else self._builder(typed.rule, RULE, old.get(RULE))
        self.duties = [
            Duty(duty, None if duty.unless is None else self._builder(duty.unless, duty.prefix, old.get(duty.prefix)))
            for duty in typed.duties
        ]
        self.errors: dict[str, str] = {}
        self.wording = self._checked()

    def _builder(self, root: rows.Group, prefix: str, kept: Condition | None) -> Builder:
        judged = self.saving or not _is_untouched(root)
        return Builder(root, self.schema, self._options, prefix=prefix, judged=judged, kept=kept)

    @property
    def builders(self) -> Iterator[Builder]:
        """Yield the builders of all its conditions."""
        for builder in (self.rule, *(duty.unless for duty in self.duties)):
            if builder is not None:
                yield builder

    @property
    def is_complete(self) -> bool:
        """Return whether nothing is left open that only the writer can fill in."""
        targets = self.typed.targets
        about = bool(targets["permissions"] or targets["types"])
        return bool(self.typed.effect) and about and all(builder.condition is not None for builder in self.builders)

    def _checked(self) -> Wording | None:
        if self.saving:
            self.errors |= self._missing()
        if any(builder.condition is None for builder in self.builders) or self.errors:
            return None
        try:
            return wording.checked(self.raw, at=self._at)
        except Refused as refused:
            if self.saving or self.is_complete:
                self.refuse(refused)
            return None

    def _missing(self) -> dict[str, str]:
        """Return all that is still to be filled in, by field, so that nobody is sent back for one after the other."""
        found, targets = {}, self.typed.targets
        if self.typed.effect not in PolicyEffect.values:
            found["effect"] = _("Choose whether it allows, blocks or limits.")
        if not (targets["permissions"] or targets["types"]):
            found["targets"] = _("Choose what it is about: permissions, or types of resources.")
        if any(builder.condition is None for builder in self.builders):
            found["conditions"] = _("Complete the conditions first: a row says what is missing.")
        return found

    def refuse(self, refused: Refused) -> None:
        """Show what a use case refused: beside the row of the condition that it is about, else at its field."""
        told = False
        for each in refused.facts.get("problems", ()):
            duty = self._duty(refused.field, each["place"])
            if duty is not None and len(each["place"]) == 1:
                duty.errors.append(each["message"])
                told = True
                continue
            builder, place = self._spot(refused.field, duty, tuple(each["place"]))
            if builder is not None:
                builder.refuse(Problem(place, each["part"], each["message"]))
                told = True
        if not told:
            self.errors[refused.field or ""] = refused.message

    def _duty(self, field_: str | None, place: Sequence[int]) -> Duty | None:
        """Return the obligation that a problem is about."""
        numbered = field_ == "obligations" and place and place[0] < len(self.duties)
        return self.duties[place[0]] if numbered else None

    def _spot(self, field_: str | None, duty: Duty | None, place: Place) -> tuple[Builder | None, Place]:
        """Return the builder that a problem is about, and where in it; a single comparison stands in a group of one."""
        builder = self.rule if field_ == "condition" else None
        if duty is not None:
            builder, place = duty.unless, place[1:]
        if builder is not None and not place and len(builder.root.parts) == 1:
            place = (0,)
        return builder, place

    @property
    def raw(self) -> Wording:
        """Return what was typed as a wording, to be checked."""
        targets = {
            key: [_number(value) if key in ("roles", "teams", "groups") else value for value in values]
            for key, values in self.typed.targets.items()
        }
        return Wording(self.typed.effect, targets, _raw(self.rule), [_raw_duty(duty) for duty in self.duties])


def _raw_duty(duty: Duty) -> dict[str, Any]:
    typed = duty.typed
    found: dict[str, Any] = {"kind": typed.kind}
    if typed.kind == "mask":
        found |= {"fields": typed.fields, "data_classes": typed.classes}
    elif typed.kind == "step_up":
        found["minutes"] = _number(typed.minutes)
    unless = _raw(duty.unless)
    return found if unless is None else found | {"unless": unless}


def _raw(builder: Builder | None) -> Any:
    """Return what a builder says; the builder's own group around a single comparison is left out."""
    condition = None if builder is None else builder.condition
    while isinstance(condition, All | Either) and len(condition.parts) == 1:
        condition = condition.parts[0]
    return None if condition is None else write(condition)


def _number(text: str) -> int | str:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else text


def _is_untouched(root: rows.Group) -> bool:
    return all(isinstance(part, rows.Row) and not part.one("attribute") for part in root.parts)


def _conditions_of(says: Wording, known: Schema) -> Iterator[tuple[str, Condition]]:
    raws = [(RULE, says.condition), *((UNLESS % n, row.get("unless")) for n, row in enumerate(says.obligations, 1))]
    for prefix, raw in raws:
        condition = condition_of(raw, known)
        if condition is not None:
            yield prefix, condition


def _readable(known: Schema, targets: Mapping[str, Sequence[str]]) -> Schema:
    """Return those of the attributes `known` that a policy about these targets may read."""
    types = types_of(targets)
    console = ResourceType.objects.filter(key__in=types, console=True).values_list("key", flat=True)
    readable = schema.known_of(sorted(types), set(console))
    if readable is None:
        return known
    return Schema(each for each in known if not is_of_thing(each.key) or each.key in readable)


__all__ = ["Draft", "Duty", "DutyTyped", "Typed", "condition_of", "deeds", "of", "posted"]
