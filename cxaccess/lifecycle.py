"""What crosses all apps when somebody leaves: ordered steps, run in one transaction with the state that they end in.

A step is ``step(person, at, actor) -> list[Ended]``. It ends or passes on everything of its kind that stands at `at`,
with an event for each, and changes nothing where nothing stands: so it may run again. `actor` is who asked for it; what
somebody comes by through a step is theirs to give, or nobody gets it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from django.utils.module_loading import import_string

if TYPE_CHECKING:
    from accounts.models import Person

LEAVER = (
    "accounts.people.leaving.steps.state",
    "accounts.people.leaving.steps.sign_in",
    "accounts.integrations.leaving.tokens",
    "permissions.leaving.held.roles",
    "permissions.leaving.held.things",
    "accounts.people.leaving.steps.memberships",
    "accounts.people.leaving.steps.places",
    "accounts.people.leaving.steps.reports",
    "permissions.leaving.owned.owned",
)
# Locks what the last step passes on, before the person is locked (decision 27).
HOLD = "permissions.leaving.owned.hold"

# Every foreign key to a person or a principal: which step sees to it, or why nobody has to. A test walks them all.
CLAIMED: dict[str, str] = {
    "accounts.Authenticator.user": "sign_in",
    "accounts.Integration.owner": "owned",
    "accounts.IntegrationToken.created_by": "tokens",
    "accounts.Group.owner": "owned",
    "accounts.Membership.person": "memberships",
    "accounts.Person.manager": "reports",
    "accounts.PersonDimension.person": "places",
    "accounts.RecoverySheet.user": "sign_in",
    "accounts.Session.person": "sign_in",
    "accounts.Team.owner": "owned",
    "permissions.Action.owner": "owned",
    "permissions.Birthright.owner": "owned",
    "permissions.PersonObjectGrant.user": "things",
    "permissions.Policy.owner": "owned",
    "permissions.Resource.owner": "owned",
    "permissions.Role.owner": "owned",
    "permissions.RoleGrant.principal": "roles",
}
RECORD = "who did it then; it says what happened and opens nothing"
KNOWN = "how others know them; it must stay theirs, so that nobody else is taken for them"
UNUSED = "a table of a library in which nothing is ever written"
ITSELF = "what the principal is, not what it has"
OWN_PAGE = "read on their own pages alone, which nobody opens who has left"
EXEMPT: dict[str, str] = {
    "account.EmailAddress.user": UNUSED,
    "accounts.Group.principal": ITSELF,
    "accounts.Identity.linked_by": RECORD,
    "accounts.Identity.person": KNOWN,
    "accounts.Integration.principal": ITSELF,
    "accounts.IntegrationGrant.ended_by": RECORD,
    "accounts.IntegrationGrant.given_by": RECORD,
    "accounts.IntegrationToken.revoked_by": RECORD,
    "accounts.Leaving.asked_by": RECORD,
    "accounts.Leaving.cancelled_by": RECORD,
    "accounts.Leaving.heir": "only who is here at that moment takes over: `why.heir_of` passes over anybody else",
    "accounts.Leaving.person": RECORD,
    "accounts.Membership.ended_by": RECORD,
    "accounts.Membership.given_by": RECORD,
    "accounts.Membership.principal": "a team or a group; nobody is a member of a person",
    "accounts.Person.principal": ITSELF,
    "accounts.PersonDimension.ended_by": RECORD,
    "accounts.PersonDimension.given_by": RECORD,
    "accounts.SavedView.person": OWN_PAGE,
    "accounts.Team.principal": ITSELF,
    "audits.Event.actor": RECORD,
    "guardian.UserObjectPermission.user": UNUSED,
    "jobs.ImportBatch.actor": "applied as whoever asked for it, with every right asked for anew",
    "jobs.Notice.person": "`jobs.notices.send` sends nothing to who has left",
    "permissions.BirthrightState.begun_by": RECORD,
    "permissions.BirthrightState.ended_by": RECORD,
    "permissions.BirthrightVersion.made_by": RECORD,
    "permissions.GrantBatch.made_by": RECORD,
    "permissions.GrantBatch.undone_by": RECORD,
    "permissions.GroupObjectGrant.ended_by": RECORD,
    "permissions.GroupObjectGrant.given_by": RECORD,
    "permissions.PersonObjectGrant.ended_by": RECORD,
    "permissions.PersonObjectGrant.given_by": RECORD,
    "permissions.PolicyPreview.asked_by": OWN_PAGE,
    "permissions.PolicyPreviewShift.person": RECORD,
    "permissions.PolicyState.begun_by": RECORD,
    "permissions.PolicyState.ended_by": RECORD,
    "permissions.PolicyTouch.person": RECORD,
    "permissions.PolicyVersion.made_by": RECORD,
    "permissions.RoleGrant.ended_by": RECORD,
    "permissions.RoleGrant.given_by": RECORD,
    "permissions.RoleVersion.made_by": RECORD,
    "permissions.UsageAction.person": RECORD,
    "permissions.UsageBatch.taken_by": RECORD,
    "permissions.UsageDay.person": RECORD,
    "permissions.UsageGrant.person": RECORD,
    "permissions.UsageGroupGrant.person": RECORD,
    "permissions.UsageLast.person": RECORD,
    "socialaccount.SocialAccount.user": KNOWN,
}


class Step(Protocol):
    """One step of leaving."""

    def __call__(self, person: "Person", at: datetime, actor: "Person") -> "list[Ended]":
        """End or pass on everything of its kind; say what."""


@dataclass(frozen=True, slots=True)
class Ended:
    """One line of the report: what was ended, or passed on (`to`: the id of who has it now).

    `kind` is one that `accounts.people.leaving.reading` has words for; `id` is its row's; `label` and `detail` are what
    it was called. `vacant`: it should have gone to somebody, and to nobody could it go.
    """

    kind: str
    id: int
    label: str
    detail: str = ""
    to: int | None = None
    vacant: bool = False


def run(steps: tuple[str, ...], person: "Person", at: datetime, actor: "Person") -> Iterator[Ended]:
    """Run `steps` in their order in the open transaction; yield what each ended."""
    for dotted in steps:
        step: Step = import_string(dotted)
        yield from step(person, at, actor)
