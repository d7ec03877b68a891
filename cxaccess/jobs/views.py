"""The demo's mailbox: every mail that the instance sent, readable by whoever tries it out."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from cxaccess.jobs import mailbox


@login_not_required
@require_safe
def mail_list(request: HttpRequest) -> HttpResponse:
    """Show the newest mails. Exists in the demo only."""
    _require_demo()
    return render(request, "mailbox/list.html", {"mails": mailbox.newest()})


@login_not_required
@require_safe
def mail_detail(request: HttpRequest, key: str) -> HttpResponse:
    """Show one mail. Exists in the demo only."""
    _require_demo()
    mail = mailbox.find(key)
    if mail is None:
        raise Http404
    return render(request, "mailbox/detail.html", {"mail": mail})


def _require_demo() -> None:
    if not settings.DEMO or settings.PRODUCTION:
        raise Http404
