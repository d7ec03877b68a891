"""The names behind the ids of a decision, read in a few queries whatever its size."""

from collections.abc import Iterable
from functools import cached_property

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from accounts.models import Membership, Node, Principal, PrincipalKind, Team
from permissions.birthrights.reasons import Because, Row, reasons
from permissions.engine import Grant, ObjectGrant, Path, Target
from permissions.grants.scopes import labels
from permissions.models import Action, GroupObjectGrant, PersonObjectGrant, Role, RoleGrant

PAGES: dict[str, str] = {
    PrincipalKind.PERSON: "people:detail",
    PrincipalKind.TEAM: "teams:detail",
    PrincipalKind.GROUP: "groups:detail",
    PrincipalKind.INTEGRATION: "integrations:detail",
}
AnyGrant = RoleGrant | PersonObjectGrant | GroupObjectGrant
# The first letter of a grant's key, the table it stands in, and what its words need besides.
TABLES: dict[str, tuple[type[AnyGrant], tuple[str, ...]]] = {
    "r": (RoleGrant, ("scope",)),
    "p": (PersonObjectGrant, ("content_object", "user")),
    "c": (GroupObjectGrant, ("content_object", "group__principal")),
}


def address(name: str, pk: int | None = None, **more: str) -> str:
    """Return the page of something; nothing where it has none."""
    kwargs: dict[str, int | str] = more if pk is None else {"pk": pk, **more}  # type: ignore[assignment]
    try:
        return reverse(name, kwargs=kwargs)
    except NoReverseMatch:
        return ""


class Names:
    """Looks up what the given paths mention."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self.paths = tuple(paths)

    @cached_property
    def grants(self) -> dict[str, AnyGrant]:
        """Return the grants by key, with who gave and who ended them."""
        found: dict[str, AnyGrant] = {}
        for letter, (model, more) in TABLES.items():
            ids = {path.grant.id for path in self.paths if path.grant.key[0] == letter}
            if ids:
                rows = model._default_manager.select_related("given_by", "ended_by", *more).filter(pk__in=ids)
                found |= {f"{letter}{row.pk}": row for row in rows}
        return found

    @cached_property
    def memberships(self) -> dict[int, Membership]:
        """Return the memberships by id, with who gave them."""
        wanted = {path.membership.id for path in self.paths if path.membership}
        return {row.pk: row for row in Membership.objects.select_related("given_by").filter(pk__in=wanted)}

    @cached_property
    def because(self) -> dict[Row, Because]:
        """Return why the grants and memberships were given that birthright rules gave."""
        roles = [row for row in self.grants.values() if isinstance(row, RoleGrant)]
        return reasons([*roles, *self.memberships.values()])

    @cached_property
    def principals(self) -> dict[int, Principal]:
        """Return the principals by id."""
        wanted = {principal for path in self.paths for principal in path.via}
        return {
            row.pk: row for row in Principal.objects.select_related("team", "group", "person").filter(pk__in=wanted)
        }

    @cached_property
    def roles(self) -> dict[int, Role]:
        """Return the roles by id."""
        wanted = {role for path in self.paths for role in path.roles}
        return {row.pk: row for row in Role.objects.filter(pk__in=wanted)}

    @cached_property
    def actions(self) -> dict[str, Action]:
        """Return the permissions by key."""
        wanted = {action for path in self.paths for action in path.actions}
        return {row.key: row for row in Action.objects.select_related("type").filter(key__in=wanted)}

    @cached_property
    def scopes(self) -> dict[int, str]:
        """Return where each scope reaches, in words."""
        return labels({path.grant.scope.id for path in self.paths if isinstance(path.grant, Grant)})

    def where(self, grant: Grant | ObjectGrant) -> str:
        """Return where a grant reaches, in words: its scope, or the one thing it is on."""
        if isinstance(grant, Grant):
            return self.scopes[grant.scope.id]
        return _("“%(thing)s”") % {"thing": self.grants[grant.key].content_object.name}

    def principal_url(self, pk: int) -> str:
        """Return the page of a person, a team or a group."""
        row = self.principals[pk]
        page = PAGES.get(row.kind)
        return address(page, getattr(row, row.kind).pk) if page else ""

    def role_url(self, pk: int) -> str:
        """Return the page of a role."""
        return address("roles:detail", pk)

    def grant_url(self, grant: Grant | ObjectGrant) -> str:
        """Return the page of a grant."""
        if isinstance(grant, Grant):
            return address("grants:detail", grant.id)
        return address("objects:detail", key=grant.key)


def place_names(target: Target) -> list[str]:
    """Return the names of where a target is: its regions, departments, lines, segments, teams."""
    nodes = {pk for dimension, ids in target.places.items() if dimension != "team" for pk in ids}
    found = list(Node.objects.filter(pk__in=nodes).order_by("kind", "name").values_list("name", flat=True))
    teams = Team.objects.filter(pk__in=target.places.get("team", ()))
    return found + list(teams.order_by("principal__label").values_list("principal__label", flat=True))
