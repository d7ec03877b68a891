"""Installing the starter pack, and making the first administrator of an instance that has none."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from accounts.models import Person
from audits.trail.record import System, record
from audits.trail.tags import Tag
from cxaccess.jobs import stamps
from cxaccess.lib.errors import Refused
from cxaccess.lib.models import Source
from permissions import giving
from permissions.grants.scopes import intern
from permissions.guards import use_case
from permissions.models import Role, RoleGrant
from permissions.roles import rows
from permissions.roles.rows import Contents
from permissions.roles.services import create_role
from permissions.starter.pack import ADMINISTRATOR, PACK, RoleRow

SETUP = System("setup")
CLOCKS = timedelta(hours=1)  # the moment of a rival who came first may lie after ours
FIRST = "First administrator of this console"


@use_case
def install(actor: Person, *, at: datetime) -> list[Role]:
    """Make the roles of the starter pack that are missing, by key or by name, and return those.

    What is there stays as it is, so it may run at any time. Raises NotAllowed, NotVisible.
    """
    made = {row.key: _made(actor, row, at) for row in PACK if not _taken(row)}
    if made:
        details = {"roles": sorted(role.pk for role in made.values())}
        record(Tag.STARTER_PACK_INSTALLED, actor=actor, at=at, details=details)
    return list(made.values())


@use_case
def bootstrap(person: Person, *, at: datetime) -> RoleGrant:
    """Make `person` the administrator of an instance that has no lasting one; the only door without an actor.

    `person` must be active and claimed. Of rivals exactly one gets through. Raises Refused.
    """
    giving.lock_administration()
    if giving.lasting_administrators(at=at + CLOCKS).exists():
        raise Refused(_("This console already has an administrator. Ask them for access."))
    role = Role.objects.filter(key=ADMINISTRATOR.key).first() or _administrator(at)
    grant = RoleGrant.objects.create(
        principal=person.principal, role=role, scope=intern({}), starts_at=at, given_at=at, source=Source.SETUP,
        reason=FIRST,
    )  # fmt: skip
    stamps.bump(person.principal_id)
    details = {"principal": person.principal_id, "role": role.pk, "scope": grant.scope_id, "why": FIRST}
    record(Tag.GRANT_GIVEN, actor=SETUP, at=at, obj=grant, about=person, details=details)
    giving.require_administrator(at=at)
    return grant


def _taken(row: RoleRow) -> bool:
    return Role.objects.filter(key=row.key).exists() or Role.objects.filter(name__iexact=row.name).exists()


def _made(actor: Person, row: RoleRow, at: datetime) -> Role:
    return create_role(
        actor,
        name=row.name,
        purpose=row.purpose,
        owner=actor,
        risk=row.risk,
        actions=row.actions,
        includes=Role.objects.filter(key__in=row.includes, retired_at=None),
        note=_("From the starter pack"),
        at=at,
        key=row.key,
    )


def _administrator(at: datetime) -> Role:
    """Make the role before anybody has the authority that `create_role` asks for."""
    row = ADMINISTRATOR
    role = rows.new_role(key=row.key, name=row.name, purpose=row.purpose, owner=None, risk=row.risk, at=at)
    held = Contents(row.actions, frozenset())
    rows.write_version(role, held, actor=None, note=_("Made by set-up"), at=at)
    stamps.bump(stamps.MODEL)
    record(Tag.ROLE_CREATED, actor=SETUP, at=at, obj=role, details={"version": 1, "actions": sorted(row.actions)})
    return role
