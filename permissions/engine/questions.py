"""One question put to policies, with what they read of it. Facts are gathered only once somebody reads them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from cxaccess.lib.conditions.evaluation import World
from permissions.engine.types import Subject, Target

if TYPE_CHECKING:
    from permissions.engine.combine import Context
    from permissions.engine.model import Model


@dataclass
class Question:
    """Who asks to do what to what, when and in which circumstances. `known`: what is known of them, if at hand."""

    model: "Model"
    subject: Subject
    action: str
    target: Target
    context: "Context"
    at: datetime
    known: Mapping[str, object] | None = None

    @cached_property
    def facts(self) -> dict[str, object]:
        """Return everything known of the person, the thing and the moment, by attribute."""
        return {**self.about_subject, **self.target.facts()}

    @cached_property
    def about_subject(self) -> dict[str, object]:
        """Return what is known of the person and of the moment: all that is the same for every thing.

        The time is that of the question, unless a connected system says when it happened there. Grants, memberships
        and what is in force are judged at the question's own time in any case.
        """
        known = self.subject.known.at(self.at) if self.known is None else self.known
        return {**known, "context.at": self.at, **self.context.known}

    @cached_property
    def world(self) -> World:
        """Return the moment, the trees and the zone whose days count."""
        return self.model.world(self.at)

    @cached_property
    def reached(self) -> frozenset[int]:
        """Return the principals whose grants reach the person, themselves included."""
        found = {self.subject.principal}
        for membership in self.subject.memberships:
            if membership.window.covers(self.at):
                found.update(self.model.chain(membership.principal))
        return frozenset(found)

    @cached_property
    def roles(self) -> frozenset[int]:
        """Return the roles that the person was given, themselves or through a team or group, whatever their scope."""
        return frozenset(
            grant.role
            for grant in self.subject.grants
            if grant.window.covers(self.at) and grant.principal in self.reached
        )
