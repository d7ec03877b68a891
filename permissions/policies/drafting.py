"""A policy on the page where it is written: the draft, the sentence it makes, how far it reaches, and a trial of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from accounts.models import Group, Person, Team
from cxaccess.lib.conditions import Schema
from cxaccess.lib.conditions.sentences import Piece
from permissions import gate
from permissions.models import Policy, PolicyEffect, ResourceType, Role
from permissions.policies import draft as drafts
from permissions.policies import options, schema, trial, wording
from permissions.policies.draft import Draft, Typed
from permissions.policies.forms import TargetsForm
from permissions.policies.reach import Reach, reach
from permissions.policies.wording import Wording
from permissions.policies.words import Words, types_of
from permissions.resources.fields import DataClass

# mypy: disable-error-code="arg-type, attr-defined"
# Behind login_required request.user is a Person, and request.at is a moment; Django's stubs know neither.
Chip = tuple[str, str]  # what is posted, and its name
SEEN: dict[str, tuple[str, Any]] = {
    "roles": ("role.view", Role), "teams": ("team.view", Team), "groups": ("group.view", Group)
}  # fmt: skip
LONGEST_ID = 19  # digits of what no id reaches


@dataclass
class Drafting:
    """What a page needs on which a policy is written. `policy` is None for a new one."""

    request: HttpRequest
    policy: Policy | None
    draft: Draft
    adding: TargetsForm
    known: Schema

    @property
    def wants_saving(self) -> bool:
        """Return whether the form's own button was pressed."""
        return self.request.method == "POST" and not drafts.deeds(self.request.POST)

    @property
    def deed(self) -> str:
        """Return what the pressed button asks for."""
        return next(iter(drafts.deeds(self.request.POST).values()), "")

    @cached_property
    def words(self) -> Words:
        """Return what says the draft, whatever of it is there."""
        said = [self.draft.raw] if self.draft.wording is None else [self.draft.raw, self.draft.wording]
        return Words(said, timezone.get_current_timezone_name(), self.known)

    @property
    def says(self) -> tuple[Piece, ...]:
        """Return the whole as a sentence; nothing while something is missing or wrong."""
        return self.words.sentence(self.draft.wording) if self.draft.wording is not None else ()

    @cached_property
    def reach(self) -> Reach | None:
        """Return how many people and resources it touches; None while nobody can know."""
        if self.draft.wording is None:
            return None
        rule = trial.rule_of(self.draft.wording, self.policy, at=self.request.at)
        return reach(self.request.user, rule, at=self.request.at)

    @property
    def chips(self) -> dict[str, list[Chip]]:
        """Return what was chosen of each kind of target, with its name."""
        raw, words = self.draft.raw, self.words
        return {key: [(str(each), words.name(key, each)) for each in raw.targets[key]] for key in wording.TARGETS}

    @property
    def classes(self) -> Iterator[tuple[str, str, list[str]]]:
        """Yield each data class that the policy's resources have, with their fields of it; and what was ticked."""
        ticked = {value for duty in self.draft.typed.duties for value in duty.classes}
        for value, label in DataClass.choices:
            named = [field["label"] for field in self.fields if field["data_class"] == value]
            if named or value in ticked:
                yield value, str(label), [name for name in named if name != str(label)]

    @cached_property
    def fields(self) -> list[dict[str, str]]:
        """Return the fields that the policy's resources have, each once."""
        rows = ResourceType.objects.filter(key__in=types_of(self.draft.raw.targets))
        found = {row["name"]: {**row, "of": type_.label} for type_ in rows for row in type_.fields}
        return list(found.values())

    @property
    def context(self) -> dict[str, Any]:
        """Return what the template needs."""
        return {"writing": self, "draft": self.draft, "effects": PolicyEffect, "adding": self.adding}


def _drop_unseen(typed: Typed, kept: Wording | None, reader: Person, at: datetime) -> None:
    """Take out what was posted by an id that neither the reader sees nor the policy names: it would tell its name."""
    for key, (action, rows) in SEEN.items():
        ids = [int(value) for value in typed.targets[key] if value.isdecimal() and len(value) < LONGEST_ID]
        seen = gate.visible(reader, action, rows.objects.filter(pk__in=ids), at=at).values_list("pk", flat=True)
        there = {*map(str, seen), *(str(value) for value in (kept.targets.get(key, ()) if kept else ()))}
        typed.targets[key] = [value for value in typed.targets[key] if value in there]


def drafting(request: HttpRequest, policy: Policy | None, start: Wording | None) -> Drafting:
    """Return what is written: what the form posted, else `start`, else nothing yet."""
    reader, at = request.user, request.at
    posted, known = request.method == "POST", schema.whole()
    adding = TargetsForm(request.POST if posted else None, reader=reader, at=at)
    if posted:
        typed = drafts.posted(request.POST)
        for key, value in adding.added.items():
            if value not in typed.targets[key]:
                typed.targets[key].append(value)
    else:
        typed = drafts.Typed() if start is None else drafts.of(start, known)
    saving = posted and not drafts.deeds(request.POST)
    kept = wording.of(policy.current) if policy is not None and policy.current is not None else None
    _drop_unseen(typed, start or kept, reader, at)
    draft = Draft(typed, known, options.offered(reader, at), at=at, saving=saving, kept=start or kept)
    if not adding.errors:
        adding = TargetsForm(reader=reader, at=at)
    return Drafting(request, policy, draft, adding, known)
