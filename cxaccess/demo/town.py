"""The demo company while it is being written: what every part of the loader shares."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any
from uuid import UUID

from django.db import models

from accounts.models import Node, Person, Team
from audits.trail.record import Actor, Entry, System
from audits.trail.tags import Tag
from cxaccess.demo.plan import Clock, Hire
from cxaccess.lib.context import Origin
from permissions.models import Role, Scope

LOADER = System("demo")


@dataclass
class Town:
    """Rows by their codes, and the events that will be written at the end, in the order of time."""

    rng: Random
    at: datetime
    staff: list[Hire]
    nodes: dict[str, Node] = field(default_factory=dict)
    teams: dict[str, Team] = field(default_factory=dict)
    roles: dict[str, Role] = field(default_factory=dict)
    scopes: dict[tuple[tuple[str, str], ...], Scope] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)

    @property
    def clock(self) -> Clock:
        """Return the clock of the story."""
        return Clock(self.rng, self.at)

    def named(self, name: str) -> Hire:
        """Return the person of that name."""
        return next(one for one in self.staff if one.name == name)

    def lead(self, team: str) -> Hire | None:
        """Return who leads a team, if anybody does."""
        return next((one for one in self.staff if one.lead and one.team == team), None)

    def tell(
        self,
        tag: Tag,
        *,
        actor: Actor,
        at: datetime,
        obj: models.Model | None = None,
        about: Person | None = None,
        changes: Mapping[str, tuple[Any, Any]] | None = None,
        details: Mapping[str, Any] | None = None,
        decision: Mapping[str, Any] | None = None,
        once: str | None = None,
        cid: str = "",
    ) -> None:
        """Keep an event for the end. What is yet to come never happened."""
        if at > self.at:
            return
        address = f"10.{20 + self.rng.randrange(4)}.{self.rng.randrange(250)}.{self.rng.randrange(1, 250)}"
        by_person = isinstance(actor, Person)
        work = Origin(cid or self.correlation(), address if by_person else None, "web" if by_person else "task")
        self.entries.append(Entry(tag, actor, at, obj, about, changes, details, once, decision, work))

    def correlation(self) -> str:
        """Return a correlation id as requests have them, from the seed."""
        return UUID(int=self.rng.getrandbits(128), version=4).hex
