"""Check access, and my access."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from cxaccess.later import render_part
from cxaccess.lib.listing import Listing, number_in
from permissions import gate
from permissions.check import mine
from permissions.check.forms import QuestionForm
from permissions.check.questions import CHECK, Question, things_of
from permissions.check.selectors import answer, who_else
from permissions.check.services import check_access, explain
from permissions.guards import require, require_somewhere
from permissions.models import Action
from permissions.usage import selectors as usage

OTHERS = Listing({"name": ["name"]}, "name", size=20)


@require_safe
@login_required
def index(request: HttpRequest) -> HttpResponse:
    """Answer the question in the address; without one, offer to ask. The drawer gets the answer alone."""
    require_somewhere(request.user, CHECK, at=request.at)  # type: ignore[arg-type, attr-defined]
    form = QuestionForm(request.user, request.at, request.GET)  # type: ignore[arg-type, attr-defined]
    question = form.question()
    context: dict[str, object] = {"form": form}
    if question is not None:
        decision = check_access(request.user, question=question, at=request.at)  # type: ignore[arg-type, attr-defined]
        others = who_else(request.user, question, at=request.at)  # type: ignore[arg-type, attr-defined]
        context |= {
            "answer": answer(question, decision, request.user, at=request.at),
            "page": OTHERS.page(others, request.GET),
        }
    return render(request, _template(request), context)


@require_safe
@login_required
def my_access(request: HttpRequest) -> HttpResponse:
    """Show the reader what they hold, why, until when, and what it lets them do."""
    return render(request, "permissions/check/mine.html", mine.overview(request.user, request.at))  # type: ignore[arg-type, attr-defined]


@require_safe
@login_required
def my_use(request: HttpRequest) -> HttpResponse:
    """Show the reader what they did: the part that my access fetches, or a page where there are no scripts."""
    line = usage.line_of_person(request.user, at=request.at)  # type: ignore[arg-type, attr-defined]
    return render_part(request, "permissions/check/my_use.html", "line", {"line": line})


@require_safe
@login_required
def my_why(request: HttpRequest) -> HttpResponse:
    """Explain to the reader one thing they may or may not do. Of things they cannot see, not even the name."""
    named = request.GET.get("action", "").replace("\x00", "")  # which no database takes
    action = Action.objects.select_related("type").filter(key=named).first()
    if action is None:
        raise Http404
    asked, type_ = number_in(request.GET.get("resource")), action.type.key
    thing = get_object_or_404(things_of(type_), pk=asked) if asked is not None else None
    question = Question(request.user, action, thing, request.at)  # type: ignore[arg-type, attr-defined]
    if thing is not None and not gate.may(request.user, action.key, question.asked, at=request.at):  # type: ignore[arg-type, attr-defined]
        require(request.user, f"{type_}.view", question.asked, at=request.at)  # type: ignore[arg-type, attr-defined]
    return render(
        request, _template(request, "why"), {"answer": answer(question, explain(question), request.user, at=request.at)}
    )


def _template(request: HttpRequest, page: str = "index") -> str:
    part = "#answer" if request.headers.get("X-Requested-With") == "drawer" else ""
    return f"permissions/check/{page}.html{part}"
