"""What is told of policies."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from accounts.models import Person
from cxaccess.lib.conditions import Schema, read
from cxaccess.lib.conditions.sentences import Piece, pieces
from permissions import gate
from permissions.models import Policy, PolicyStage, PolicyState, PolicyVersion
from permissions.policies import schema

VIEW = "policy.view"


@dataclass(frozen=True, slots=True)
class Life:
    """Where a policy stands: `state` is draft, recording, enforced or retired; which versions are in force."""

    state: str
    recording: PolicyVersion | None
    enforced: PolicyVersion | None

    @property
    def is_ahead(self) -> bool:
        """Return whether one version is enforced while another is being tried."""
        return self.enforced is not None and self.recording is not None


def visible(reader: Person, *, at: datetime) -> QuerySet[Policy]:
    """Return the policies that `reader` may see."""
    return gate.visible(reader, VIEW, Policy.objects.select_related("current", "owner"), at=at)


def lives(policies: list[Policy]) -> dict[int, Life]:
    """Return where each policy stands, in one query."""
    rows = PolicyState.objects.select_related("version").filter(policy__in=policies, until=None)
    found: dict[tuple[int, str], PolicyVersion] = {(row.policy_id, row.stage): row.version for row in rows}
    return {
        policy.pk: _life(
            policy, found.get((policy.pk, PolicyStage.RECORDING)), found.get((policy.pk, PolicyStage.ENFORCED))
        )
        for policy in policies
    }


def _life(policy: Policy, recording: PolicyVersion | None, enforced: PolicyVersion | None) -> Life:
    if policy.retired_at is not None:
        return Life("retired", None, None)
    state = "enforced" if enforced else "recording" if recording else "draft"
    return Life(state, recording, enforced)


def sentence(version: PolicyVersion, zone: str, known: Schema | None = None) -> tuple[Piece, ...]:
    """Return a version's condition in words; nothing where it has none. Raises InvalidCondition for one out of date."""
    known = schema.whole() if known is None else known
    if version.condition is None:
        return ()
    return pieces(read(version.condition, known, existing=False), known, zone)
