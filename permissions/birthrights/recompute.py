"""Giving and taking back what birthright rules give: in sets, with their events, in the caller's transaction.

Every rule has rows of its own, so what another rule or somebody by hand gave stands, whatever a rule takes back. Where
time alone could matter, a row ends at the first moment at which it could and is prolonged before, as those of groups.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from django.db import connection
from django.db.models import Case, CharField, F, Max, Q, QuerySet, Subquery, Value, When
from django.db.models.expressions import OuterRef
from django.db.models.functions import Cast, Concat

from accounts.groups.recompute import Bounds, prolonged
from accounts.models import Group, Part, Person, Team
from audits.trail.record import System
from audits.trail.record_rows import record_rows
from cxaccess.jobs import stamps
from cxaccess.lib.models import Source
from cxaccess.lib.sets import insert_select
from permissions.birthrights import rules
from permissions.birthrights.gifts import ROLE, TEAM, Gift
from permissions.birthrights.rules import GRANTS, TABLES, Batch, People, Standing, Table, given, table_of
from permissions.models import Birthright, Mode, Scope, ScopeTerm

RULE = System("birthright")


@dataclass(slots=True)
class Outcome:
    """How many rows a rule opened and ended; `opened` has how many by gift and, where it counts, by own place."""

    standing: Standing
    opened: dict[tuple[Gift, int | None], int] = field(default_factory=dict)
    ended: int = 0


@dataclass(frozen=True, slots=True)
class Opening:
    """What is given to `people`, who do not have it by this rule, from `starts` on."""

    gift: Gift
    starts: datetime
    people: QuerySet[Person]


def recompute(found: Iterable[Standing], *, at: datetime, people: People = None) -> list[Outcome]:
    """Bring what rules gave to what they say at `at`; to `people` alone, if given.

    Authority is the caller's. The transaction must be open.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("Birthrights follow in the transaction of what their rules read.")
    return [_one(each, at, people) for each in found]


def _one(each: Standing, at: datetime, people: People) -> Outcome:
    Birthright.objects.select_for_update(no_key=True).get(pk=each.birthright.pk)
    outcome = Outcome(each)
    taken = list(rules.batches(each.rule, at, people))
    for table in TABLES:
        outcome.ended += _end(table, losing(each, table, taken, at, people), at)
    for opening in openings(each, taken, at, people):
        _open(each, opening, outcome, at)
    if each.rule is not None and each.rule.moves:
        for table, batch in ((table, batch) for table in TABLES for batch in taken):
            _bounds(each, table).bound(_of_batch(_rows(each, table, at, people), table, batch, at), batch.starts)
    return outcome


def losing(each: Standing, table: Table, taken: Iterable[Batch], at: datetime, people: People) -> Any:
    """Return the rows of `table` that the rule gave and gives no more."""
    rows = _rows(each, table, at, people)
    gone = rows
    for gift, batch in ((gift, batch) for gift in each.gifts if table_of(gift) is table for batch in taken):
        standing = _of_batch(matching(rows, gift), table, batch, at)
        gone = gone.exclude(pk__in=standing.values("pk"))
    return gone


def openings(each: Standing, taken: Iterable[Batch], at: datetime, people: People) -> Iterator[Opening]:
    """Yield what the rule gives and has not given yet. Each is to be read before the next is asked for."""
    for gift in each.gifts:
        table = table_of(gift)
        held = matching(_rows(each, table, at, people), gift)
        for batch in taken:
            there = batch.people.filter(**{f"{gift.own}__isnull": False}) if gift.own else batch.people
            has = _begun(held, batch, at).values(table.owner)
            yield Opening(gift, batch.starts, there.exclude(**{f"{table.key}__in": has}))


def _rows(each: Standing, table: Table, at: datetime, people: People) -> Any:
    rows = given(each.birthright, table, at)
    return rows if people is None else rows.filter(**{f"{table.owner}__in": people.values(table.key)})


def _of_batch(rows: Any, table: Table, batch: Batch, at: datetime) -> Any:
    return _begun(rows, batch, at).filter(**{f"{table.owner}__in": batch.people.values(table.key)})


def _begun(rows: Any, batch: Batch, at: datetime) -> Any:
    """Return the rows that begin with the batch; what has begun already stays for whoever is taken in now."""
    return rows.filter(starts_at__lte=at) if batch.starts <= at else rows.filter(starts_at=batch.starts)


def matching(rows: Any, gift: Gift) -> Any:
    """Return those of `rows` that are this gift."""
    if gift.kind != ROLE:
        return rows.filter(principal=principal_of(gift))
    own = _digest(gift, f"principal__person__{gift.own}") if gift.own else Value(gift.digest())
    return rows.filter(role=gift.id, scope__digest=own)


def principal_of(gift: Gift) -> int:
    """Return the principal of the team or group that is given."""
    model: Any = Team if gift.kind == TEAM else Group
    return int(model.objects.values_list("principal_id", flat=True).get(pk=gift.id))


def _digest(gift: Gift, place: str) -> Concat:
    """Return the digest of a gift's scope in SQL, with the own place that stands at the path `place`."""
    before, after = gift.digest("@").split("@")
    return Concat(Value(before), Cast(F(place), CharField()), Value(after), output_field=CharField())


def _end(table: Table, gone: Any, at: datetime) -> int:
    """End rows now, or before they began. Each table's events say what a row was by the row itself."""
    ended = 0
    for details, rows in _told(table, gone):
        ended += record_rows(table.ended, actor=RULE, at=at, rows=rows, about=table.person, details=details)
    if ended:
        stamps.bump_those(gone.values("principal" if table is GRANTS else "person__principal"))
        gone.update(until=Case(When(starts_at__gt=at, then=F("starts_at")), default=Value(at)), end_reason="")
    return ended


