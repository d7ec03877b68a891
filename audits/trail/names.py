"""Names for the ids that the trail holds, looked up when somebody reads it; the trail itself holds none."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from accounts.models import Group, Integration, Membership, Node, Person, Principal, Team
from cxaccess.jobs.models import ImportBatch
from cxaccess.lib import statements
from permissions.models import (
    Action,
    AttributeDefinition,
    Birthright,
    Policy,
    Resource,
    ResourceType,
    Role,
    RoleGrant,
    RoleVersion,
    Scope,
    ScopeTerm,
)
from permissions.places import NODE_DIMENSIONS

KINDS: dict[type[models.Model], str] = {
    Person: "person",
    Team: "team",
    Group: "group",
    Integration: "integration",
    Principal: "principal",
    Role: "role",
    RoleVersion: "version",
    RoleGrant: "grant",
    Membership: "membership",
    Node: "node",
    Scope: "scope",
    Resource: "resource",
    ResourceType: "type",
    Action: "action",
    AttributeDefinition: "attribute",
    Birthright: "birthright",
    Policy: "policy",
    ImportBatch: "import",
}
PAGES = {
    "person": "people:detail",
    "team": "teams:detail",
    "group": "groups:detail",
    "integration": "integrations:detail",
    "role": "roles:detail",
    "grant": "grants:detail",
    "import": "imports:detail",
    "birthright": "birthrights:detail",
    "policy": "policies:detail",
    "resource": "resources:detail",
    "type": "catalogue:type",
    "action": "catalogue:detail",
    "attribute": "catalogue:attribute",
}


@dataclass(frozen=True, slots=True)
class Ref:
    """Something by its name, and its page if it has one. Reads as text or, in HTML, as a link."""

    text: str | Promise
    url: str = ""

    def __str__(self) -> str:
        return str(self.text)

    def __html__(self) -> SafeString:
        if not self.url:
            return conditional_escape(str(self))
        return format_html('<a href="{}">{}</a>', self.url, self.text)

    @property
    def html(self) -> SafeString:
        """Return it for a template, which reads what is no string as text."""
        return self.__html__()


def page_of(kind: str, pk: int) -> str:
    """Return the address of the page of one object, or nothing where there is none."""
    name = PAGES.get(kind)
    if name is None:
        return ""
    try:
        return reverse(name, args=[pk])
    except NoReverseMatch:
        return ""


class Names:
    """Collects ids by kind, then reads all their names: a fixed number of queries, however many ids there are."""

    def __init__(self) -> None:
        self._wanted: dict[str, set[int]] = defaultdict(set)
        self._found: dict[tuple[str, int], Ref] = {}
        self.parts: dict[tuple[str, int], dict[str, int]] = {}  # what a grant or membership is made of

    def want(self, kind: str, pk: object) -> None:
        """Ask for one name; what is no id is passed over."""
        if isinstance(pk, int) and not isinstance(pk, bool):
            self._wanted[kind].add(pk)

    def load(self) -> None:
        """Read what was asked for. Grants and memberships come first: they ask for their own parts."""
        for kind, reader in _READERS.items():
            wanted = self._wanted.pop(kind, set())
            if wanted:
                reader(self, wanted)

    def add(self, kind: str, pk: int, text: str, url: str | None = None) -> None:
        """Keep a name."""
        self._found[kind, pk] = Ref(text, page_of(kind, pk) if url is None else url)

    def get(self, kind: str, pk: object) -> Ref:
        """Return the name; of what is gone, its kind and number."""
        found = self._found.get((kind, pk)) if isinstance(pk, int) else None
        if found is not None:
            return found
        made_of = self.parts.get((kind, pk)) if isinstance(pk, int) else None
        if made_of is not None:
            return self._composed(kind, int(str(pk)), made_of)
        label = next((model._meta.verbose_name for model, name in KINDS.items() if name == kind), kind)
        return Ref(f"{capfirst(str(label))} {pk}")

    def _composed(self, kind: str, pk: int, made_of: dict[str, int]) -> Ref:
        who = self.get("principal", made_of["principal"])
        if kind == "grant":
            words = {"role": self.get("role", made_of["role"]), "principal": who}
            return Ref(_("{role} of {principal}").format(**words), page_of(kind, pk))
        words = {"person": self.get("person", made_of["person"]), "team": who}
        return Ref(_("{person} in {team}").format(**words), who.url)


def _grants(names: Names, ids: set[int]) -> None:
    def rows(*, ids: list[int]) -> models.QuerySet[Any, Any]:
        return RoleGrant.objects.filter(pk__in=ids).values_list("pk", "principal_id", "role_id", "scope_id")

    for pk, principal, role, scope in statements.rows("parts of grants", rows, ids=sorted(ids)):
        names.parts["grant", pk] = {"principal": principal, "role": role, "scope": scope}
        names.want("principal", principal)
        names.want("role", role)
        names.want("scope", scope)


def _memberships(names: Names, ids: set[int]) -> None:
    def rows(*, ids: list[int]) -> models.QuerySet[Any, Any]:
        return Membership.objects.filter(pk__in=ids).values_list("pk", "principal_id", "person_id")

    for pk, principal, person in statements.rows("parts of memberships", rows, ids=sorted(ids)):
        names.parts["membership", pk] = {"principal": principal, "person": person}
        names.want("principal", principal)
        names.want("person", person)


def _scopes(names: Names, ids: set[int]) -> None:
    terms: dict[int, dict[str, tuple[str, int]]] = {pk: {} for pk in ids}
    for scope, dimension, ref in ScopeTerm.objects.filter(scope__in=ids).values_list("scope", "dimension", "ref_id"):
        kind = "node" if dimension in NODE_DIMENSIONS else dimension
        terms[scope][dimension] = (kind, ref)
        names.want(kind, ref)
    _nodes(names, names._wanted.pop("node", set()))
    _teams(names, names._wanted.pop("team", set()))
    for pk, found in terms.items():
        places = [str(names.get(*found[dimension])) for dimension in (*NODE_DIMENSIONS, "team") if dimension in found]
        names.add("scope", pk, str(_(" and ")).join(places))


def _principals(names: Names, ids: set[int]) -> None:
    def rows(*, ids: list[int]) -> models.QuerySet[Any, Any]:
        found = Principal.objects.filter(pk__in=ids)
        return found.values_list("pk", "kind", "label", "person", "team", "group", "integration")

    for pk, kind, label, *owners in statements.rows("names of principals", rows, ids=sorted(ids)):
        owner = next((each for each in owners if each is not None), None)
        names.add("principal", pk, label, page_of(kind, owner) if owner else "")


def _teams(names: Names, ids: set[int]) -> None:
    for pk, label in Team.objects.filter(pk__in=ids).values_list("pk", "principal__label"):
        names.add("team", pk, label)


def _groups(names: Names, ids: set[int]) -> None:
    for pk, label in Group.objects.filter(pk__in=ids).values_list("pk", "principal__label"):
        names.add("group", pk, label)


def _nodes(names: Names, ids: set[int]) -> None:
    for pk, label in Node.objects.filter(pk__in=ids).values_list("pk", "name"):
        names.add("node", pk, label)


def _named(kind: str, rows: Callable[..., models.QuerySet[Any, Any]]) -> "Reader":
    def read(names: Names, ids: set[int]) -> None:
        for pk, label in statements.rows(("names", kind), rows, ids=sorted(ids)):
            names.add(kind, pk, label)

    return read


def _versions(names: Names, ids: set[int]) -> None:
    for pk, number in RoleVersion.objects.filter(pk__in=ids).values_list("pk", "number"):
        names.add("version", pk, _("Version %(number)d") % {"number": number})


Reader = Callable[[Names, set[int]], None]
_READERS: dict[str, Reader] = {
    "grant": _grants,
    "membership": _memberships,
    "scope": _scopes,
    "principal": _principals,
    "person": _named("person", lambda ids: Person.objects.filter(pk__in=ids).values_list("pk", "name")),
    "team": _teams,
    "group": _groups,
    "integration": _named(
        "integration", lambda ids: Integration.objects.filter(pk__in=ids).values_list("pk", "principal__label")
    ),
    "role": _named("role", lambda ids: Role.objects.filter(pk__in=ids).values_list("pk", "name")),
    "version": _versions,
    "node": _nodes,
    "resource": _named("resource", lambda ids: Resource.objects.filter(pk__in=ids).values_list("pk", "name")),
    "type": _named("type", lambda ids: ResourceType.objects.filter(pk__in=ids).values_list("pk", "plural")),
    "attribute": _named(
        "attribute", lambda ids: AttributeDefinition.objects.filter(pk__in=ids).values_list("pk", "label")
    ),
    "birthright": _named("birthright", lambda ids: Birthright.objects.filter(pk__in=ids).values_list("pk", "name")),
    "policy": _named("policy", lambda ids: Policy.objects.filter(pk__in=ids).values_list("pk", "name")),
    "import": _named("import", lambda ids: ImportBatch.objects.filter(pk__in=ids).values_list("pk", "name")),
    "action": _named("action", lambda ids: Action.objects.filter(pk__in=ids).values_list("pk", "key")),
}
