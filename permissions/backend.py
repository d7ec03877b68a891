"""Django's own question, `person.has_perm("ticket.reply", queue)`, answered by the gate and nobody else."""

from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.db import models

from accounts.models import Person
from cxaccess.lib import clock
from permissions import gate, recorded
from permissions.places import PLACEMENTS


class GateBackend(BaseBackend):
    """Signs nobody in. `perm` is a permission's key; without an object it asks about everywhere, as the gate does."""

    def has_perm(self, user_obj: Any, perm: str, obj: models.Model | None = None) -> bool:
        """Return what the gate says at this moment; what it does not know is a no, and so is a yes with a demand."""
        if not isinstance(user_obj, Person) or (obj is not None and type(obj) not in PLACEMENTS):
            return False
        settled, decision = gate.settled(user_obj, perm, obj, at=clock.now())
        if decision is not None:
            recorded.note(user_obj, decision)
        return settled
