"""What guardian is handed: the grants in force as rows, and what it is asked of them: points, lists, who can."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import Max, Min

from accounts.models import Membership, Person, Principal
from benchmarks.decisions.questions import Question, Questions
from permissions import facts
from permissions.engine import Scope
from permissions.models import Action, GroupObjectGrant, Mode, PersonObjectGrant, Resource, RoleGrant

Right = tuple[int, str, int]


def code(action: str) -> str:
    """Return a permission's codename."""
    return action.replace(".", "_")


class Laid:
    """Grants worked out to rows of (holder, permission, thing)."""

    def __init__(self, put: Questions) -> None:
        self.at, self.model = put.at, facts.model(put.at)
        self.person_of = dict(Person.objects.values_list("principal_id", "pk"))
        self.group_of = dict(
            Principal.objects.exclude(auth_group=None).values_list("pk", "auth_group_id")
        )  # fmt: skip
        grants = RoleGrant.objects.in_force(self.at).filter(mode=Mode.ACTIVE)
        self.grants = list(grants.values_list("principal_id", "role_id", "scope_id"))
        self.scopes: dict[int, Scope] = facts.scopes({scope for _p, _r, scope in self.grants})

    def handed(
        self, points: list[Question], lists: list[tuple[int, str]], who: list[tuple[str, int]], put: Questions
    ) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        asked = put.targets
        rights: set[tuple[bool, int, str, int]] = set()
        for question in points:
            rights |= self.on(question.action, asked[question.thing])
        for action, thing in who:
            rights |= self.on(action, asked[thing])
        for person, action in lists:
            rights |= self.everywhere(person, action)
        rights |= set(self.single())
        first, last = self._ends(Person)
        of_platform = Action.objects.filter(type__console=False)
        return {
            "people": [first, last + 1],
            "inactive": list(Person.objects.exclude(state="active").values_list("pk", flat=True)),
            "groups": sorted(self.group_of.values()),
            "members": sorted(self.members()),
            "permissions": [code(key) for key in of_platform.values_list("key", flat=True)],
            "things": [self._ends(Resource)[0], self._ends(Resource)[1] + 1],
            "rights_of_people": sorted((who, name, thing) for mine, who, name, thing in rights if mine),
            "rights_of_groups": sorted((who, name, thing) for mine, who, name, thing in rights if not mine),
            "points": [(one.person, code(one.action), one.thing) for one in points],
            "lists": [(person, code(action)) for person, action in lists],
            "who": [(code(action), thing) for action, thing in who],
        }  # fmt: skip

    def _ends(self, model: Any) -> tuple[int, int]:
        found = model._default_manager.aggregate(first=Min("pk"), last=Max("pk"))
        return found["first"], found["last"]

    def holder(self, principal: int) -> tuple[bool, int]:
        person = self.person_of.get(principal)
        return (True, person) if person is not None else (False, self.group_of[principal])

    def on(self, action: str, target: Any) -> Iterable[tuple[bool, int, str, int]]:
        """Return the rights to one thing by roles."""
        roles = self.model.granting[action]
        covering = (
            {pk for pk, scope in self.scopes.items() if self.model.covers(scope, target)} if target.exists else set()
        )
        return {
            (*self.holder(principal), code(action), target.id)
            for principal, role, scope in self.grants
            if role in roles and scope in covering
        }

    def everywhere(self, person: int, action: str) -> Iterable[tuple[bool, int, str, int]]:
        """Return the rights to all things by the roles that reach one person."""
        subject = facts.snapshot(person, self.at).subject
        reached = {subject.principal}.union(
            *(self.model.chain(one.principal) for one in subject.memberships if one.window.covers(self.at))
        )
        roles, type_ = self.model.granting[action], action.partition(".")[0]
        mine = [grant for grant in self.grants if grant[0] in reached and grant[1] in roles]
        found = set()
        for principal, _role, scope in mine:
            rows = Resource.objects.filter(type__key=type_, archived_at=None)
            for dimension, node in self.scopes[scope].terms:
                column = "owner_team" if dimension == "team" else dimension
                rows = rows.filter(**{f"{column}__in": self.model.below(dimension, node)})
            found |= {(*self.holder(principal), code(action), pk) for pk in rows.values_list("pk", flat=True)}
        return found

    def single(self) -> Iterator[tuple[bool, int, str, int]]:
        """Yield every grant on one thing, with what it implies, for each holder."""
        implied = {
            action: [key for key, by in self.model.implied_by.items() if action in by] for action in self.model.implies
        }
        kept = Resource.objects.filter(archived_at=None)
        for model, mine, holder in ((PersonObjectGrant, True, "user_id"), (GroupObjectGrant, False, "group_id")):
            rows = model.objects.in_force(self.at).filter(content_object__in=kept)
            for who, action, thing in rows.values_list(
                holder, "permission__catalogue_action__key", "content_object_id"
            ):
                for key in implied[action]:
                    yield mine, who, code(key), thing

    def members(self) -> set[tuple[int, int]]:
        """Return (person, group) for each team that a person is in and each above it."""
        rows = Membership.objects.in_force(self.at).values_list("person_id", "principal_id")
        return {(person, self.group_of[above]) for person, team in rows for above in self.model.chain(team)}
