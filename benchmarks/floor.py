"""The console's addresses and two more.

The floor of pages: the frame around fifty rows of one table, read in one query, shown plainly. The empty view: an
object of nothing, for whoever sends anything.
"""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import engines
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt

from accounts.models import Person

FLOOR = """{% extends "base.html" %}{% block title %}Floor{% endblock %}{% block heading %}Floor{% endblock %}
{% block content %}<div class="table-wrap"><table class="table"><tbody>{% for row in rows %}<tr>
<th scope="row">{{ row.name }}</th><td>{{ row.email }}</td><td>{{ row.title }}</td><td>{{ row.state }}</td>
</tr>{% endfor %}</tbody></table></div>{% endblock %}"""
ROWS = 50
template = engines["django"].from_string(FLOOR)


def floor(request: HttpRequest) -> HttpResponse:
    """Show fifty people and nothing about them that another table knows."""
    return HttpResponse(template.render({"rows": Person.objects.order_by("name", "pk")[:ROWS]}, request))


@csrf_exempt
@login_not_required
def empty(request: HttpRequest) -> JsonResponse:
    """Answer nothing, to whoever asks; what was sent is taken in, so that the connection stays open."""
    assert request.body is not None
    return JsonResponse({})


class CountedQueries:
    """Says in a header of each answer how many queries it took, those of the middleware with them."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        asked: list[str] = []

        def counted(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
            asked.append(sql)
            return execute(sql, params, many, context)

        with connection.execute_wrapper(counted):
            response = self.get_response(request)
        response.headers["X-Queries"] = str(len(asked))
        return response


urlpatterns = [path("floor/", floor), path("-/empty/", empty), path("", include("cxaccess.urls"))]
