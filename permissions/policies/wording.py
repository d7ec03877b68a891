"""What a version of a policy says, read strictly: what no schema knows is refused with its place and the reason."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Group, Team
from cxaccess.lib.conditions import Condition, InvalidCondition, Leaf, Not, Problem, Ref, Schema, read, write
from cxaccess.lib.conditions.columns import NotCompilable
from cxaccess.lib.conditions.evaluation import World
from cxaccess.lib.conditions.query import compile_condition
from cxaccess.lib.conditions.tree import Place
from cxaccess.lib.errors import Refused
from permissions import facts
from permissions.models import Action, PolicyEffect, PolicyVersion, Resource, ResourceType, Role
from permissions.policies import columns, schema
from permissions.policies.compiling import OUT_OF_REACH

TARGETS = ("permissions", "types", "roles", "teams", "groups")
MOST_TARGETS, MOST_DUTIES, LONGEST_STEP_UP = 200, 10, 24 * 60
KEY = re.compile(r"[\w.-]{1,81}", re.ASCII)  # what a type or a permission can be called
KEYS = {"mask": {"fields", "data_classes"}, "step_up": {"minutes"}, "reason": set[str]()}


@dataclass(frozen=True, slots=True)
class Wording:
    """A version's contents, as its columns hold them."""

    effect: str
    targets: dict[str, list[Any]]
    condition: dict[str, Any] | None
    obligations: list[dict[str, Any]]


def of(version: PolicyVersion) -> Wording:
    """Return what a version says."""
    return Wording(version.effect, version.targets, version.condition, version.obligations)


def checked(raw: Wording, *, at: datetime) -> Wording:
    """Return the wording as it is kept. Raises Refused with the field, and `facts["problems"]` where places count."""
    if raw.effect not in PolicyEffect.values:
        raise Refused(_("Choose whether it allows, blocks or limits."), field="effect")
    targets = _targets(raw.targets)
    if targets["roles"] and raw.effect != PolicyEffect.ALLOW:
        raise Refused(_("What blocks or limits names teams and groups: ending a role never opens."), field="targets")
    known, reader = schema.whole(), _Reader(_readable(targets), at)
    condition = None if raw.condition is None else reader.condition(raw.condition, known, "condition")
    if condition is None and raw.effect == PolicyEffect.ALLOW and not any(targets[key] for key in TARGETS[2:]):
        raise Refused(
            _("Say when it allows, or whom: otherwise it would allow everybody everything."), field="condition"
        )
    duties = _obligations(raw.obligations, targets, known, reader)
    if duties and raw.effect == PolicyEffect.BLOCK:
        raise Refused(_("What is blocked has no obligations. Use “only when”."), field="obligations")
    return Wording(raw.effect, targets, None if condition is None else write(condition), duties)


def _targets(raw: Mapping[str, Any]) -> dict[str, list[Any]]:
    if not isinstance(raw, Mapping) or not set(raw) <= set(TARGETS):
        raise Refused(
            _("A policy is about permissions, types, roles, teams and groups, nothing else."), field="targets"
        )
    found = {key: list(dict.fromkeys(_named(raw.get(key, ())))) for key in TARGETS}
    if any(len(values) > MOST_TARGETS for values in found.values()):
        raise Refused(_("Name at most %(n)d of each.") % {"n": MOST_TARGETS}, field="targets")
    if not (found["permissions"] or found["types"]):
        raise Refused(_("Choose what it is about: permissions, or types of resources."), field="targets")
    rows: tuple[tuple[str, Collection[Any]], ...] = (
        ("permissions", Action.objects.filter(key__in=_texts(found["permissions"])).values_list("key", flat=True)),
        ("types", ResourceType.objects.filter(key__in=_texts(found["types"])).values_list("key", flat=True)),
        ("roles", Role.objects.filter(pk__in=_ids(found["roles"]), retired_at=None).values_list("pk", flat=True)),
        ("teams", Team.objects.filter(pk__in=_ids(found["teams"]), archived_at=None).values_list("pk", flat=True)),
        ("groups", Group.objects.filter(pk__in=_ids(found["groups"]), archived_at=None).values_list("pk", flat=True)),
    )
    for key, known in rows:
        standing = set(known)
        gone = [str(value)[:81] for value in found[key] if isinstance(value, bool) or value not in standing]
        if gone:
            message = _("%(names)s does not exist, or is no longer in use.")
            raise Refused(message % {"names": ", ".join(gone)}, field="targets", facts={"key": key, "gone": gone})
    _require_in_reach(found)
    return found


def _require_in_reach(targets: Mapping[str, Sequence[Any]]) -> None:
    """Pass what policies can be about. A type of which one permission is out of reach is named by its others."""
    types = set(targets["types"])
    named = sorted(key for key in OUT_OF_REACH if key in targets["permissions"] or key.partition(".")[0] in types)
    if named:
        message = _(
            "No policy is about %(names)s: whoever may mend policies always can, and only grants hand out the right "
            "to give. Name other permissions instead."
        )
        raise Refused(message % {"names": ", ".join(named)}, field="targets", facts={"out_of_reach": named})


def _named(raw: Any) -> list[int | str]:
    """Return a list of keys or ids. Raises Refused for what is none, or holds anything else."""
    if not isinstance(raw, list | tuple) or not all(isinstance(value, int | str) for value in raw):
        raise Refused(_("What a policy is about is named in lists."), field="targets")
    return list(raw)


