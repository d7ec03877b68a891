"""The main pages: what people open every day."""

from typing import Any

from django.urls import NoReverseMatch, reverse

from accounts.models import Person, Team
from permissions.models import Resource, Role


def main_pages() -> list[tuple[str, str]]:
    """Return the name and address of each."""
    person = Person.objects.get(name="Maya Okafor").pk
    team = Team.objects.order_by("pk").values_list("pk", flat=True)[1]
    role = Role.objects.order_by("pk").values_list("pk", flat=True)[0]
    thing = Resource.objects.filter(object_kind=None).order_by("pk").values_list("pk", flat=True)[0]
    wanted: list[tuple[str, str, list[Any]]] = [
        ("overview", "overview", []),
        ("people", "people:list", []),
        ("person", "people:detail", [person]),
        ("person's access", "people:access", [person]),
        ("teams", "teams:list", []),
        ("team", "teams:detail", [team]),
        ("structure", "structure:index", []),
        ("roles", "roles:list", []),
        ("role matrix", "roles:permissions", [role]),
        ("grants", "grants:list", []),
        ("resources", "resources:list", []),
        ("resource", "resources:detail", [thing]),
        ("catalogue", "catalogue:list", []),
        ("trail", "trail:list", []),
        ("my access", "my-access", []),
    ]
    return [(name, address) for name, view, args in wanted if (address := _address(view, args))]


def _address(view: str, args: list[Any]) -> str:
    """Return where a page is; nothing for one that there is not yet."""
    try:
        return reverse(view, args=args)
    except NoReverseMatch:
        return ""
