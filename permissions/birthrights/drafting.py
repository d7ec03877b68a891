"""A rule while it is written: the builder, what it gives, and what both would do, in one context.

A form posts the whole each time. Its buttons are named ``do`` (add what was chosen, drop something, turn a page of the
preview) or, those of the condition's builder, ``rule-do``; without any of them the form's own button was pressed.
"""

from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest

from accounts.attributes import options
from accounts.groups.rules import Rule, kept
from cxaccess.builder.form import Builder
from cxaccess.lib.conditions import Problem
from cxaccess.lib.errors import Refused
from cxaccess.lib.listing import number_in
from permissions import gate
from permissions.birthrights import checks, rules
from permissions.birthrights.effect import effect
from permissions.birthrights.forms import GiftForm
from permissions.birthrights.gifts import IN_USE, MOST, ROWS, Gift, Words, of_key
from permissions.birthrights.rules import Standing
from permissions.models import Birthright, BirthrightVersion

# mypy: disable-error-code="arg-type, attr-defined"
# Behind login_required request.user is a Person, and request.at is a moment; Django's stubs know neither.
PREFIX = "rule"
SEEN = {"role": "role.view", "team": "team.view", "group": "group.view"}


@dataclass
class Drafting:
    """What a page needs on which a rule is written."""

    request: HttpRequest
    birthright: Birthright | None
    builder: Builder
    gifts: list[Gift]
    adding: GiftForm
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def deed(self) -> str:
        """Return what the pressed button asks for; nothing for the form's own one."""
        data = self.request.POST
        return data.get("do", "") or data.get(f"{PREFIX}-do", "")

    @property
    def wants_saving(self) -> bool:
        """Return whether the form's own button was pressed."""
        return self.request.method == "POST" and not self.deed

    @property
    def is_complete(self) -> bool:
        """Return whether it says whom and what."""
        return self.builder.condition is not None and bool(self.gifts)

    def missing(self) -> bool:
        """Say what is still to be filled in; return whether anything is."""
        if not self.gifts:
            self.errors["gives"] = str(checks.NOTHING)
        if self.builder.condition is None:
            self.errors["condition"] = str(checks.INCOMPLETE)
        return bool(self.errors)

    def refuse(self, refused: Refused) -> None:
        """Show what the use case refused beside what it is about."""
        if refused.field == "condition":
            self.builder.refuse(Problem((), "value", refused.message))
        else:
            self.errors[refused.field or ""] = refused.message

    @property
    def context(self) -> dict[str, Any]:
        """Return what the template needs."""
        words = Words(self.gifts)
        found: dict[str, Any] = {
            "writing": self, "builder": self.builder, "adding": self.adding, "errors": self.errors,
            "chips": [(gift, words.name(gift), words.where(gift)) for gift in self.gifts],
        }  # fmt: skip
        if self.is_complete and self.builder.condition is not None:
            row = self.birthright or Birthright()
            rule = Rule(self.builder.condition, self.builder.schema)
            found |= previewed(self.request, Standing(row, rule, tuple(self.gifts)), self.deed)
        return found


def previewed(request: HttpRequest, standing: Standing, deed: str = "") -> dict[str, Any]:
    """Return what `standing` would do, with a page of those whom it concerns."""
    found = effect(standing, request.user, at=request.at)
    verb, _colon, rest = deed.partition(":")
    number = (number_in(rest) if verb == "page" else number_in(request.GET.get("page"))) or 1
    moved, more = found.page(number)
    return {"effect": found, "moved": moved, "page_number": number, "more": more}


def drafting(request: HttpRequest, birthright: Birthright | None, start: BirthrightVersion | None) -> Drafting:
    """Return what is written: what the form posted, else what `start` says, else nothing yet."""
    known, posted = rules.known(), request.method == "POST"
    before = start or (birthright.current if birthright is not None else None)
    saved = kept(before.condition, known) if before is not None else None
    offered = options.offered(request.user, request.at)
    builder = Builder.of(request, known, offered, saved=saved.condition if saved else None, prefix=PREFIX)
    adding = GiftForm(request.POST if posted else None, reader=request.user, at=request.at)
    had = list(checks.gifts_of(before)) if before is not None else []
    found = _posted(request, had) if posted else had
    if posted and _adds(request):
        found += [gift for gift in adding.added if gift not in found]
        adding = adding if adding.errors else GiftForm(reader=request.user, at=request.at)
    elif posted:  # what is chosen and not added yet stays chosen
        chosen = {name: request.POST.get(adding.add_prefix(name), "") for name in adding.fields}
        adding = GiftForm(reader=request.user, at=request.at, initial=chosen)
    writing = Drafting(request, birthright, builder, found[:MOST], adding)
    if builder.condition is not None:
        try:
            checks.require_answerable(builder.condition, known, request.at)
        except Refused as refused:
            writing.refuse(refused)
            builder.condition = None
    return writing


def _adds(request: HttpRequest) -> bool:
    """Return whether what is chosen is to be added: by its own button, or because all is to be saved."""
    return request.POST.get("do", "") == "add" or not (request.POST.get("do") or request.POST.get(f"{PREFIX}-do"))


def _posted(request: HttpRequest, had: list[Gift]) -> list[Gift]:
    """Return the gifts that a form posted, but what it drops, what its reader may not see and what nobody can give."""
    dropped = request.POST.get("do", "").removeprefix("drop:")
    keys = [key for key in dict.fromkeys(request.POST.getlist("gift")) if key != dropped]
    found = [gift for gift in map(of_key, keys[: 2 * MOST]) if gift is not None]
    for kind, (rows, _column) in ROWS.items():
        ids = {gift.id for gift in found if gift.kind == kind and gift not in had}
        if ids:
            seen = gate.visible(request.user, SEEN[kind], rows.filter(pk__in=IN_USE[kind](ids)), at=request.at)
            there = set(seen.values_list("pk", flat=True))
            found = [gift for gift in found if gift.kind != kind or gift in had or gift.id in there]
    return found
