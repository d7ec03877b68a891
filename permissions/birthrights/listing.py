"""The list of birthright rules: what narrows it, where each one stands, whom it gives what."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from accounts.models import Person
from cxaccess.lib.listing import Listing, Page, search_text
from permissions.birthrights import pages, selectors
from permissions.birthrights.pages import Said
from permissions.birthrights.selectors import DRAFT, IN_FORCE, RETIRED, Life
from permissions.models import Birthright, BirthrightState

LISTING = Listing(sorts={"name": ("name",), "changed": ("current__at", "name")}, default="name")
STAGES: tuple[tuple[str, Any], ...] = (
    ("", _("In use")), (IN_FORCE, _("In force")), (DRAFT, _("Drafts")), (RETIRED, _("Retired")),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One rule of the list: where it stands, what its latest version says, how many people have something by it."""

    birthright: Birthright
    life: Life
    says: Said
    people: int


def narrowed(rows: QuerySet[Birthright], *, q: str, stage: str) -> QuerySet[Birthright]:
    """Return `rows` as the list's filters ask; what nobody knows narrows nothing."""
    if q:
        rows = rows.filter(Q(name__icontains=q) | Q(purpose__icontains=q))
    if stage == RETIRED:
        return rows.exclude(retired_at=None)
    rows, standing = rows.filter(retired_at=None), BirthrightState.objects.filter(birthright=OuterRef("pk"), until=None)
    if stage == IN_FORCE:
        return rows.filter(Exists(standing))
    return rows.filter(~Exists(standing)) if stage == DRAFT else rows


def described(rows: Collection[Birthright], reader: Person, *, at: datetime) -> list[Row]:
    """Return a row for each rule, in a number of queries that does not grow with them."""
    found = list(rows)
    lives, counts = selectors.lives(found), selectors.counts(found, reader, at=at)
    says = pages.said([row.current for row in found if row.current is not None])
    return [
        Row(row, lives[row.pk], says[row.current.pk], counts[row.pk]) for row in found if row.current is not None
    ]  # fmt: skip


def page_of(reader: Person, params: QueryDict, *, at: datetime) -> dict[str, Any]:
    """Return the page of the list that the address asks for, with what stands around it."""
    stage = params.get("stage", "")
    rows = selectors.visible(reader, at=at)
    page: Page = LISTING.page(narrowed(rows, q=search_text(params), stage=stage), params)
    return {"stage": stage, "page": page, "rows": described(page.rows, reader, at=at), "stages": STAGES}