def _told(table: Table, rows: Any) -> Iterator[tuple[dict[str, Any], Any]]:
    """Yield `rows` in sets that the same details fit: by role and scope, or by team and group."""
    columns = ("role", "scope", "source_ref") if table is GRANTS else ("principal", "source_ref")
    for values in rows.order_by().values_list(*columns).distinct():
        stated = dict(zip(columns, values, strict=True))
        details: dict[str, Any] = {"birthright": int(stated["source_ref"]), "source": Source.BIRTHRIGHT.value}
        if table is GRANTS:
            details |= {"role": stated["role"], "scope": stated["scope"]}
        else:
            details |= {_kind_of(stated["principal"])[0]: _kind_of(stated["principal"])[1], "part": Part.MEMBER.value}
        yield details, rows.filter(**stated)


def _kind_of(principal: int) -> tuple[str, int]:
    """Return whether a principal is a team or a group, and the id of that."""
    team = Team.objects.filter(principal=principal).values_list("pk", flat=True).first()
    return ("group", Group.objects.get(principal=principal).pk) if team is None else ("team", team)


def _open(each: Standing, opening: Opening, outcome: Outcome, at: datetime) -> None:
    gift, table = opening.gift, table_of(opening.gift)
    if gift.own:
        _intern(gift, opening.people)
    before = table.model._default_manager.aggregate(last=Max("pk"))["last"] or 0
    values = _columns(each, opening, at)
    if not insert_select(table.model, opening.people, values):
        return
    made = given(each.birthright, table, at).filter(pk__gt=before, starts_at=opening.starts)
    for details, rows in _told(table, made):
        count = record_rows(table.given, actor=RULE, at=at, rows=rows, about=table.person, details=details)
        place = _place(gift, details["scope"]) if gift.own else None
        outcome.opened[gift, place] = outcome.opened.get((gift, place), 0) + count
    stamps.bump_those(made.values("principal" if table is GRANTS else "person__principal"))


def _columns(each: Standing, opening: Opening, at: datetime) -> dict[str, Any]:
    gift = opening.gift
    window = {
        "starts_at": opening.starts, "until": None, "stated_from": None, "stated_until": None,
        "source": Source.BIRTHRIGHT.value, "source_ref": str(each.birthright.pk), "reason": "", "given_by": None,
        "ended_by": None, "end_reason": "",
    }  # fmt: skip
    if gift.kind != ROLE:
        return {"person": F("pk"), "principal": principal_of(gift), "part": Part.MEMBER.value, **window}
    return {
        "principal": F("principal"), "role": gift.id, "scope": _scope(gift), "mode": Mode.ACTIVE.value,
        "confirm_by": None, "given_at": at, "last_used_at": None, **window,
    }  # fmt: skip


def _scope(gift: Gift) -> Any:
    if not gift.own:
        return Scope.objects.values_list("pk", flat=True).get(digest=gift.digest())
    before, after = gift.digest("@").split("@")
    digest = Concat(Value(before), Cast(OuterRef(gift.own), CharField()), Value(after), output_field=CharField())
    return Subquery(Scope.objects.filter(digest=digest).values("pk")[:1])


def _intern(gift: Gift, people: QuerySet[Person]) -> None:
    """Have a scope for each own place among `people`; what two make at once is one."""
    places = set(people.order_by().values_list(gift.own, flat=True).distinct())
    digests = {gift.digest(place): place for place in places}
    known = set(Scope.objects.filter(digest__in=digests).values_list("digest", flat=True))
    missing = {digest: place for digest, place in digests.items() if digest not in known}
    if not missing:
        return
    Scope.objects.bulk_create([Scope(digest=digest) for digest in missing], ignore_conflicts=True)
    made = Scope.objects.filter(digest__in=missing).values_list("pk", "digest")
    terms = [
        ScopeTerm(scope_id=pk, dimension=dimension, ref_id=ref)
        for pk, digest in made
        for dimension, ref in gift.scope(missing[digest]).terms
    ]
    ScopeTerm.objects.bulk_create(terms, ignore_conflicts=True)


def _place(gift: Gift, scope: int) -> int:
    return int(ScopeTerm.objects.values_list("ref_id", flat=True).get(scope=scope, dimension=gift.own))


def _bounds(each: Standing, table: Table) -> Bounds:
    if each.rule is None:
        raise ValueError("A rule that cannot be read has no bounds.")
    return Bounds(each.rule, table.model, table.person)


def prolong(each: Standing, *, at: datetime) -> int:
    """Prolong what ends soon and is still to be had by the rule when it does; return how many rows."""
    if each.rule is None or not each.rule.moves:
        return 0
    moved = 0
    for table in TABLES:
        rows = given(each.birthright, table, at).filter(starts_at__lte=at)
        moved += prolonged(rows, _bounds(each, table), partial(_going_on, each, table), at)
    return moved


def _going_on(each: Standing, table: Table, end: datetime) -> Q:
    """Return the condition on rows that their holders are taken in at `end`, too."""
    found = Q(pk__in=())
    for batch in rules.batches(each.rule, end):
        if batch.starts <= end:
            found |= Q(**{f"{table.owner}__in": batch.people.values(table.key)})
    return found


def differs(each: Standing, at: datetime) -> bool:
    """Return whether the rule would give or take back anything; it holds no lock."""
    taken = list(rules.batches(each.rule, at))
    if any(losing(each, table, taken, at, None).exists() for table in TABLES):
        return True
    return any(opening.people.exists() for opening in openings(each, taken, at, None))
