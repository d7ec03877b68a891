"""What administrators do about somebody else's way in: invite them, take away a factor they have lost."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import Person
from accounts.people import pages
from accounts.people.forms import ReasonForm
from accounts.signin import services
from accounts.signin.factors.services import reset_factor
from accounts.signin.guards import fresh_factor
from cxaccess.attempts import attempt, posted
from cxaccess.toasts import tell


@require_POST
def invite(request: HttpRequest, pk: int) -> HttpResponse:
    """Mail somebody the link that sets their first password."""
    person = pages.person_page(request, pk, "detail", "person.edit")["person"]
    services.invite(request.user, person=person, at=request.at)
    tell(request, _("An invitation is on its way to %(mail)s.") % {"mail": person.email})
    return redirect("people:detail", pk)


@fresh_factor()
@require_http_methods(["GET", "HEAD", "POST"])
def lost_factor(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what taking somebody's second factor away means, ask why, and do it."""
    context = pages.person_page(request, pk, "detail", "person.suspend")
    person = context["person"]
    tried = attempt(ReasonForm(posted(request)), lambda given: _reset(request, person, given["reason"]))
    if tried.done:
        tell(request, _("%(name)s sets up a new second factor at the next sign-in.") % {"name": person.name})
        return redirect("people:detail", pk)
    context["form"] = tried.form
    return render(request, "accounts/signin/lost_factor.html", context, status=tried.status)


def _reset(request: HttpRequest, person: Person, reason: str) -> bool:
    reset_factor(request.user, person=person, reason=reason, at=request.at)
    return True
