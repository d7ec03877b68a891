"""Whom a rule will take in: time alone moves people, so a change can let somebody in who is not in yet.

A territory from Monday on takes nobody in today; the job that follows the clock would on Monday, and ask nobody. So
whoever changes what a rule reads answers for every moment ahead at which it would say something else than before.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import QuerySet

from accounts.attributes import facts
from accounts.groups import rules
from accounts.groups.rules import Rule
from accounts.models import Membership, Person, PersonDimension
from cxaccess.lib.clock import start_of_day
from cxaccess.lib.conditions import Type, leaves
from cxaccess.lib.conditions.tree import Relative

MOST = 200  # moments looked at, the nearest first
People = QuerySet[Person] | None
Course = dict[datetime, frozenset[int]]
DAY = timedelta(days=1)


def course(rule: Rule, people: People, at: datetime, also: Course | None = None) -> Course:
    """Return whom of `people` (None: all) the rule takes in from each moment on, from `at`; at those of `also`, too."""
    moments = sorted({at, *_edges(people, at), *_days(rule, people, at), *(also or ())})[:MOST]
    zone = rules.zone()
    found: Course = {}
    for moment in moments:
        found[moment] = frozenset(rule.takes_in(moment, zone, people).values_list("pk", flat=True))
    return found


def gained(before: Course, after: Course) -> set[int]:
    """Return who is taken in at some moment of `after` and was not to be by then."""
    steps, found = sorted(before), set[int]()
    for moment, taken in after.items():
        last = max((step for step in steps if step <= moment), default=None)
        found |= taken - (before[last] if last is not None else frozenset())
    return found


def _edges(people: People, at: datetime) -> Iterator[datetime]:
    """Yield when something that people have for a time begins or ends, after `at`."""
    for table in (PersonDimension.objects.all(), Membership.objects.filter(principal__team__isnull=False)):
        rows = table if people is None else table.filter(person__in=people.values("pk"))
        for edge in ("starts_at", "until"):
            ahead = rows.filter(**{f"{edge}__gt": at}).order_by(edge).values_list(edge, flat=True)
            yield from ahead.distinct()[:MOST]


def _days(rule: Rule, people: People, at: datetime) -> Iterator[datetime]:
    """Yield the days at which a date of people comes to lie otherwise to the days that the rule counts from today."""
    if not rule.dated:
        return
    zone = rules.zone()
    for day in _dates(rule, people, at):
        for shift in _shifts(rule):
            for turn in (day - shift * DAY, day - (shift - 1) * DAY):
                moment = start_of_day(turn, zone)
                if moment > at:
                    yield moment


def _shifts(rule: Rule) -> set[int]:
    sides = [leaf.right for leaf in leaves(rule.condition)]
    stated = [value for side in sides for value in (side if isinstance(side, tuple) else (side,))]
    return {value.days for value in stated if isinstance(value, Relative)}


def _dates(rule: Rule, people: People, at: datetime) -> set[datetime]:
    """Return the dates that the rule reads of `people`; of everybody, those that stand in columns."""
    dated = [key for key in rule.reads if rule.known[key].type is Type.DATE]
    if people is not None:
        known = facts.of_people(list(people), rule.known, at).values()
        return {each[key] for each in known for key in dated if hasattr(each.get(key), "toordinal")}
    columns = [key.partition(".")[2] for key in dated if key.count(".") == 1]
    found = set()
    for column in columns:
        rows = Person.objects.filter(**{f"{column}__gte": at.date() - 366 * DAY}).order_by(column)
        found |= set(rows.values_list(column, flat=True).distinct()[:MOST])
    return found
