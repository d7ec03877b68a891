"""Policies in words: whom each is about, what they may do, when, and what they owe then."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Group, Team
from cxaccess.lib.conditions import Condition, InvalidCondition, Schema, read
from cxaccess.lib.conditions.schema import Key
from cxaccess.lib.conditions.sentences import Piece, filled, listed, names_of, pieces
from permissions.engine.policies import StateReason, StepUp
from permissions.models import Action, PolicyEffect, PolicyVersion, ResourceType, Role
from permissions.policies import schema
from permissions.policies.wording import Wording
from permissions.resources.fields import Mask, class_label

Says = Wording | PolicyVersion
# The whole with a condition, and without one.
SENTENCES = {
    PolicyEffect.ALLOW: (
        gettext_lazy("{who} {may} do {what} when {condition}, even where no role or grant lets them."),
        gettext_lazy("{who} {may} do {what}, even where no role or grant lets them."),
    ),
    PolicyEffect.BLOCK: (
        gettext_lazy("{who} may do {what} when {condition}, whatever they hold."),
        gettext_lazy("{who} may do {what}, whatever they hold."),
    ),
    PolicyEffect.ONLY: (
        gettext_lazy("{who} may do {what} {only} {condition}."),
        gettext_lazy("{who} may do {what} as far as their roles and grants reach."),
    ),
}
GONE = gettext_lazy("something that is gone")
UNREADABLE = gettext_lazy("a condition holds that can no longer be read")


@dataclass(frozen=True, slots=True)
class Owed:
    """One obligation in words, with the icon that stands before it."""

    icon: str
    said: tuple[Piece, ...]


class Words:
    """Says what `versions` say. The names behind all their ids are read together; moments are shown in `zone`."""

    def __init__(self, versions: Iterable[Says], zone: str = "UTC", known: Schema | None = None) -> None:
        self.versions, self.zone = tuple(versions), zone
        if known is not None:
            self.known = known

    @cached_property
    def known(self) -> Schema:
        """Return the attributes there are."""
        return schema.whole()

    @cached_property
    def _types(self) -> Mapping[str, ResourceType]:
        keys = {key for version in self.versions for key in types_of(version.targets)}
        return {row.key: row for row in ResourceType.objects.filter(key__in=keys)}

    @cached_property
    def _actions(self) -> Mapping[str, str]:
        keys = {key for version in self.versions for key in version.targets.get("permissions", ())}
        return dict(Action.objects.filter(key__in=keys).values_list("key", "label")) if keys else {}

    @cached_property
    def _whom(self) -> Mapping[str, Mapping[int, str]]:
        rows = (("teams", Team, "principal__label"), ("groups", Group, "principal__label"), ("roles", Role, "name"))
        found: dict[str, Mapping[int, str]] = {}
        for kind, model, column in rows:
            ids = {pk for version in self.versions for pk in version.targets.get(kind, ()) if isinstance(pk, int)}
            named = model._default_manager.filter(pk__in=ids).values_list("pk", column)
            found[kind] = dict(named) if ids else {}
        return found

    @cached_property
    def _read(self) -> dict[str, Condition | None]:
        """Return every condition of the versions by how it is written; None for one that can no longer be read."""
        raws = [raw for version in self.versions for raw in conditions_of(version) if raw is not None]
        return {_written(raw): _condition(raw, self.known) for raw in raws}

    @cached_property
    def _names(self) -> dict[str, dict[Key, str]]:
        return names_of([condition for condition in self._read.values() if condition is not None], self.known)

    def sentence(self, version: Says) -> tuple[Piece, ...]:
        """Return the whole policy as one plain sentence, and one more for each obligation."""
        effect = PolicyEffect(version.effect)
        text = SENTENCES[effect][version.condition is None]
        found = list(
            filled(
                str(text),
                who=self._who(version, effect),
                what=[Piece(self.about(version), mark=True)],
                may=[Piece(_("may"), mark=True, tone="eff")],
                only=[Piece(_("only when"), mark=True, tone="only")],
                condition=self.condition(version.condition),
            )
        )
        for owed in self.obligations(version):
            found += [Piece(" "), *owed.said]
        return tuple(found)

    def condition(self, raw: Any) -> tuple[Piece, ...]:
        """Return a condition in words; of one that can no longer be read, that."""
        if raw is None:
            return ()
        found = self._read[_written(raw)]
        if found is None:
            return (Piece(str(UNREADABLE), mark=True, tone="verb"),)
        return pieces(found, self.known, self.zone, self._names)

    def about(self, version: Says) -> str:
        """Return what it is about, in words: types as a whole, and permissions by type."""
        targets = version.targets
        named: dict[str, list[str]] = defaultdict(list)
        for key in targets.get("permissions", ()):
            named[key.partition(".")[0]].append(self._actions.get(key, key))
        words = [_("anything with %(things)s") % {"things": self._plural(key)} for key in targets.get("types", ())]
        for key, labels in named.items():
            label = self._types[key].label if key in self._types else key
            words.append(_("“%(type)s: %(actions)s”") % {"type": label, "actions": ", ".join(labels)})
        return listed(words)

    def name(self, kind: str, value: Any) -> str:
        """Return the name of one target: of a type, a permission, a team, a group or a role."""
        if kind == "types":
            return self._types[value].plural if value in self._types else str(value)
        if kind == "permissions":
            type_ = self._types.get(str(value).partition(".")[0])
            return f"{type_.label}: {self._actions[value]}" if type_ and value in self._actions else str(value)
        return self._whom[kind].get(value, str(GONE))

    def whom(self, version: Says) -> list[str]:
        """Return whom it is about, in words: teams, groups and roles; nothing where that is everybody."""
        texts = (("teams", _("the team %(name)s")), ("groups", _("the group %(name)s")), ("roles", _("%(name)s")))
        return [
            text % {"name": self._whom[kind].get(pk, str(GONE))}
            for kind, text in texts
            for pk in version.targets.get(kind, ())
        ]

    def _who(self, version: Says, effect: str) -> Iterator[Piece]:
        blocks = effect == PolicyEffect.BLOCK
        inside = {"teams": version.targets.get("teams", ()), "groups": version.targets.get("groups", ())}
        members = self.whom(_targeting(version, **inside))
        holders = self.whom(_targeting(version, roles=version.targets.get("roles", ())))
        if not (members or holders):
            yield Piece(_("Nobody") if blocks else _("Everybody"), mark=True, tone="verb" if blocks else "")
            return
        text = {
            (True, False): _("{whole} in {members}"),
            (False, True): _("{whole} with the role {holders}"),
            (True, True): _("{whole} in {members} or with the role {holders}"),
        }[bool(members), bool(holders)]
        yield from filled(
            text,
            whole=[Piece(_("Nobody"), mark=True, tone="verb") if blocks else Piece(_("Everybody"))],
            members=[Piece(listed(members), mark=True)] if members else (),
            holders=[Piece(listed(holders), mark=True)] if holders else (),
        )

    def obligations(self, version: Says) -> list[Owed]:
        """Return what is owed where it lets pass, each as a sentence."""
        return [self._owed(row, version) for row in version.obligations]

    def _owed(self, row: Mapping[str, Any], version: Says) -> Owed:
        icon, text, parts = {"mask": self._masked, "step_up": _step_up, "reason": _reason}[row["kind"]](row, version)
        unless = self.condition(row.get("unless"))
        ending = _("{said}, unless {unless}.") if unless else _("{said}.")
        return Owed(icon, tuple(filled(ending, said=tuple(filled(text, **parts)), unless=unless)))

    def _masked(self, row: Mapping[str, Any], version: Says) -> "Said":
        names = [class_label(each) for each in row.get("data_classes", ())]
        labels = {
            field["name"]: field["label"]
            for key in types_of(version.targets)
            for field in (self._types[key].fields if key in self._types else ())
        }
        names += [str(labels.get(each, each)) for each in row.get("fields", ())]
        text = ngettext("{fields} is masked", "{fields} are masked", len(names))
        return "eye-off", text, {"fields": [Piece(listed(names, all_of=True), mark=True)]}

    def _plural(self, key: str) -> str:
        plural = self._types[key].plural if key in self._types else key
        return plural[:1].lower() + plural[1:]


Said = tuple[str, str, dict[str, Sequence[Piece]]]


def _step_up(row: Mapping[str, Any], _version: Says) -> Said:
    minutes = int(row["minutes"])
    words = ngettext("of the last minute", "of the last %(n)d minutes", minutes) % {"n": minutes}
    mark = [Piece(_("A second factor %(when)s") % {"when": words}, mark=True)]
    return "second-factor", _("{factor} is asked for first"), {"factor": mark}


def _reason(_row: Mapping[str, Any], _version: Says) -> Said:
    return "why", _("{reason} is asked for first"), {"reason": [Piece(_("A reason"), mark=True)]}


def _targeting(version: Says, **whom: Sequence[int]) -> Wording:
    return Wording(version.effect, {key: list(ids) for key, ids in whom.items()}, None, [])


def conditions_of(version: Says) -> Iterator[Any]:
    """Yield the condition of a version and those that spare its obligations, as they are kept; None: there is none."""
    yield version.condition
    for row in version.obligations:
        yield row.get("unless")


def _written(raw: Any) -> str:
    return json.dumps(raw, sort_keys=True)


def _condition(raw: Any, known: Schema) -> Condition | None:
    try:
        return read(raw, known, existing=False)
    except InvalidCondition:
        return None


def types_of(targets: Mapping[str, Sequence[Any]]) -> set[str]:
    """Return the types of what targets name."""
    return {*targets.get("types", ()), *(key.partition(".")[0] for key in targets.get("permissions", ()))}


def owed_of(duty: object) -> str:
    """Return an obligation of a decision in words; one that nobody understands masks everything."""
    if isinstance(duty, StepUp):
        minutes = ngettext("the last minute", "the last %(n)d minutes", duty.minutes) % {"n": duty.minutes}
        return _("A second factor of %(minutes)s is asked for first") % {"minutes": minutes}
    if isinstance(duty, StateReason):
        return _("A reason is asked for first")
    if isinstance(duty, Mask):
        names = [class_label(each) for each in sorted(duty.data_classes)] + sorted(duty.names)
        return _("Masked: %(fields)s") % {"fields": listed(names, all_of=True)}
    return _("Everything is masked")


def plain(said: Iterable[Piece]) -> str:
    """Return pieces as text."""
    return "".join(piece.text for piece in said)
