"""How long the main pages take, beside the floor: the same frame around fifty plain rows.

    python -m benchmarks.pages

Through Django's test client, so templates, middleware, session and gate are in it and the network is not.
"""

from benchmarks.common import close, milliseconds, scratch

FOLDER = scratch()

from django.conf import settings  # noqa: E402 - Django must be set up first
from django.core.management import call_command  # noqa: E402
from django.http import HttpRequest, HttpResponse  # noqa: E402
from django.template import engines  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import NoReverseMatch, include, path, reverse  # noqa: E402

from accounts.models import Person, Team  # noqa: E402
from permissions.models import Role  # noqa: E402
from tests.sessions import signed_in  # noqa: E402

FLOOR = """{% extends "base.html" %}{% block title %}Floor{% endblock %}{% block heading %}Floor{% endblock %}
{% block content %}<div class="table-wrap"><table class="table"><tbody>{% for row in rows %}<tr><th scope="row">
{{ row.0 }}</th><td>{{ row.1 }}</td><td>{{ row.2 }}</td><td>{{ row.3 }}</td></tr>{% endfor %}</tbody></table></div>
{% endblock %}"""
ROWS = [(f"Name {n}", f"Team {n % 25}", f"Region {n % 9}", "Active") for n in range(50)]


def floor(request: HttpRequest) -> HttpResponse:
    """Show fifty rows that cost nothing to find."""
    return HttpResponse(engines["django"].from_string(FLOOR).render({"rows": ROWS}, request))


urlpatterns = [path("floor/", floor), path("", include("cxaccess.urls"))]


def pages() -> list[tuple[str, str]]:
    """Return the main pages that there are, by name and address."""
    person, team, role = Person.objects.get(name="Maya Okafor"), Team.objects.first(), Role.objects.first()
    wanted = [
        ("people:list", {}), ("people:detail", {"pk": person.pk}), ("people:access", {"pk": person.pk}),
        ("teams:list", {}), ("teams:detail", {"pk": team.pk}), ("structure:index", {}), ("roles:list", {}),
        ("roles:permissions", {"pk": role.pk}), ("grants:list", {}), ("catalogue:list", {}), ("trail:list", {}),
        ("my-access", {}), ("check:index", {}),
    ]  # fmt: skip
    found = []
    for name, kwargs in wanted:
        try:
            found.append((name, reverse(name, kwargs=kwargs)))
        except NoReverseMatch:
            print(f"  {name}: no such page")
    question = f"?person={person.pk}&action=feedback.view"
    return [*found, ("check:index, answered", reverse("check:index") + question)]


def measured(client: Client, address: str) -> float:
    """Return the median milliseconds of one page. Raises SystemExit where it does not answer 200."""
    status = client.get(address).status_code
    if status != 200:
        raise SystemExit(f"{address} answers {status}")
    return milliseconds(lambda: client.get(address))


def main() -> None:
    """Measure and print."""
    call_command("collectstatic", interactive=False, verbosity=0)
    settings.ROOT_URLCONF = "benchmarks.pages"
    client = signed_in(Person.objects.get(name="Priya Raman"))
    least = measured(client, "/floor/")
    print(f"p50 of 20, as the administrator, {Person.objects.count()} people")
    print(f"  {'floor: the frame and 50 plain rows':<40} {least:>8.1f} ms   x 1.00")
    for name, address in pages():
        took = measured(client, address)
        print(f"  {name:<40} {took:>8.1f} ms   x {took / least:.2f}")
    close(FOLDER)


if __name__ == "__main__":
    main()
