"""Writes the demo's roles with their versions, its resources and scopes."""

from datetime import datetime

from accounts.models import Person
from audits.trail.record import Actor
from audits.trail.tags import Tag
from cxaccess.demo.company import EARLIER, LATER, ROLES, RoleVersionRow
from cxaccess.demo.plan import SETUP
from cxaccess.demo.town import LOADER, Town
from cxaccess.lib.models import Risk
from permissions.grants.scopes import intern
from permissions.models import Role, Scope
from permissions.roles import rows
from permissions.roles.rows import Contents
from permissions.starter.pack import PACK

OWNERS = {"support-agent": "care-emea", "analyst": "insights", "manager": "care-emea", "administrator": "access"}


def roles(town: Town) -> None:
    """Write the starter pack as it was installed and grew, then the roles Kestrel Home made itself."""
    priya = town.named("Priya Raman").person
    for row in PACK:
        first = EARLIER.get(row.key)
        setup = row.key == "administrator"
        began = town.clock.ago(SETUP) if setup else town.clock.ago(SETUP - 2)
        actor: Actor = LOADER if setup else priya
        role = _role(town, row.key, row.name, row.purpose, row.risk, began)
        if first is not None:
            _version(town, role, first, began, actor)
            days, note = LATER[row.key]
            latest = RoleVersionRow(days, " ".join(sorted(row.actions)), row.includes, note)
            _version(town, role, latest, town.clock.ago(days), priya)
        else:
            only = RoleVersionRow(SETUP, " ".join(sorted(row.actions)), row.includes, "From the starter pack")
            _version(town, role, only, began, actor)
    for own in ROLES:
        role = _role(town, own.key, own.name, own.purpose, own.risk, town.clock.ago(own.versions[0].days))
        for version in own.versions:
            _version(town, role, version, max(town.clock.ago(version.days), role.created_at), priya)


def _role(town: Town, key: str, name: str, purpose: str, risk: Risk, at: datetime) -> Role:
    owner_team = next((own.owner for own in ROLES if own.key == key), OWNERS.get(key, ""))
    lead = town.lead(owner_team)
    role = rows.new_role(key=key, name=name, purpose=purpose, owner=lead.person if lead else None, risk=risk, at=at)
    town.roles[key] = role
    return role


def _version(town: Town, role: Role, row: RoleVersionRow, at: datetime, actor: Actor) -> None:
    before = rows.contents(role.current)
    included = [town.roles[key] for key in row.includes]
    held = Contents(frozenset(row.actions.split()), frozenset(inner.pk for inner in included))
    by = actor if isinstance(actor, Person) else None
    made = rows.write_version(role, held, actor=by, note=row.note, at=at)
    kept = {
        "version": made.number,
        "note": row.note,
        "actions": sorted(held.actions),
        "includes": sorted(held.includes),
    }
    if made.number == 1:
        town.tell(Tag.ROLE_CREATED, actor=actor, at=at, obj=role, details=kept)
        return
    changed = {"actions": (sorted(before.actions - held.actions), sorted(held.actions - before.actions))}
    town.tell(Tag.ROLE_VERSIONED, actor=actor, at=at, obj=role, changes=changed, details=kept)


def scope(town: Town, **places: str) -> Scope:
    """Return the scope of those places (dimension=code); none is everywhere. Made once."""
    key = tuple(sorted(places.items()))
    if key in town.scopes:
        return town.scopes[key]
    terms = {name: town.teams[code].pk if name == "team" else town.nodes[code].pk for name, code in key}
    town.scopes[key] = intern(terms)
    return town.scopes[key]
