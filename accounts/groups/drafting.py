"""A rule while it is written: the builder, whom the draft takes in and lets go, what they gain, in one context."""

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.attributes import options, schema
from accounts.groups import pages, rules
from accounts.groups.rules import Rule
from accounts.models import Group, Person
from accounts.reads import sees_everybody
from cxaccess.builder.form import Builder
from cxaccess.lib.conditions import Problem, leaves
from cxaccess.lib.conditions.columns import NotCompilable
from cxaccess.lib.listing import Count, number_in

# mypy: disable-error-code="arg-type, attr-defined"
SHOWN = 20


@dataclass(frozen=True, slots=True)
class Side:
    """One side of the preview, of those whom the reader may see: how many, and one page of them."""

    key: str
    count: Count
    people: list[Person]
    page: int
    has_next: bool


@dataclass(frozen=True, slots=True)
class Drafting:
    """What a page about a rule needs. `rule` is None while something is wrong with the draft."""

    builder: Builder
    rule: Rule | None
    context: dict[str, Any]

    def wants_saving(self, request: HttpRequest) -> bool:
        """Return whether the form's own button was pressed."""
        return request.method == "POST" and not request.POST.get(f"{self.builder.prefix}-do")

    def previewed(self, request: HttpRequest) -> bool:
        """Return whether the page that was posted showed what this very rule would do."""
        return self.rule is not None and request.POST.get("previewed") == self.builder.digest


def drafting(request: HttpRequest, group: Group | None) -> Drafting:
    """Return the builder on a group's rule (or on that of a new group) with its preview."""
    known = schema.of_people()
    saved = rules.kept(group.rule, known) if group is not None else None
    offered = options.offered(request.user, request.at)
    builder = Builder.of(request, known, offered, saved=saved.condition if saved else None)
    rule = Rule(builder.condition, known) if builder.condition is not None else None
    context: dict[str, Any] = {"builder": builder}
    if rule is not None:
        try:
            context["preview"] = _preview(request, rule, group)
        except NotCompilable as refusal:
            builder.refuse(_place_of(rule, refusal))
            rule = None
    return Drafting(builder, rule, context)


def _place_of(rule: Rule, refusal: NotCompilable) -> Problem:
    """Return the refusal as a problem of the form; which row it is stands in the words."""
    number = list(leaves(rule.condition)).index(refusal.leaf) + 1
    return Problem((), "value", f"{number}. {refusal}")


def _preview(request: HttpRequest, rule: Rule, group: Group | None) -> dict[str, Any]:
    found = rules.preview(rule, group, request.user, request.at)
    deed = request.POST.get("rule-do", "")
    sides = [_side(key, rows, deed) for key, rows in (("joins", found.joins), ("leaves", found.leaves))]
    gains = pages.context_of_gain(group, request) if group is not None else {}
    others = not sees_everybody(request.user, at=request.at)  # whatever the rule is, so that it tells nothing either
    return {"sides": sides, "stays": found.stays, "total": found.total, "others": others, **gains}


def _side(key: str, rows: QuerySet[Person], deed: str) -> Side:
    name, _colon, number = deed.partition(":")
    page = (number_in(number) or 1) if name == key else 1
    start = (page - 1) * SHOWN
    people = list(rows.order_by("name", "pk").only("name", "title")[start : start + SHOWN + 1])
    return Side(key, Count.of(rows), people[:SHOWN], page, len(people) > SHOWN)
