"""What every page about one policy shows around its own part: where it stands, tabs, what its reader may do here."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Person
from accounts.pages import Tab
from permissions import gate, places
from permissions.check.questions import CHECK
from permissions.guards import fetch
from permissions.models import Policy
from permissions.policies import selectors
from permissions.policies.selectors import VIEW, Life
from permissions.policies.services import EDIT, ENFORCE
from permissions.policies.touched import Summary, summed
from permissions.policies.words import Says, Words

# mypy: disable-error-code="arg-type, attr-defined"
# Behind login_required request.user is a Person, and request.at is a moment; Django's stubs know neither.
ROWS = Policy.objects.select_related("current__made_by", "owner")
STEPS = (_("Draft"), _("Recording"), _("Enforced"))


def policy_page(request: HttpRequest, pk: int, tab: str, action: str = VIEW) -> dict[str, Any]:
    """Return the context of one policy's page, once the reader may do `action`. Raises Http404, NotAllowed."""
    return context(request, fetch(request, action, ROWS, pk), tab)


def context(request: HttpRequest, policy: Policy, tab: str, **own: Any) -> dict[str, Any]:
    """Return what the page of `policy` on `tab` needs."""
    life = selectors.lives([policy])[policy.pk]
    return {
        "policy": policy,
        "version": policy.current,
        "life": life,
        "is_draft": policy.retired_at is None and policy.current not in (life.enforced, life.recording),
        "tabs": _tabs(request, policy, life, tab),
        **_may(request.user, policy, life, request),
        **own,
    }


def _may(person: Person, policy: Policy, life: Life, request: HttpRequest) -> dict[str, bool]:
    """Return what the reader may do with it now; what would change nothing is not offered."""
    edits, enforces = (gate.may(person, action, policy, at=request.at) for action in (EDIT, ENFORCE))
    standing = policy.retired_at is None
    return {
        "may_edit": standing and edits,
        "may_record": standing and edits and policy.current not in (life.recording, life.enforced),
        "may_enforce": standing and enforces and policy.current != life.enforced,
        "may_retire": standing and (enforces if life.enforced else edits),
        "may_reopen": not standing and edits,
    }


def _tabs(request: HttpRequest, policy: Policy, life: Life, current: str) -> list[Tab]:
    shown = [("detail", _("Policy")), ("versions", _("Versions"))]
    if gate.may_somewhere(request.user, CHECK, at=request.at):
        shown.insert(1, ("try", _("Try it")))
    ahead = policy.retired_at is None and policy.current != life.enforced
    if current == "effect" or (ahead and gate.may(request.user, EDIT, policy, at=request.at)):
        shown.insert(1, ("effect", _("Who gains, who loses")))
    if gate.may(request.user, "trail.view", places.target(policy, request.at, as_type="trail"), at=request.at):
        shown.append(("history", _("History")))
    if current == "recorded" or life.recorded is not None:
        shown.insert(1, ("recorded", _("Recorded")))
    counts = {"versions": policy.current.number if policy.current else 0}
    return [
        Tab(label, reverse(f"policies:{name}", args=[policy.pk]), name == current, counts.get(name))
        for name, label in shown
    ]


def recorded(life: Life, *, at: datetime) -> Summary | None:
    """Return what recording found so far; None where nothing is recorded."""
    return summed(life.recorded, at=at) if life.recorded is not None else None


def words_of(*versions: Says) -> Words:
    """Return what says these versions, with moments in the reader's zone."""
    return Words(versions, timezone.get_current_timezone_name())
