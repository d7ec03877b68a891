"""Authority after a change: nothing is moved out of the mover's reach."""

from dataclasses import replace
from datetime import datetime

from django.db import models

from accounts.models import Person
from permissions import places
from permissions.guards import NotAllowed, NotVisible, require


def require_reach(actor: Person, action: str, row: models.Model, *, at: datetime) -> None:
    """Pass an actor who may do `action` to `row` where it is now. Raises NotAllowed: they saw where it came from."""
    try:
        require(actor, action, row, at=at)
    except NotVisible as refusal:
        raise NotAllowed(refusal.person, refusal.decision) from refusal


def require_held_there(actor: Person, action: str, row: models.Model, *, at: datetime) -> None:
    """Pass an actor who may do `action` where `row` is now, whatever they hold on the row itself. Raises NotAllowed.

    Whoever keeps exactly one thing does not take it along to places that are others'.
    """
    there = replace(places.target(row, at), id=None, resource=None)
    try:
        require(actor, action, there, at=at)
    except NotVisible as refusal:
        raise NotAllowed(refusal.person, refusal.decision) from refusal
