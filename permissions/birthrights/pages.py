"""What every page about one birthright rule shows around its own part, and rules in words."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.groups.rules import kept
from accounts.models import Person
from accounts.pages import Tab
from cxaccess.lib.conditions.sentences import Piece, names_of, pieces
from permissions import gate, places
from permissions.birthrights import checks, rules, selectors
from permissions.birthrights.gifts import Words
from permissions.birthrights.selectors import IN_FORCE, VIEW, Life
from permissions.birthrights.services import EDIT, ENFORCE
from permissions.guards import fetch
from permissions.models import Birthright, BirthrightVersion

# mypy: disable-error-code="arg-type, attr-defined"
# Behind login_required request.user is a Person, and request.at is a moment; Django's stubs know neither.
ROWS = Birthright.objects.select_related("current__made_by", "owner")


@dataclass(frozen=True, slots=True)
class Said:
    """A version in words: whom it takes in, and (name, where, kind) of each thing that it gives."""

    condition: tuple[Piece, ...]
    gives: tuple[tuple[str, str, str], ...]

    @property
    def gifts(self) -> str:
        """Return what it gives, as text."""
        return ", ".join(f"{name}: {where}" if kind == "role" else name for name, where, kind in self.gives)

    @property
    def plain(self) -> str:
        """Return its condition as text."""
        return "".join(piece.text for piece in self.condition)


def said(versions: Iterable[BirthrightVersion]) -> dict[int, Said]:
    """Return {version id: it in words}, in a number of queries that does not grow with them."""
    found, known, zone = list(versions), rules.known(), timezone.get_current_timezone_name()
    gifts = {version.pk: checks.gifts_of(version) for version in found}
    words = Words([gift for each in gifts.values() for gift in each])
    read = {version.pk: kept(version.condition, known) for version in found}
    names = names_of([rule.condition for rule in read.values() if rule is not None], known)
    return {
        pk: Said(
            pieces(rule.condition, known, zone, names) if rule is not None else (),
            tuple((words.name(gift), words.where(gift), gift.kind) for gift in gifts[pk]),
        )
        for pk, rule in read.items()
    }


def birthright_page(request: HttpRequest, pk: int, tab: str, action: str = VIEW) -> dict[str, Any]:
    """Return the context of one rule's page, once the reader may do `action`. Raises Http404, NotAllowed."""
    return context(request, fetch(request, action, ROWS, pk), tab)


def context(request: HttpRequest, row: Birthright, tab: str, **own: Any) -> dict[str, Any]:
    """Return what the page of a rule on `tab` needs."""
    life = selectors.lives([row])[row.pk]
    return {
        "birthright": row,
        "version": row.current,
        "life": life,
        "is_draft": row.retired_at is None and row.current != life.enforced,
        "tabs": _tabs(request, row, life, tab),
        **_may(request.user, row, life, request),
        **own,
    }


def _may(person: Person, row: Birthright, life: Life, request: HttpRequest) -> dict[str, bool]:
    """Return what the reader may do with it now; what would change nothing is not offered."""
    edits, enforces = (gate.may(person, action, row, at=request.at) for action in (EDIT, ENFORCE))
    standing = row.retired_at is None
    return {
        "may_edit": standing and edits,
        "may_enforce": standing and enforces and row.current != life.enforced,
        "may_retire": standing and (enforces if life.enforced else edits),
        "may_reopen": not standing and edits,
    }


def _tabs(request: HttpRequest, row: Birthright, life: Life, current: str) -> list[Tab]:
    shown = [("detail", _("Rule")), ("people", _("People")), ("versions", _("Versions"))]
    if gate.may(request.user, "trail.view", places.target(row, request.at, as_type="trail"), at=request.at):
        shown.append(("history", _("History")))
    counts = {"versions": row.current.number if row.current else 0}
    if life.state == IN_FORCE:
        counts["people"] = selectors.counts([row], request.user, at=request.at)[row.pk]
    return [
        Tab(label, reverse(f"birthrights:{name}", args=[row.pk]), name == current, counts.get(name))
        for name, label in shown
    ]
