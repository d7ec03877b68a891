"""Reads that people, teams and structure share: choices within the reader's reach, and who may do what on one page."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from functools import partial
from typing import TypeVar

from django.db import models

from accounts.models import Node, Person, Principal
from cxaccess.lib.statements import Rows
from permissions import facts, gate, places
from permissions.engine import scopes_for

M = TypeVar("M", bound=models.Model)


def places_for(reader: Person, action: str, kind: str, *, at: datetime) -> models.QuerySet[Node]:
    """Return the places of `kind` where `reader` holds `action`, in the tree's order; archived ones are left out."""
    rows = _places(kind)
    found = facts.snapshot(reader.pk, at)
    wanted: set[int] = set()
    for scope in scopes_for(found.model, found.subject, action, at):
        terms = dict(scope.terms)
        if kind not in terms:
            return rows
        wanted |= found.model.below(kind, terms[kind])
    return rows.filter(pk__in=wanted)


def places_offered(reader: Person, action: str, kind: str, *, at: datetime) -> Rows | models.QuerySet[Node]:
    """Return the same for a select."""
    if gate.sees_all(reader, action, at=at):
        return Rows(("places", kind), partial(_places, kind), {})
    return places_for(reader, action, kind, at=at)


def _places(kind: str) -> models.QuerySet[Node]:
    return Node.objects.filter(kind=kind, archived_at=None).order_by("lft")


def allowed_on(reader: Person, actions: Iterable[str], rows: Collection[M], *, at: datetime) -> dict[str, set[int]]:
    """Return {action: the ids of those `rows` on which `reader` may do it}, in at most one query for each action."""
    return {action: gate.allowed(reader, action, rows, at=at) for action in actions}


def of_next_named(
    rows: models.QuerySet[M], columns: list[str], values: list[object] | None, size: int
) -> models.QuerySet[M]:
    """Return those of `rows` whose principals come next by name, where a list is ordered by that: enough for a page.

    No index knows grants or teams by the names of their principals. So these are walked by name until enough of them
    have a row, instead of sorting every row for each page.
    """
    order = columns[0].replace("principal__", "")
    if order not in ("label", "-label"):
        return rows
    own = rows.order_by().select_related(None).only("pk").filter(principal=models.OuterRef("pk"))
    named = Principal.objects.filter(models.Exists(own)).order_by(order).values_list("pk", flat=True)
    if values is None:
        return rows.filter(principal__in=named[:size])
    label, further = values[0], "lt" if order.startswith("-") else "gt"
    same = Principal.objects.filter(label=label).values_list("pk", flat=True)
    beyond = named.filter(**{f"label__{further}": label})[:size]
    return rows.filter(models.Q(principal__in=same) | models.Q(principal__in=beyond))


def sees_everybody(reader: Person, *, at: datetime) -> bool:
    """Return whether there is nobody whom `reader` may not see, wherever somebody is or will be.

    Where a policy judges it, that depends on who it is: then no, and whoever asks looks at each.
    """
    if "person.view" in facts.model(at).judging:
        return False
    return gate.may(reader, "person.view", places.prospect("person"), at=at)


def below(kind: str, place: int, *, at: datetime) -> frozenset[int]:
    """Return the ids of a place or team and of everything under it; `kind` is a node's kind or "team"."""
    return facts.model(at).below(kind, place)


def batches(rows: models.QuerySet[M], size: int) -> Iterator[list[M]]:
    """Yield the rows in lists of `size`, for what is read once per batch."""
    batch: list[M] = []
    for row in rows.iterator(chunk_size=size):
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
