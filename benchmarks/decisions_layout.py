"""An instance's grants worked out to single rows: (holder, permission, thing), as guardian and Django store them."""

from datetime import datetime
from typing import Any

from permissions import facts
from permissions.engine import allows
from permissions.engine.types import Grant, Subject


def code(action: str) -> str:
    """Return a permission's codename."""
    return action.replace(".", "_")


def laid_out(
    people: list[int], targets: dict[int, Any], at: datetime, only: frozenset[str] | set[str] = frozenset()
) -> dict[str, Any]:
    """Return what guardian and Django need to know; of permissions `only` those, if any are named."""
    model = facts.model(at)
    found = {person: facts.snapshot(person, at).subject for person in people}
    holders = {subject.principal: person for person, subject in found.items()}
    members, rights, live = set(), set(), {}
    for person, subject in found.items():
        for membership in subject.memberships:
            if membership.window.covers(at):
                members |= {(person, principal) for principal in model.chain(membership.principal)}
        live |= {grant.id: grant for grant in subject.grants if grant.window.covers(at)}
    for grant in live.values():
        alone = Subject(0, -1, "active", (), (Grant(grant.id, -1, grant.role, grant.scope, grant.window),))
        holder = holders.get(grant.principal, grant.principal)
        for action in model.holding.get(grant.role, frozenset()) & (only or model.implies.keys()):
            rights |= {
                (holder, grant.principal in holders, code(action), pk)
                for pk, target in targets.items()
                if allows(model, alone, action, target, at)
            }
    groups = sorted({group for _person, group in members} | {row[0] for row in rights if not row[1]})
    return {
        "people": sorted(people), "groups": groups, "members": sorted(members), "things": sorted(targets),
        "actions": [code(action) for action in sorted(model.implies)], "rights": sorted(rights),
        "model_rights": sorted({(holder, action) for holder, person, action, _pk in rights if not person}),
    }  # fmt: skip
