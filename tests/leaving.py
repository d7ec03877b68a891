"""Leavers for tests: somebody with one of everything, and what stands of it."""

from datetime import datetime, timedelta
from typing import Any

from allauth.socialaccount.models import SocialAccount

from accounts.integrations import services as integrations
from accounts.models import Integration, Leaving, Person, Team
from accounts.people.leaving import services
from cxaccess.jobs.runner import run_one
from cxaccess.lib import clock
from permissions.models import Action, Policy, Resource, Role
from permissions.objects import brought
from tests import world
from tests.cast import Cast
from tests.integrations import integration

BERLIN = "Europe/Berlin"


def leave(actor: Person, person: Person, **more: Any) -> Leaving:
    """Let somebody leave at once."""
    more = {"reason": "Contract ended", "time_zone": BERLIN, "at": clock.now()} | more
    return services.leave_now(actor, person=person, **more)


def schedule(actor: Person, person: Person, leaves_at: datetime, **more: Any) -> Leaving:
    """Let somebody leave at a moment ahead."""
    more = {"reason": "Contract ends", "time_zone": BERLIN, "at": clock.now()} | more
    return services.schedule(actor, person=person, leaves_at=leaves_at, **more)


def come_back(actor: Person, person: Person, **more: Any) -> Person:
    """Let somebody come back."""
    return services.return_to_work(actor, person=person, **({"reason": "Hired again", "at": clock.now()} | more))


def work(at: datetime | None = None) -> None:
    """Run every job that is due."""
    while run_one(at or clock.now()):
        pass


class Laden:
    """Maya with one of everything that somebody can hold, own and answer for; Jonas is her manager."""

    def __init__(self, cast: Cast) -> None:
        self.cast, maya = cast, cast.maya
        self.thing = world.resource("Churn dashboard", region=cast.germany, owner=maya)
        self.role = world.role("Night shift", {"ticket.reply"})
        Role.objects.filter(pk=self.role.pk).update(owner=maya)
        Resource.objects.filter(pk=self.role.resource_id).update(owner=maya)
        self.team: Team = world.team("Churn team", region=cast.germany)
        Team.objects.filter(pk=self.team.pk).update(owner=maya)
        Resource.objects.filter(pk=self.team.resource_id).update(owner=maya)
        self.group = world.group("Churn readers", region=cast.germany)
        type(self.group).objects.filter(pk=self.group.pk).update(owner=maya)
        Resource.objects.filter(pk=self.group.resource_id).update(owner=maya)
        self.system: Integration = integration("Churn gateway")
        Integration.objects.filter(pk=self.system.pk).update(owner=maya)
        Resource.objects.filter(pk=self.system.pk).update(owner=maya)
        self.policy = Policy.objects.create(name="Churn at night", purpose="So", owner=maya, created_at=world.LONG_AGO)
        self.action = Action.objects.get(key="dashboard.delete")
        Action.objects.filter(pk=self.action.pk).update(owner=maya)
        world.give(maya, cast.agent, region=cast.germany)
        world.give(maya, cast.analyst, starts=world.soon(days=30))
        world.give_on(maya, "feedback.view", cast.mena_reviews)
        world.join(maya, self.team, part="lead")
        world.answers(maya, cast.germany)
        self.report = world.person("Tom Falk", region=cast.germany, manager=maya)
        self.token = integrations.issue_token(cast.priya, integration=self.system, days=30, at=clock.now())
        type(self.token.row).objects.filter(pk=self.token.row.pk).update(created_by=maya)
        SocialAccount.objects.create(user=maya, provider="keycloak", uid="maya-1")
        brought.sync(at=clock.now())


def next_week(hours: int = 0) -> datetime:
    """Return a moment a week ahead."""
    return clock.now() + timedelta(days=7, hours=hours)
