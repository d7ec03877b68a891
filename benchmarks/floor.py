"""The console's addresses and one more: the frame around fifty rows that cost nothing to find."""

from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import include, path

FLOOR = """{% extends "base.html" %}{% block title %}Floor{% endblock %}{% block heading %}Floor{% endblock %}
{% block content %}<div class="table-wrap"><table class="table"><tbody>{% for row in rows %}<tr><th scope="row">
{{ row.0 }}</th><td>{{ row.1 }}</td><td>{{ row.2 }}</td><td>{{ row.3 }}</td></tr>{% endfor %}</tbody></table></div>
{% endblock %}"""
ROWS = [(f"Name {n}", f"Team {n % 25}", f"Region {n % 9}", "Active") for n in range(50)]


def floor(request: HttpRequest) -> HttpResponse:
    """Show fifty rows that cost nothing to find."""
    return HttpResponse(engines["django"].from_string(FLOOR).render({"rows": ROWS}, request))


urlpatterns = [path("floor/", floor), path("", include("cxaccess.urls"))]
