"""People: the list, one person in tabs, adding, editing, suspending."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import Person, PersonState
from accounts.pages import give_url, standing_and_ended, things_of
from accounts.people import listing, pages, services
from accounts.people.forms import EditPersonForm, JoinForm, NewPersonForm, PeopleFilter, ReasonForm
from accounts.signin.guards import fresh_factor
from accounts.teams.memberships import add_member
from audits.trail.selectors import history_of
from cxaccess.attempts import attempt, posted
from cxaccess.jobs import settings as instance
from cxaccess.later import render_part
from cxaccess.lib import csv_out
from cxaccess.toasts import tell
from permissions import gate, places
from permissions.birthrights.reasons import reasons
from permissions.grants.held import all_held, held_by
from permissions.guards import fetch, passes, require_somewhere
from permissions.objects.held import of_person
from permissions.usage import selectors as usage

# mypy: disable-error-code="arg-type, attr-defined"
# Behind login_required request.user is a Person, and request.at is a moment; Django's stubs know neither.
FORM = ("GET", "HEAD", "POST")


@require_safe
@login_required
def people(request: HttpRequest) -> HttpResponse:
    """Show the people that the reader may see, narrowed by the address."""
    require_somewhere(request.user, "person.view", at=request.at)
    form = PeopleFilter(request.GET, reader=request.user, at=request.at)
    criteria = form.criteria()
    page, rows = listing.page_of(request.user, criteria, request.GET, at=request.at)
    context = {
        "form": form,
        "criteria": criteria,
        "chips": form.chips(),
        "page": page,
        "rows": rows,
        "views": listing.tabs(request.user, criteria.view),
        "may_create": gate.may_somewhere(request.user, "person.create", at=request.at),
        "may_offboard": gate.may_somewhere(request.user, "person.offboard", at=request.at),
        "may_export": gate.may_somewhere(request.user, "person.export", at=request.at),
        "give_url": give_url(request, 0).removesuffix("0"),
    }
    return render(request, "accounts/people/list.html", context)


@require_safe
@login_required
def filters(request: HttpRequest) -> HttpResponse:
    """Show the filters of the list: the panel that it fetches, or a page where there are no scripts."""
    require_somewhere(request.user, "person.view", at=request.at, counted=False)
    form = PeopleFilter(request.GET, reader=request.user, at=request.at, panel=True)
    context = {"form": form, "criteria": form.criteria()}
    return render_part(request, "accounts/people/filter_page.html", "panel", context)


@require_safe
@login_required
def counts(request: HttpRequest) -> HttpResponse:
    """Say how many people each view of the list has: the list asks for that once it stands.

    It is part of the list, whose door counts the use of it.
    """
    require_somewhere(request.user, "person.view", at=request.at, counted=False)
    if not request.htmx:
        return redirect("people:list")
    return render(request, "components/tab_counts.html", {"tabs": listing.counted(request.user, at=request.at)})


@require_POST
@login_required
def export(request: HttpRequest) -> StreamingHttpResponse:
    """Send the list that the address describes, as a file."""
    criteria = PeopleFilter(request.GET, reader=request.user, at=request.at).criteria()
    rows = listing.export_people(request.user, criteria=criteria, at=request.at)
    lines = csv_out.lines(listing.HEAD, listing.file_rows(rows, at=request.at))
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="people-{request.at:%Y-%m-%d}.csv"'
    return answer


@require_http_methods(FORM)
@login_required
def new(request: HttpRequest) -> HttpResponse:
    """Add somebody."""
    require_somewhere(request.user, "person.create", at=request.at)
    initial = {"time_zone": instance.get(instance.TIME_ZONE), "language": "en"}
    form = NewPersonForm(posted(request), initial=initial, reader=request.user, at=request.at)
    tried = attempt(form, lambda given: services.create_person(request.user, at=request.at, **given))
    if tried.done:
        tell(request, _("%(name)s is added. Put them into a team or give them a role.") % {"name": tried.done.name})
        return redirect("people:detail", tried.done.pk)
    return render(request, "accounts/people/new.html", {"form": tried.form}, status=tried.status)


@require_safe
@login_required
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show who somebody is and where they belong."""
    context = pages.person_page(request, pk, "detail")
    reports = context["person"].reports.exclude(state=PersonState.LEFT)
    context["reports"] = gate.visible(request.user, "person.view", reports, at=request.at).order_by("name")
    context |= pages.profile(context["person"], request.at) | pages.leaving(context, request)
    return render(request, "accounts/people/detail.html", context)


