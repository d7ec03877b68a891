"""The page of a refusal: which of the three kinds of no it is, and the nearest yes.

Nothing gives it: whom to ask. A policy blocks it: which one and why, or whose it is. Something is missing first: the
second factor or a reason, with the button that mends it and comes back.
"""

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Person
from accounts.signin.guards import page_of
from accounts.signin.selectors import authenticator
from cxaccess import problems
from cxaccess.problems import Problem
from permissions import gate
from permissions.check.whom import to_ask
from permissions.engine import Decision, Reason
from permissions.engine.policies import StateReason, StepUp
from permissions.guards import NotAllowed, NotYet
from permissions.policies import reasons, verdicts
from permissions.policies.verdicts import Said


def problem_of(request: HttpRequest, refusal: NotAllowed, asked: str) -> Problem:
    """Return the page for a refusal; `asked` says in words what was asked."""
    found = problems.of_decision(refusal.decision, asked)
    if isinstance(refusal, NotYet):
        return _not_yet(request, refusal, found)
    if refusal.decision.reason is Reason.BLOCKED:
        return _blocked(request, refusal, found)
    return _asking(request, refusal, found) if refusal.decision.reason.value in problems.ASKABLE else found


def about_content(request: HttpRequest, decision: Decision) -> Problem | None:
    """Return why content on a page is not shown as it is: a policy blocks it, or wants something first; None: it is.

    What is masked for good is no problem: it says so by itself.
    """
    reader: Person = request.user  # type: ignore[assignment]
    if not decision.allowed:
        blocked = decision.reason is Reason.BLOCKED
        bare = problems.of_decision(decision, "")
        return _blocked(request, NotAllowed(reader, decision), bare) if blocked else None
    demands = [duty for duty in decision.obligations if isinstance(duty, StepUp | StateReason)]
    if not demands:
        return None
    minutes = min((duty.minutes for duty in demands if isinstance(duty, StepUp)), default=None)
    reason = Reason.NO_REASON if minutes is None else Reason.STEP_UP
    refusal = NotYet(reader, replace(decision, allowed=False, reason=reason), minutes)
    return _not_yet(request, refusal, problems.of_decision(refusal.decision, ""))


def _said(request: HttpRequest, refusal: NotAllowed, *, demanding: bool) -> list[Said]:
    zone, at = timezone.get_current_timezone_name(), refusal.decision.at
    if demanding:
        return verdicts.demanding(request.user, refusal.decision, zone=zone, at=at)
    found = verdicts.told(request.user, refusal.decision.verdicts, zone=zone, at=at)
    return [one for one in found if one.blocks]


def _blocked(request: HttpRequest, refusal: NotAllowed, found: Problem) -> Problem:
    said = _said(request, refusal, demanding=False)
    return replace(found, text=_told_of(said) or found.text, facts=(*found.facts, *_facts(request, refusal, said)))


def _told_of(said: Sequence[Said]) -> str:
    """Return whose no it is: the policy and what decided, or whom to ask; nothing where there is nobody."""
    for one in said:
        if one.policy is not None:
            name = {"policy": one.policy.name, "clauses": "; ".join(one.clauses)}
            return (_("“%(policy)s” says no. %(clauses)s.") if one.clauses else _("“%(policy)s” says no.")) % name
    owner = next((one.owner.name for one in said if one.owner is not None), None)
    return _("No role changes that. Ask %(name)s, who answers for the policy.") % {"name": owner} if owner else ""


def _facts(request: HttpRequest, refusal: NotAllowed, said: Sequence[Said]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for one in said:
        if one.policy is not None:
            page = reverse("policies:detail", args=[one.policy.pk])
            found.append((_("Policy"), format_html('<a href="{}">{}</a>', page, one.policy.name)))
        if one.owner is not None:
            found.append((_("Who answers for it"), _linked(request, refusal, one.owner)))
    return list(dict.fromkeys(found))


def _linked(request: HttpRequest, refusal: NotAllowed, person: Person) -> str:
    """Return somebody's name: a link to their page, for whoever may see it."""
    if not gate.may(request.user, "person.view", person, at=refusal.decision.at):  # type: ignore[arg-type]
        return person.name
    return format_html('<a href="{}">{}</a>', reverse("people:detail", args=[person.pk]), person.name)


def _not_yet(request: HttpRequest, refusal: NotYet, found: Problem) -> Problem:
    """Return the page of a yes that only waits: for the second factor, or for a reason."""
    facts = (*found.facts, *_facts(request, refusal, _said(request, refusal, demanding=True)))
    if refusal.minutes is None:
        return replace(problems.NO_REASON, facts=facts, times=found.times, token=reasons.token(request, refusal))
    text = ngettext(
        "A policy wants your second factor confirmed within the last minute. Nothing was changed.",
        "A policy wants your second factor confirmed within the last %(n)d minutes. Nothing was changed.",
        refusal.minutes,
    ) % {"n": refusal.minutes}
    step_up = replace(problems.STEP_UP, text=text, facts=facts, times=found.times)
    if authenticator(request.user) is None:  # type: ignore[arg-type]
        return replace(step_up, action=_("Set up an authenticator app"), url=reverse("me:enrol"))
    return replace(step_up, url=f"{reverse('signin:confirm')}?{urlencode({'next': page_of(request)})}")


def _asking(request: HttpRequest, refusal: NotAllowed, found: Problem) -> Problem:
    """Return the page of what nothing gives, with whom to ask, if anybody answers for it."""
    reader: Person = request.user  # type: ignore[assignment]
    whom = to_ask(refusal.decision, reader)
    if whom is None:
        return found
    facts = (*found.facts, (_("Whom to ask"), _linked(request, refusal, whom.person)))
    if refusal.decision.reason not in (Reason.NO_GRANT, Reason.OUT_OF_SCOPE):
        return replace(found, facts=facts)
    text = _("Ask %(name)s, who answers for %(what)s. Nothing was changed.")
    if refusal.decision.reason is Reason.OUT_OF_SCOPE:
        text = _("You may do this elsewhere. Ask %(name)s, who answers for %(what)s. Nothing was changed.")
    return replace(found, text=text % {"name": whom.person.name, "what": whom.answers_for}, facts=facts)
