"""The names behind the ids of a decision, read in a few queries whatever its size."""

from collections.abc import Iterable
from functools import cached_property

from django.urls import NoReverseMatch, reverse

from accounts.models import Membership, Node, Principal, PrincipalKind, Team
from permissions.engine import Path, Target
from permissions.grants.scopes import labels
from permissions.models import Action, Role, RoleGrant


def address(name: str, pk: int) -> str:
    """Return the page of something; nothing where it has none."""
    try:
        return reverse(name, kwargs={"pk": pk})
    except NoReverseMatch:
        return ""


class Names:
    """Looks up what the given paths mention."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self.paths = tuple(paths)

    @cached_property
    def grants(self) -> dict[int, RoleGrant]:
        """Return the grants by id, with who gave and who ended them."""
        rows = RoleGrant.objects.select_related("given_by", "ended_by", "scope")
        return {row.pk: row for row in rows.filter(pk__in={path.grant.id for path in self.paths})}

    @cached_property
    def memberships(self) -> dict[int, Membership]:
        """Return the memberships by id, with who gave them."""
        wanted = {path.membership.id for path in self.paths if path.membership}
        return {row.pk: row for row in Membership.objects.select_related("given_by").filter(pk__in=wanted)}

    @cached_property
    def principals(self) -> dict[int, Principal]:
        """Return the principals by id."""
        wanted = {principal for path in self.paths for principal in path.via}
        return {row.pk: row for row in Principal.objects.select_related("team", "person").filter(pk__in=wanted)}

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
        return labels({path.grant.scope.id for path in self.paths})

    def principal_url(self, pk: int) -> str:
        """Return the page of a person or a team."""
        row = self.principals[pk]
        if row.kind == PrincipalKind.PERSON:
            return address("people:detail", row.person.pk)
        return address("teams:detail", row.team.pk) if row.kind == PrincipalKind.TEAM else ""

    def role_url(self, pk: int) -> str:
        """Return the page of a role."""
        return address("roles:detail", pk)

    def grant_url(self, pk: int) -> str:
        """Return the page of a grant."""
        return address("grants:detail", pk)


def place_names(target: Target) -> list[str]:
    """Return the names of where a target is: its regions, departments, lines, segments, teams."""
    nodes = {pk for dimension, ids in target.places.items() if dimension != "team" for pk in ids}
    found = list(Node.objects.filter(pk__in=nodes).order_by("kind", "name").values_list("name", flat=True))
    teams = Team.objects.filter(pk__in=target.places.get("team", ()))
    return found + list(teams.order_by("principal__label").values_list("principal__label", flat=True))
