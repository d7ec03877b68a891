"""Authority after a change: nothing is moved out of the mover's reach."""

from datetime import datetime

from django.db import models

from accounts.models import Person
from permissions.guards import NotAllowed, NotVisible, require


def require_reach(actor: Person, action: str, row: models.Model, *, at: datetime) -> None:
    """Pass an actor who may do `action` to `row` where it is now. Raises NotAllowed: they saw where it came from."""
    try:
        require(actor, action, row, at=at)
    except NotVisible as refusal:
        raise NotAllowed(refusal.person, refusal.decision) from refusal
