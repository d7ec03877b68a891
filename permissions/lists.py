"""What somebody sees by one permission, as one condition on a table: written once, until something of theirs changes.

A list asks for a page and a count, the next page and the next request for the same again. What was written is good for
as long as the standing it came from, and for every moment of asking of which conditions say the same.
"""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from django.db import DEFAULT_DB_ALIAS, models
from django.db.models import Q

from cxaccess.lib.conditions.evaluation import evaluate
from cxaccess.lib.conditions.schema import Schema
from cxaccess.lib.conditions.tree import Leaf, attributes_of
from cxaccess.lib.ready import Ready, written
from permissions import facts, ruling, sql
from permissions.engine import Model, Standing, principals_reached
from permissions.engine.model import is_momentary
from permissions.engine.questions import Question
from permissions.models import GroupObjectGrant, PersonObjectGrant
from permissions.policies.schema import is_of_thing

LISTED = 1000  # ids that stand in a statement; more are a query of their own
KEPT = 1_000  # conditions that one process keeps, of all people
Key = tuple[int, str, type[models.Model], str | None, Hashable]


@dataclass(frozen=True, slots=True)
class _Held:
    """A condition with what it came from. `ready` None: it asks other tables, at the moment of the question."""

    found: facts.Snapshot
    standing: Standing
    ready: Ready | Q | None


class _Kept:
    """The conditions that this process keeps, all of one model: an older one would only hold memory."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.held: OrderedDict[Key, _Held] = OrderedDict()
        self.model: Model | None = None

    def get(self, key: Key, found: facts.Snapshot, standing: Standing) -> _Held | None:
        """Return what is kept of just this snapshot and standing."""
        held = self.held.get(key)
        return held if held is not None and held.found is found and held.standing is standing else None

    def keep(self, key: Key, held: _Held) -> _Held:
        """Keep a condition, and no more than KEPT."""
        with self.lock:
            if self.model is not held.found.model:
                self.held.clear()
                self.model = held.found.model
            self.held[key] = held
            if len(self.held) > KEPT:
                self.held.popitem(last=False)
        return held


kept = _Kept()


def seen(found: facts.Snapshot, asked: Question, governed: type[models.Model], as_type: str | None) -> Ready | Q:
    """Return the condition on rows of `governed` that whoever asks may do it to them now. Raises NotCompilable."""
    moment = _moment(asked)
    if moment is None:
        return whole(found, asked, governed, as_type)
    standing = found.standing(asked.action, asked.at)
    key = id(found), asked.action, governed, as_type, moment
    held = kept.get(key, found, standing)
    if held is None:
        condition = whole(found, asked, governed, as_type)
        held = kept.keep(key, _Held(found, standing, written(condition, governed, DEFAULT_DB_ALIAS)))
        return condition if held.ready is None else held.ready
    return whole(found, asked, governed, as_type) if held.ready is None else held.ready


def whole(found: facts.Snapshot, asked: Question, governed: type[models.Model], as_type: str | None) -> Q:
    """Return the same, worked out anew."""
    granted = reach(found, asked.action, governed, asked.at, as_type)
    can_be = sql.kept(found.model, found.subject, asked.action, governed, asked.at, as_type)
    if is_ruled(found.model, asked.action):
        return can_be & ruling.listed(asked, granted, governed)
    return can_be & granted


def is_ruled(model: Model, action: str) -> bool:
    """Return whether a policy in force is about `action`."""
    return bool(model.policies) and action in model.judging


def reach(found: facts.Snapshot, action: str, governed: type[models.Model], at: datetime, as_type: str | None) -> Q:
    """Return the condition that grants give `action` on a row."""
    scopes, objects = found.scopes(action, at), _objects(found, action, at)
    return sql.reach(found.model, scopes, objects, action, governed, at, as_type)


def _objects(found: facts.Snapshot, action: str, at: datetime) -> tuple[sql.Ids, ...]:
    """Return the resources that the person holds `action` on: listed, or as queries where they are too many to list."""
    held = found.objects(action, at)
    if len(held) <= LISTED:
        return (held,) if held else ()
    given = Q(permission__catalogue_action__key__in=found.model.implied_by[action])
    mine = PersonObjectGrant.objects.in_force(at).filter(given, user=found.subject.person)
    reached = principals_reached(found.model, found.subject, at)
    shared = GroupObjectGrant.objects.in_force(at).filter(given, group__principal__in=reached)
    return mine.values("content_object"), shared.values("content_object")


def _moment(asked: Question) -> Hashable | None:
    """Return all that conditions can tell of the moment of asking: equal ones make equal lists. None: nobody knows.

    A comparison that reads no thing is told by what it says, another by what it compares the thing with.
    """
    if not is_ruled(asked.model, asked.action):
        return ()
    if not all(is_momentary(key) for key in asked.context.known):
        return None
    found = tuple(_told(leaf, known, asked) for leaf, known in asked.model.momentary[asked.action])
    try:
        hash(found)
    except TypeError:
        return None
    return found


def _told(leaf: Leaf, known: Schema, asked: Question) -> object:
    if any(is_of_thing(key) for key in attributes_of(leaf)):
        return tuple(asked.about_subject.get(key) for key in sorted(attributes_of(leaf)) if not is_of_thing(key))
    return evaluate(leaf, asked.about_subject, known, asked.world)
