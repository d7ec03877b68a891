"""How long the main pages take, beside the floor: the same frame around fifty plain rows.

    python -m benchmarks.pages

Through Django's test client, so templates, middleware, session and gate are in it and the network is not.
"""

import logging

from benchmarks.common import close, milliseconds, scratch, wall

FOLDER = scratch()

from django.conf import settings  # noqa: E402 - Django must be set up first
from django.core.management import call_command  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import NoReverseMatch, reverse  # noqa: E402

from accounts.models import Person, Team  # noqa: E402
from permissions.models import Role  # noqa: E402
from tests.sessions import signed_in  # noqa: E402


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


def measured(client: Client, address: str) -> tuple[float, float]:
    """Return the median milliseconds of one page, processor and wall. Raises SystemExit where it does not answer."""
    status = client.get(address).status_code
    if status != 200:
        raise SystemExit(f"{address} answers {status}")
    return milliseconds(lambda: client.get(address)), wall(lambda: client.get(address))


def main() -> None:
    """Measure and print."""
    call_command("collectstatic", interactive=False, verbosity=0)
    settings.ROOT_URLCONF = "benchmarks.floor"
    settings.ALLOWED_HOSTS = ["testserver"]
    logging.disable(logging.CRITICAL)  # lines on a terminal would be measured, too
    client = signed_in(Person.objects.get(name="Priya Raman"))
    least, elapsed = measured(client, "/floor/")
    print(f"p50 of 20 in ms, as the administrator, {Person.objects.count()} people")
    print(f"  {'':<40} {'processor':>10} {'ratio':>7} {'wall':>9}")
    print(f"  {'floor: the frame and 50 plain rows':<40} {least:>10.1f} {1:>7.2f} {elapsed:>9.1f}")
    for name, address in pages():
        took, elapsed = measured(client, address)
        print(f"  {name:<40} {took:>10.1f} {took / least:>7.2f} {elapsed:>9.1f}")
    close(FOLDER)


if __name__ == "__main__":
    main()
