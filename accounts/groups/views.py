"""Groups: the list, one group in tabs, making, editing, archiving."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.groups import listing, pages, selectors, services
from accounts.groups.forms import EditGroupForm, GroupForm
from accounts.models import Group
from accounts.pages import may_make_lead, things_of, uses_of_things
from accounts.people.forms import ReasonForm
from accounts.reads import allowed_on, sees_everybody
from accounts.teams.selectors import abilities as abilities_of
from audits.trail.selectors import history_of
from cxaccess.attempts import attempt, posted
from cxaccess.lib import csv_out
from cxaccess.lib.listing import Listing
from cxaccess.toasts import tell
from permissions import gate
from permissions.grants.held import all_held
from permissions.guards import fetch, require_somewhere
from permissions.objects.held import of as things_held

# mypy: disable-error-code="arg-type, attr-defined"
# Behind login_required request.user is a Person, and request.at is a moment; Django's stubs know neither.
FORM = ("GET", "HEAD", "POST")
MEMBERS = Listing(
    sorts={"name": ["part", "person__name"], "from": ["starts_at"], "until": ["until"]}, default="name", size=50
)


@require_safe
@login_required
def groups(request: HttpRequest) -> HttpResponse:
    """Show the groups that the reader may see."""
    require_somewhere(request.user, "group.view", at=request.at)
    context = listing.page_of(request.user, request.GET, at=request.at)
    context["may_create"] = gate.may_somewhere(request.user, "group.create", at=request.at)
    context["may_export"] = gate.may_somewhere(request.user, "group.export", at=request.at)
    return render(request, "accounts/groups/list.html", context)


@require_POST
@login_required
def export(request: HttpRequest) -> StreamingHttpResponse:
    """Send the list that the address describes, as a file."""
    rows = listing.export_groups(request.user, asked=listing.criteria(request.GET), at=request.at)
    lines = csv_out.lines(listing.HEAD, listing.file_rows(request.user, rows, at=request.at))
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="groups-{request.at:%Y-%m-%d}.csv"'
    return answer


@require_http_methods(FORM)
@login_required
def new(request: HttpRequest) -> HttpResponse:
    """Make a group by hand."""
    require_somewhere(request.user, "group.create", at=request.at)
    form = GroupForm(posted(request), reader=request.user, at=request.at)
    tried = attempt(form, lambda given: services.create_group(request.user, at=request.at, **given))
    if tried.done:
        tell(request, _("%(name)s is made. Add its members and give it roles.") % {"name": tried.done.name})
        return redirect("groups:detail", tried.done.pk)
    return render(request, "accounts/groups/new.html", {"form": tried.form}, status=tried.status)


@require_safe
@login_required
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what a group is for, who is in it and why, whose it is."""
    context = pages.group_page(request, pk, "detail")
    group = context["group"]
    inside = pages.seen_members(group, request.user, request.at).in_force(request.at)
    context["size"] = inside.order_by().values("person").distinct().count()
    context["leads"] = pages.leads(group, request.at)
    context["holdings"] = pages.in_force(group, request.at)
    context["sentence"] = pages.in_words(group, timezone.get_current_timezone_name())
    return render(request, "accounts/groups/detail.html", context)


@require_safe
@login_required
def members(request: HttpRequest, pk: int) -> HttpResponse:
    """Show who is in a group, page by page, and who was lately."""
    context = pages.group_page(request, pk, "members")
    rows = pages.seen_members(context["group"], request.user, request.at)
    context["others"] = context["by_rule"] and not sees_everybody(request.user, at=request.at)
    page = MEMBERS.page(rows.not_over(request.at), request.GET)
    ended = pages.ended(rows, request.at)
    people = [row.person for row in (*page.rows, *ended)]
    context |= {"page": page, "ended": ended}
    context["may_lead"] = context["may_manage"] and may_make_lead(request, context["group"])
    context["visible"] = allowed_on(request.user, ["person.view"], people, at=request.at)["person.view"]
    return render(request, "accounts/groups/members.html", context)


@require_safe
@login_required
def roles(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what was given to a group."""
    context = pages.group_page(request, pk, "roles")
    held = all_held({context["group"].principal_id}, (), request.at)
    ending = allowed_on(request.user, ["grant.end"], [one.grant for one in held.own], at=request.at)
    context |= {"own": held.own, "ended": held.ended, "may_end": ending["grant.end"]}
    context |= _things(request, context["group"])
    return render(request, "accounts/groups/roles.html", context)


@require_safe
@login_required
def abilities(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what members can do, by type, and which role lets them."""
    context = pages.group_page(request, pk, "abilities")
    in_force = pages.in_force(context["group"], request.at)
    context["groups"] = abilities_of(
        [(one.grant.role_id, one.grant.role.name, one.scope) for one in in_force], request.at
    )
    context["total"] = sum(len(found) for _type, found in context["groups"])
    context |= _things(request, context["group"])
    return render(request, "accounts/groups/abilities.html", context)


@require_safe
@login_required
def history(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what happened to a group, to whoever may read the trail about it."""
    context = pages.group_page(request, pk, "history")
    fetch(request, "trail.view", pages.PAGES, pk, as_type="trail")
    where = {name: request.GET.get(name) for name in ("before", "after")}
    context["events"] = history_of(context["group"], **where)
    return render(request, "accounts/groups/history.html", context)


@require_http_methods(FORM)
@login_required
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change what a group is for and whose it is."""
    context = pages.group_page(request, pk, "detail", "group.edit")
    group = context["group"]
    initial = selectors.editable(group) | {"row_version": group.row_version}
    form = EditGroupForm(posted(request), initial=initial, group=group, reader=request.user, at=request.at)
    tried = attempt(form, lambda _given: services.edit_group(
        request.user, group=group, row_version=form.cleaned_data["row_version"], changes=form.changes, at=request.at
    ))  # fmt: skip
    if tried.done:
        tell(request, _("%(name)s is saved.") % {"name": tried.done.name})
        return redirect("groups:detail", pk)
    context |= {"form": tried.form, "conflicts": tried.conflicts}
    return render(request, "accounts/groups/edit.html", context, status=tried.status)


@require_http_methods(FORM)
@login_required
def archive(request: HttpRequest, pk: int) -> HttpResponse:
    """Close a group that nobody and nothing uses any more."""
    context = pages.group_page(request, pk, "detail", "group.edit")
    group = context["group"]
    tried = attempt(ReasonForm(posted(request)), lambda given: services.archive_group(
        request.user, group=group, reason=given["reason"], at=request.at
    ))  # fmt: skip
    if tried.done:
        tell(request, _("%(name)s is archived.") % {"name": group.name})
        return redirect("groups:list")
    context |= {"form": tried.form, "users": selectors.users_of(group, request.user, at=request.at)}
    return render(request, "accounts/groups/archive.html", context, status=tried.status)


def _things(request: HttpRequest, group: Group) -> dict[str, Any]:
    found = things_held(group.principal, (), request.at)
    return things_of(request, group.principal, found) | uses_of_things(request, group, found)
