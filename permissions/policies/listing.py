"""The list of policies: what narrows it, where each one stands, what stands beside it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from accounts.models import Person
from cxaccess.lib.listing import Listing, Page, number_in, search_text
from permissions import gate
from permissions.models import Policy, PolicyEffect, PolicyStage, PolicyState
from permissions.policies import selectors
from permissions.policies.selectors import Life
from permissions.policies.words import Words

LISTING = Listing(
    sorts={"name": ("name",), "kind": ("current__effect", "name"), "changed": ("current__at", "name")}, default="name"
)
NOBODY = "nobody"  # stands for an owner in the address: policies that have none
# The stages as tabs of the list; the first one has all that are in use.
STAGES: tuple[tuple[str, Any], ...] = (
    ("", _("In use")),
    ("enforced", _("Enforced")),
    ("recording", _("Recording")),
    ("draft", _("Drafts")),
    ("retired", _("Retired")),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One policy of the list: where it stands, and in words what its latest version is about and whom."""

    policy: Policy
    life: Life
    about: str
    whom: str


def narrowed(rows: QuerySet[Policy], *, q: str, stage: str, kind: str, owner: str) -> QuerySet[Policy]:
    """Return `rows` as the list's filters ask; what nobody knows narrows nothing."""
    if q:
        rows = rows.filter(Q(name__icontains=q) | Q(purpose__icontains=q))
    if kind in PolicyEffect.values:
        rows = rows.filter(current__effect=kind)
    answers = number_in(owner)
    if answers is not None or owner == NOBODY:
        rows = rows.filter(owner=answers)
    if stage == "retired":
        return rows.exclude(retired_at=None)
    rows, standing = rows.filter(retired_at=None), PolicyState.objects.filter(policy=OuterRef("pk"), until=None)
    if stage in PolicyStage.values:
        return rows.filter(Exists(standing.filter(stage=stage)))
    return rows.filter(~Exists(standing)) if stage == "draft" else rows


def described(policies: Collection[Policy]) -> list[Row]:
    """Return a row for each policy, in a number of queries that does not grow with them."""
    lives = selectors.lives(list(policies))
    words = Words([policy.current for policy in policies if policy.current is not None])
    return [
        Row(policy, lives[policy.pk], words.about(policy.current), ", ".join(words.whom(policy.current)))
        for policy in policies
        if policy.current is not None
    ]


def page_of(reader: Person, params: QueryDict, *, at: datetime) -> dict[str, Any]:
    """Return the page of the list that the address asks for, with what stands around it."""
    wanted = {name: params.get(name, "") for name in ("stage", "kind", "owner")}
    rows = selectors.visible(reader, at=at)
    page: Page = LISTING.page(narrowed(rows, q=search_text(params), **wanted), params)
    return wanted | {
        "page": page,
        "rows": described(page.rows),
        "stages": STAGES,
        "kinds": PolicyEffect.choices,
        "filters": list(_chips(reader, wanted, at)),
    }


def _chips(reader: Person, wanted: dict[str, str], at: datetime) -> Any:
    """Yield the filters in force that no control of the form shows: (name, value, parameter)."""
    answers = number_in(wanted["owner"])
    if wanted["owner"] == NOBODY:
        yield _("Owner"), _("Nobody yet"), "owner"
    elif answers is not None:
        people = gate.visible(reader, "person.view", Person.objects.filter(pk=answers), at=at)
        yield _("Owner"), people.values_list("name", flat=True).first() or _("Somebody"), "owner"
