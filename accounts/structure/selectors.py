"""Reads of the organisation's trees."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, Q, QuerySet
from django.utils.translation import ngettext

from accounts.groups.rules import standing
from accounts.models import Group, Node, NodeKind, Person, PersonDimension, PersonState
from cxaccess.lib.conditions import named_in
from permissions.models import Resource, RoleGrant


def users_of(node: Node, *, at: datetime) -> list[str]:
    """Return, in words, whoever and whatever still depends on the place at `at`, or later."""
    children = Node.objects.filter(parent=node, archived_at=None).count()
    people = 0
    if node.kind in (NodeKind.REGION, NodeKind.DEPARTMENT):
        people = Person.objects.filter(**{node.kind: node.pk}).exclude(state=PersonState.LEFT).count()
    things = Resource.objects.filter(Q(**{node.kind: node.pk}), archived_at=None)
    teams = things.filter(type__key="team").count()
    others = things.exclude(type__key="team").count()
    scoped = RoleGrant.objects.not_over(at).filter(
        scope__terms__dimension=node.kind, scope__terms__ref_id=node.pk
    )  # fmt: skip
    grants = scoped.count()
    answering = PersonDimension.objects.not_over(at).filter(node=node).values("person").distinct().count()
    rules = len(groups_naming(node))
    counted = [
        (children, ngettext("%(n)d place under it", "%(n)d places under it", children)),
        (people, ngettext("%(n)d person", "%(n)d people", people)),
        (answering, ngettext("%(n)d person answers for it", "%(n)d people answer for it", answering)),
        (rules, ngettext("%(n)d rule of a group names it", "%(n)d rules of groups name it", rules)),
        (teams, ngettext("%(n)d team", "%(n)d teams", teams)),
        (others, ngettext("%(n)d resource", "%(n)d resources", others)),
        (grants, ngettext("%(n)d grant within it", "%(n)d grants within it", grants)),
    ]
    return [words % {"n": n} for n, words in counted if n]


def groups_naming(node: Node) -> list[Group]:
    """Return the groups whose rules name the place itself."""
    found = [each for each in standing() if each.rule is not None]
    return [
        each.group
        for each in found
        if each.rule is not None and node.pk in named_in(each.rule.condition, each.rule.known).get(node.kind, ())
    ]


def people_filter(kind: str) -> str:
    """Return which filter of the list of people keeps those of a place of `kind`."""
    return kind if kind in (NodeKind.REGION, NodeKind.DEPARTMENT) else "answers"


@dataclass(slots=True)
class Branch:
    """One place with all below it. Counts take in everything below; `people` are those who have not left."""

    node: Node
    people: int = 0
    teams: int = 0
    children: list["Branch"] = field(default_factory=list)
    editable: bool = False

    @property
    def kind(self) -> tuple[bool, bool]:
        """Return what its drawing depends on, but for the values that stand in it."""
        return bool(self.children), self.editable

    @property
    def people_said(self) -> str:
        """Return how many people there are, in words."""
        return ngettext("%(n)s person", "%(n)s people", self.people) % {"n": self.people}

    @property
    def teams_said(self) -> str:
        """Return how many teams there are, in words."""
        return ngettext("%(n)s team", "%(n)s teams", self.teams) % {"n": self.teams}


def forest(nodes: QuerySet[Node], *, counted: bool = True) -> list[Branch]:
    """Return `nodes` as trees; a place whose parent is not among them is a root. Three queries, or one."""
    rows = list(nodes.order_by("kind", "lft"))
    branches = {node.pk: Branch(node) for node in rows}
    for kind in {node.kind for node in rows} if counted else ():
        _count(branches, kind)
    roots = []
    for node in reversed(rows):
        branch, above = branches[node.pk], branches.get(node.parent_id or 0)
        branch.children.reverse()
        if above is None:
            roots.append(branch)
            continue
        above.children.append(branch)
        above.people += branch.people
        above.teams += branch.teams
    return roots[::-1]


def walk(branches: Iterable[Branch]) -> Iterator[tuple[Branch, bool]]:
    """Yield (branch, whether it begins) for each place, before and after all below it, as a page draws them."""
    stack = [(branch, True) for branch in branches][::-1]
    while stack:
        branch, begins = stack.pop()
        yield branch, begins
        if begins:
            stack.append((branch, False))
            stack.extend((child, True) for child in reversed(branch.children))


def _count(branches: dict[int, Branch], kind: str) -> None:
    """Write how many people and teams stand exactly at each place."""
    if kind in (NodeKind.REGION, NodeKind.DEPARTMENT):
        people = Person.objects.exclude(state=PersonState.LEFT).exclude(**{kind: None})
        for pk, n in people.order_by().values_list(kind).annotate(n=Count("pk")):
            if pk in branches:
                branches[pk].people = n
    else:
        rows = PersonDimension.objects.filter(node__in=list(branches), until=None)
        rows = rows.exclude(person__state=PersonState.LEFT)
        for pk, n in rows.order_by().values_list("node").annotate(n=Count("person", distinct=True)):
            branches[pk].people = n
    teams = Resource.objects.filter(type__key="team", archived_at=None).exclude(**{kind: None})
    for pk, n in teams.order_by().values_list(kind).annotate(n=Count("pk")):
        if pk in branches:
            branches[pk].teams = n


def path_of(node: Node) -> list[Node]:
    """Return the places above `node`, from the root down."""
    above = Node.objects.filter(kind=node.kind, lft__lt=node.lft, rgt__gt=node.rgt)
    return list(above.order_by("lft"))
