"""The gallery: every component in every state, drawn from made-up data. Pages copy their markup from here."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from cxaccess.lib.listing import Count, Page
from cxaccess.lib.models import Risk
from permissions.guards import require_somewhere


class Sample(forms.Form):
    """One field of each kind."""

    name = forms.CharField(label=_("Name"), help_text=_("Shown to everyone who asks"), initial="Insights analyst")
    purpose = forms.CharField(label=_("Purpose"), widget=forms.Textarea, required=False)
    owner = forms.ChoiceField(
        label=_("Owner"),
        choices=[("", "—"), ("1", "Grace Mbeki"), ("2", "Ingrid Aas"), ("3", "Jonas Weber")],
        widget=forms.Select(attrs={"data-combobox": True, "data-placeholder": _("Start typing a name")}),
        help_text=_("Answers for the role"),
    )
    risk = forms.ChoiceField(label=_("Risk"), choices=Risk.choices)
    ends = forms.DateField(label=_("Ends"), widget=forms.DateInput(attrs={"type": "date", "class": "auto"}))
    approvals = forms.ChoiceField(
        label=_("Approvals"), choices=[("1", _("One")), ("2", _("Two"))], widget=forms.RadioSelect, initial="1"
    )
    requestable = forms.BooleanField(
        label=_("May be requested"), help_text=_("People find it in the catalogue"), required=False
    )


def samples(request: HttpRequest) -> dict[str, Any]:
    """Return what the gallery draws."""
    at = request.at  # type: ignore[attr-defined]
    wrong = Sample({"name": "", "owner": "", "risk": "2", "ends": "2020-01-01", "approvals": "1"})
    wrong.add_error("ends", _("This day has passed. Pick a day after today."))
    wrong.add_error(None, _("Not saved. Export and erase are kept apart."))
    rows = [
        ("Insights analyst", "Grace Mbeki", 23, Risk.MEDIUM),
        ("Refund approver", "Sofia Lindqvist", 64, Risk.CRITICAL),
        ("Workplace basics", "Aleksandra Wiśniewska-Kowalczyk-Brandenburg", 2431, Risk.LOW),
    ]
    return {
        "form": Sample(),
        "wrong": wrong,
        "page": Page(rows, 3, 3, Count(1000, capped=True), has_next=True, sort=request.GET.get("sort", "role"), q=""),
        "risks": list(Risk),
        "past": at - timedelta(hours=2),
        "future": at + timedelta(days=9),
        "shares": [(_("Birthright"), 61), (_("Requested"), 19), (_("Manual"), 12), (_("Temporary"), 8)],
        "kept": [(_("Kept"), 62, "ok"), (_("Revoked"), 9, "bad"), (_("Open"), 29, "3")],
        "columns": [(f"{hour:02d}:00", (hour * 7) % 11 + hour) for hour in range(24)],
        "series": [3, 4, 4, 6, 7, 7, 9, 12],
        "tabs": [
            {"label": _("Permissions"), "url": "?tab=1", "current": True, "count": 16},
            {"label": _("People"), "url": "?tab=2", "count": 20},
            {"label": _("Versions"), "url": "?tab=3"},
        ],
        "entries": [
            {"tone": "ok", "icon": "check", "text": _("Jonas Weber approved"), "at": at - timedelta(hours=2)},
            {"tone": "warn", "icon": "grant", "text": _("Ends soon, Noah was told"), "at": at + timedelta(days=7)},
        ],
        "changes": [
            {"name": "permissions", "after": "survey.export"},
            {"name": "risk", "before": "Medium", "after": "High"},
        ],
        "facts": [(_("When"), date_format(at, "j M Y")), (_("What"), "role.save"), (_("On"), "Survey manager")],
        "steps": [_("What"), _("How long"), _("Why")],
    }


@require_safe
@login_required
def gallery(request: HttpRequest) -> HttpResponse:
    """Show the gallery."""
    require_somewhere(request.user, "settings.view", at=request.at)  # type: ignore[arg-type,attr-defined]
    return render(request, "gallery.html", samples(request))