def _texts(values: Sequence[Any]) -> list[str]:
    return [value for value in values if isinstance(value, str) and KEY.fullmatch(value)]


def _ids(values: Sequence[Any]) -> list[int]:
    return [value for value in values if isinstance(value, int) and not isinstance(value, bool) and value < 2**63]


def _readable(targets: Mapping[str, Sequence[str]]) -> frozenset[str] | None:
    """Return the attributes of things that all that it is about have; None: every one."""
    types = _types(targets)
    console = ResourceType.objects.filter(key__in=types, console=True).values_list("key", flat=True)
    return schema.known_of(sorted(types), set(console))


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads conditions of a policy about things of which only `readable` attributes are known."""

    readable: frozenset[str] | None
    at: datetime

    def condition(self, raw: Any, known: Schema, field: str, under: Place = ()) -> Condition:
        """Return the condition; places are told `under` where it stands. Raises Refused."""
        try:
            found = read(raw, known)
        except InvalidCondition as error:
            raise _refused(error.problems, field, under) from error
        problems = [*self._unreadable(found), *self._unanswerable(found, known)]
        if problems:
            raise _refused(problems, field, under)
        return found

    def _unreadable(self, condition: Condition) -> Iterator[Problem]:
        message = _("What this policy is about has no such attribute. Choose other permissions, or leave it out.")
        for place, leaf in placed(condition):
            named = {leaf.attribute, leaf.right.key if isinstance(leaf.right, Ref) else leaf.attribute}
            if self.readable is not None and any(schema.is_of_thing(key) and key not in self.readable for key in named):
                yield Problem(place, "attribute", message)

    def _unanswerable(self, condition: Condition, known: Schema) -> Iterator[Problem]:
        """Yield the comparisons that no list could be filtered by."""
        model = facts.model(self.at)
        world = World(self.at, model.above, model.below)
        there = columns.of(Resource, known, self.at)
        for place, leaf in placed(condition):
            try:
                compile_condition(leaf, known, there, world)
            except NotCompilable:
                yield Problem(place, "value", _("These two attributes cannot be compared so."))


def placed(condition: Condition, place: Place = ()) -> Iterator[tuple[Place, Leaf]]:
    """Yield every comparison with its place."""
    if isinstance(condition, Leaf):
        yield place, condition
    elif isinstance(condition, Not):
        yield from placed(condition.part, place)
    else:
        for number, part in enumerate(condition.parts):
            yield from placed(part, (*place, number))


def _refused(problems: Sequence[Problem], field: str, under: Place = ()) -> Refused:
    problems = [replace(each, place=(*under, *each.place)) for each in problems]
    said = [{"place": list(each.place), "part": each.part, "message": each.message} for each in problems]
    return Refused("; ".join(str(each) for each in problems), field=field, facts={"problems": said})


def _obligations(
    raw: Any, targets: Mapping[str, Sequence[str]], known: Schema, reader: _Reader
) -> list[dict[str, Any]]:  # fmt: skip
    if not isinstance(raw, list | tuple) or len(raw) > MOST_DUTIES:
        raise Refused(_("Keep it to %(n)d obligations.") % {"n": MOST_DUTIES}, field="obligations")
    found = []
    for number, row in enumerate(raw):
        kind = row.get("kind") if isinstance(row, Mapping) else None
        if not isinstance(kind, str) or kind not in KEYS or not set(row) <= {"kind", "unless", *KEYS[kind]}:
            raise Refused(
                _("An obligation masks fields, asks for a second factor or for a reason."), field="obligations"
            )
        kept: dict[str, Any] = {"kind": kind, **_detail(kind, row, number, targets)}
        if row.get("unless") is not None:
            kept["unless"] = write(reader.condition(row["unless"], known, "obligations", (number,)))
        found.append(kept)
    return found


def _detail(kind: str, row: Mapping[str, Any], number: int, targets: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    if kind == "step_up":
        minutes = row.get("minutes")
        if not isinstance(minutes, int) or isinstance(minutes, bool) or not 1 <= minutes <= LONGEST_STEP_UP:
            raise Refused(_("Say how many minutes a second factor counts, up to a day."), field="obligations")
        return {"minutes": minutes}
    return {} if kind == "reason" else _masked(row, number, targets)


def _masked(row: Mapping[str, Any], number: int, targets: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Return what the obligation with this number masks: fields and data classes that what it is about has."""
    types = ResourceType.objects.filter(key__in=_types(targets))
    declared = [field for type_ in types for field in type_.fields]
    offered = {
        "fields": {field["name"] for field in declared},
        "data_classes": {field["data_class"] for field in declared},
    }
    kept = {part: _listed(row.get(part, ())) for part in offered}
    message = _("Choose which fields are masked, of those that these resources have.")
    wrong = [part for part, known in offered.items() if not all(_is_one(value, known) for value in kept[part])]
    if wrong or not any(kept.values()):
        problems = [Problem((number,), part, message) for part in wrong or ["fields"]]
        raise _refused(problems, "obligations")
    return kept


def _listed(raw: Any) -> list[Any]:
    return list(raw) if isinstance(raw, list | tuple) else [raw]


def _is_one(value: Any, known: Collection[str]) -> bool:
    return isinstance(value, str) and value in known


def _types(targets: Mapping[str, Sequence[str]]) -> set[str]:
    """Return the types of what the policy is about."""
    return {*targets["types"], *(key.partition(".")[0] for key in targets["permissions"])}
