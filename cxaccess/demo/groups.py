"""Groups at Kestrel Home, by hand and by rule, and what some people answer for beside their own place."""

from datetime import datetime
from typing import Any

from accounts.groups import recompute, rules
from accounts.groups.services import insert
from accounts.models import Group, Membership, Part, PersonDimension
from audits.trail.tags import Tag
from cxaccess.demo.company import GROUPS, RANGES, GroupRow
from cxaccess.demo.giving import Book, written
from cxaccess.demo.plan import Hire
from cxaccess.demo.rows import giver_for
from cxaccess.demo.town import Town


def ranges(town: Town) -> None:
    """Let some people of some teams answer for places beside their own."""
    made: list[PersonDimension] = []
    for team, number, codes in RANGES:
        for one in sorted(_of_team(town, team), key=lambda one: one.name)[:number]:
            made += [_answers(town, one, code) for code in codes]
    PersonDimension.objects.bulk_create(made)


def _of_team(town: Town, team: str) -> list[Hire]:
    return [one for one in town.staff if one.team == team and one.state == "active"]


def _answers(town: Town, one: Hire, code: str) -> PersonDimension:
    began = max(one.known, town.clock.ago(120))
    giver = giver_for(town, one, one.region)
    return PersonDimension(person=one.person, node=town.nodes[code], starts_at=began, given_by=giver)


def groups(town: Town) -> None:
    """Write the groups with what they hold; those by rule are filled once the story is told."""
    book = Book(town)
    for row in GROUPS:
        _group(town, row, book)
    written(book)


def later(town: Town, row: GroupRow) -> Group:
    """Write one more group, which holds nothing."""
    return _group(town, row, Book(town))


def _group(town: Town, row: GroupRow, book: Book) -> Group:
    made_at, owner = town.clock.ago(row.days), town.named(row.owner).person
    rule = rules.parsed(_condition(town, row)) if not row.members else None
    group = insert(
        name=row.name, purpose=row.purpose, owner=owner, region=town.nodes[row.region], department=None, rule=rule,
        at=made_at,
    )  # fmt: skip
    town.tell(Tag.GROUP_CREATED, actor=town.named("Priya Raman").person, at=made_at, obj=group)
    _members(town, row, group, made_at)
    for role, region in row.holds:
        where = {"region": region} if region else {}
        book.give(group.principal, role, where, made_at, None, row.purpose, region=row.region)
    return group


def _condition(town: Town, row: GroupRow) -> dict[str, Any]:
    parts: list[dict[str, Any]] = []
    if row.title:
        parts.append({"attribute": "subject.title", "operator": "one_of", "value": list(row.title)})
    if row.within:
        places = [town.nodes[code].pk for code in row.within]
        parts.append({"attribute": "subject.region", "operator": "within", "value": places})
    if row.lines:
        lines = [town.nodes[code].pk for code in row.lines]
        parts.append({"attribute": "subject.product_lines", "operator": "within", "value": lines})
    if row.newer:
        since = {"days_from_now": -row.newer}
        parts.append({"attribute": "subject.employed_from", "operator": "after", "value": since})
    return {"all": parts}


def _members(town: Town, row: GroupRow, group: Group, at: datetime) -> None:
    for number, name in enumerate(row.members):
        one = town.named(name)
        giver = giver_for(town, one, row.region)
        part = Part.MEMBER if number else Part.LEAD
        made = Membership.objects.create(
            person=one.person, principal=group.principal, part=part, starts_at=at, given_by=giver
        )
        kept = {"group": group.pk, "part": str(part)}
        actor = giver or town.named("Priya Raman").person
        town.tell(Tag.MEMBERSHIP_GIVEN, actor=actor, at=at, obj=made, about=one.person, details=kept)


def fill(town: Town) -> None:
    """Let the rules take in whom they take in."""
    recompute.recompute(rules.standing(), at=town.at)
