"""Birthright rules for tests: written and put in force as people do."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from accounts.models import Group, Membership, Node, Person, Team
from cxaccess.lib import clock
from cxaccess.lib.conditions import read
from cxaccess.lib.models import Source
from permissions.birthrights import rules, services
from permissions.birthrights.gifts import Gift
from permissions.models import Birthright, Role, RoleGrant


def titled(*titles: str) -> dict[str, Any]:
    return {"attribute": "subject.title", "operator": "one_of", "value": list(titles)}


def within(place: Node, key: str = "subject.region") -> dict[str, Any]:
    return {"attribute": key, "operator": "within", "value": [place.pk]}


def gift(what: Role | Team | Group, own: str = "", **terms: Node | Team) -> Gift:
    places = tuple(sorted((name, place.pk) for name, place in terms.items()))
    kind = {Role: "role", Team: "team", Group: "group"}[type(what)]
    return Gift(kind, what.pk, places, own)


def draft(actor: Person, raw: Any, gives: Sequence[Gift], name: str = "Agents of EMEA") -> Birthright:
    return services.create_birthright(
        actor, name=name, purpose="What their job needs", owner=None, condition=read(raw, rules.known()), gives=gives,
        at=clock.now(),
    )  # fmt: skip


def enforce(actor: Person, row: Birthright, at: datetime | None = None) -> Any:
    row.refresh_from_db()
    return services.enforce_birthright(
        actor, birthright=row, row_version=row.row_version, reason="From today", at=at or clock.now()
    )


def in_force(actor: Person, raw: Any, gives: Sequence[Gift], name: str = "Agents of EMEA") -> Birthright:
    row = draft(actor, raw, gives, name)
    enforce(actor, row)
    return row


def reword(actor: Person, row: Birthright, raw: Any, gives: Sequence[Gift]) -> None:
    row.refresh_from_db()
    services.save_version(
        actor, birthright=row, row_version=row.row_version, condition=read(raw, rules.known()), gives=gives,
        note="Anew", at=clock.now(),
    )  # fmt: skip


def retire(actor: Person, row: Birthright) -> Any:
    row.refresh_from_db()
    return services.retire_birthright(
        actor, birthright=row, row_version=row.row_version, reason="Over", at=clock.now()
    )  # fmt: skip


def grants(someone: Person, at: datetime | None = None, source: str = Source.BIRTHRIGHT) -> set[tuple[str, str]]:
    """Return the roles and scopes that somebody holds by birthright (or `source`) at `at`."""
    rows = RoleGrant.objects.in_force(at or clock.now()).filter(principal=someone.principal_id, source=source)
    return set(rows.values_list("role__name", "scope__digest"))


def places(someone: Person, at: datetime | None = None, source: str = Source.BIRTHRIGHT) -> set[str]:
    """Return the teams and groups that somebody is in by birthright (or `source`) at `at`."""
    rows = Membership.objects.in_force(at or clock.now()).filter(person=someone, source=source)
    return set(rows.values_list("principal__label", flat=True))
