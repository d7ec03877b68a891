"""What is told of policies."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from accounts.models import Person
from permissions import gate
from permissions.check.questions import CHECK, TYPE
from permissions.models import Policy, PolicyStage, PolicyState, PolicyVersion

VIEW = "policy.view"


@dataclass(frozen=True, slots=True)
class Life:
    """Where a policy stands: `state` is draft, recording, enforced or retired; which versions are in force.

    `states` are the rows behind that: since when, by whom, why.
    """

    state: str
    recording: PolicyVersion | None
    enforced: PolicyVersion | None
    states: tuple[PolicyState, ...] = ()

    @property
    def is_ahead(self) -> bool:
        """Return whether one version is enforced while another is being tried."""
        return self.enforced is not None and self.recording is not None

    @property
    def since(self) -> PolicyState | None:
        """Return the row that says since when it stands where it stands; None for a draft or a retired one."""
        return next((state for state in self.states if state.stage == self.state), None)

    @property
    def recorded(self) -> PolicyState | None:
        """Return the row that says since when a version is recorded; None where none is."""
        return next((state for state in self.states if state.stage == PolicyStage.RECORDING), None)


def visible(reader: Person, *, at: datetime) -> QuerySet[Policy]:
    """Return the policies that `reader` may see."""
    return gate.visible(reader, VIEW, Policy.objects.select_related("current", "owner"), at=at)


def tellable(reader: Person, people: QuerySet[Person], *, at: datetime) -> QuerySet[Person]:
    """Return those of `people` of whose access `reader` may be told: whom they see, and may check."""
    seen = gate.visible(reader, "person.view", people, at=at)
    return gate.visible(reader, CHECK, seen, at=at, as_type=TYPE)


def lives(policies: Sequence[Policy]) -> dict[int, Life]:
    """Return where each policy stands, in one query."""
    rows = PolicyState.objects.select_related("version", "begun_by").filter(policy__in=policies, until=None)
    found: dict[int, list[PolicyState]] = {policy.pk: [] for policy in policies}
    for row in rows.order_by("pk"):
        found[row.policy_id].append(row)
    return {policy.pk: _life(policy, found[policy.pk]) for policy in policies}


def _life(policy: Policy, states: Sequence[PolicyState]) -> Life:
    if policy.retired_at is not None:
        return Life("retired", None, None)
    standing = {row.stage: row.version for row in states}
    enforced, recording = standing.get(PolicyStage.ENFORCED), standing.get(PolicyStage.RECORDING)
    state = "enforced" if enforced else "recording" if recording else "draft"
    return Life(state, recording, enforced, tuple(states))
