"""What is told of birthright rules: where each stands, and how many people have something by it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from accounts.models import Membership, Person
from accounts.reads import sees_everybody
from cxaccess.lib.models import Source
from permissions import gate
from permissions.birthrights.rules import GRANTS, MEMBERSHIPS, given
from permissions.models import Birthright, BirthrightState, BirthrightVersion, RoleGrant

VIEW = "birthright.view"
IN_FORCE, DRAFT, RETIRED = "enforced", "draft", "retired"


@dataclass(frozen=True, slots=True)
class Life:
    """Where a rule stands, which version is in force, and the row that says since when."""

    state: str
    enforced: BirthrightVersion | None = None
    since: BirthrightState | None = None


def visible(reader: Person, *, at: datetime) -> QuerySet[Birthright]:
    """Return the rules that `reader` may see."""
    return gate.visible(reader, VIEW, Birthright.objects.select_related("current", "owner"), at=at)


def lives(rows: Sequence[Birthright]) -> dict[int, Life]:
    """Return where each rule stands, in one query."""
    states = BirthrightState.objects.select_related("version", "begun_by").filter(birthright__in=rows, until=None)
    standing = {state.birthright_id: state for state in states}
    return {row.pk: _life(row, standing.get(row.pk)) for row in rows}


def _life(row: Birthright, state: BirthrightState | None) -> Life:
    if row.retired_at is not None:
        return Life(RETIRED)
    return Life(IN_FORCE, state.version, state) if state is not None else Life(DRAFT)


def people_of(birthright: Birthright, reader: Person, *, at: datetime) -> QuerySet[Person]:
    """Return those whom the rule has given something that is not over, as far as `reader` may see them."""
    found = Q(pk__in=given(birthright, MEMBERSHIPS, at).values("person"))
    found |= Q(principal__in=given(birthright, GRANTS, at).values("principal"))
    return gate.visible(reader, "person.view", Person.objects.filter(found), at=at)


def counts(rows: Sequence[Birthright], reader: Person, *, at: datetime) -> dict[int, int]:
    """Return how many people have something by each rule, of those whom `reader` may see; in two queries.

    A rule gives all it gives to whomever it takes in, but for a role at a place they lack: so the larger number counts.
    """
    refs = {str(row.pk): row.pk for row in rows}
    found = dict.fromkeys(refs.values(), 0)
    seen = None if sees_everybody(reader, at=at) else gate.visible(reader, "person.view", Person.objects.all(), at=at)
    for model, column in ((RoleGrant, "principal__person"), (Membership, "person")):
        given_ = model.objects.not_over(at).filter(source=Source.BIRTHRIGHT, source_ref__in=list(refs))
        given_ = given_ if seen is None else given_.filter(**{f"{column}__in": seen.values("pk")})
        for ref, count in given_.order_by().values_list("source_ref").annotate(n=Count(column, distinct=True)):
            found[refs[ref]] = max(found[refs[ref]], count)
    return found