@require_safe
@login_required
def access(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what somebody holds, whichever way it comes to them, and what ended lately."""
    context = pages.person_page(request, pk, "access")
    person, own = context["person"], {context["person"].principal_id}
    held = all_held(own, context["reached"] - own, request.at)
    may_end = gate.allowed(request.user, "grant.end", [one.grant for one in held.standing], at=request.at)
    context |= {"through": held.through, "direct": held.own, "ended": held.ended, "may_end": may_end}
    context |= things_of(request, person.principal, of_person(person, request.at, ended=True))
    context["actions_held"] = len(gate.held(person, at=request.at))
    context |= pages.use(request, person, [one.grant for one in (*held.standing, *held.ended)], context["things"])
    asked = places.retyped(context["here"], "access")
    context["may_check"] = gate.may(request.user, "access.check", asked, at=request.at)
    asking = context["may_check"] or person.pk == request.user.pk
    context["may_compare"] = asking and gate.may_somewhere(request.user, "role.view", at=request.at)
    return render(request, "accounts/people/access.html", context)


@require_safe
@login_required
def use(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what somebody did: the part that their access fetches, or a page where there are no scripts."""
    person, reader, at = get_object_or_404(Person, pk=pk), request.user, request.at
    if not (passes(reader, "person.view", person, at=at) and usage.may_see_of(reader, person, at=at)):
        raise Http404
    context = {"person": person, "line": usage.line_of_person(person, at=at)}
    return render_part(request, "accounts/people/use.html", "line", context)


@require_safe
@login_required
def teams(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the teams somebody is in, will be in, and was in."""
    context = pages.person_page(request, pk, "teams")
    context["current"], context["ended"] = standing_and_ended(pages.memberships(context["person"]), request.at)
    context["because"] = reasons([*context["current"], *context["ended"]])
    context["may_join"] = gate.may_somewhere(request.user, "team.manage_members", at=request.at)
    return render(request, "accounts/people/teams.html", context)


@require_safe
@login_required
def history(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what happened to somebody, to whoever may read the trail about them."""
    context = pages.person_page(request, pk, "history")
    fetch(request, "trail.view", pages.PEOPLE, pk, as_type="trail")
    where = {name: request.GET.get(name) for name in ("before", "after")}
    context["events"] = history_of(context["person"], **where)
    return render(request, "accounts/people/history.html", context)


@require_http_methods(FORM)
@login_required
@fresh_factor()
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change who somebody is and where they belong; the mail is their way in, so it asks who is there."""
    context = pages.person_page(request, pk, "detail", "person.edit")
    person = context["person"]
    initial = {name: getattr(person, name) for name in (*services.EDITABLE, "row_version")}
    form = EditPersonForm(posted(request), initial=initial, person=person, reader=request.user, at=request.at)
    tried = attempt(form, lambda _given: services.edit_person(
        request.user, person=person, row_version=form.cleaned_data["row_version"], changes=form.changes, at=request.at
    ))  # fmt: skip
    if tried.done:
        tell(request, _("%(name)s is saved.") % {"name": tried.done.name})
        return redirect("people:detail", pk)
    context |= {"form": tried.form, "conflicts": tried.conflicts}
    return render(request, "accounts/people/edit.html", context, status=tried.status)


@login_required
@fresh_factor()
@require_http_methods(FORM)
def suspend(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what stops, ask why, and stop it."""
    context = pages.person_page(request, pk, "detail", "person.suspend")
    person = context["person"]
    tried = attempt(ReasonForm(posted(request)), lambda given: services.suspend(
        request.user, person=person, reason=given["reason"], at=request.at
    ))  # fmt: skip
    if tried.done:
        tell(request, _("%(name)s is suspended. All their access has stopped.") % {"name": person.name})
        return redirect("people:detail", pk)
    context |= {"form": tried.form, **_stakes(person, request)}
    return render(request, "accounts/people/suspend.html", context, status=tried.status)


@login_required
@fresh_factor()
@require_http_methods(FORM)
def reactivate(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what comes back, ask why, and bring somebody back."""
    context = pages.person_page(request, pk, "detail", "person.suspend")
    person = context["person"]
    tried = attempt(ReasonForm(posted(request)), lambda given: services.reactivate(
        request.user, person=person, reason=given["reason"], at=request.at
    ))  # fmt: skip
    if tried.done:
        tell(request, _("%(name)s is active. What they hold works again.") % {"name": person.name})
        return redirect("people:detail", pk)
    context |= {"form": tried.form, **_stakes(person, request)}
    return render(request, "accounts/people/reactivate.html", context, status=tried.status)


def _stakes(person: Person, request: HttpRequest) -> dict[str, Any]:
    """Return what a suspension stops and a return brings back."""
    held = held_by(pages.reaching(person, request.at), request.at)
    return {"holdings": [holding for holding in held if holding.begun], **pages.depending(person, request.at)}


@require_http_methods(FORM)
@login_required
@fresh_factor()
def join(request: HttpRequest, pk: int) -> HttpResponse:
    """Put somebody into a team."""
    context = pages.person_page(request, pk, "teams")
    require_somewhere(request.user, "team.manage_members", at=request.at)
    form = JoinForm(posted(request), reader=request.user, at=request.at, zone=timezone.get_current_timezone_name())
    person = context["person"]
    tried = attempt(form, lambda given: add_member(request.user, person=person, at=request.at, **given))
    if tried.done:
        tell(request, _("%(name)s is in %(team)s.") % {"name": person.name, "team": tried.done.principal.label})
        return redirect("people:teams", pk)
    return render(request, "accounts/people/join.html", context | {"form": tried.form}, status=tried.status)
