"""What else happened at Kestrel Home over the year: people moved, signed in, asked, and were refused."""

from datetime import datetime, timedelta

from accounts.models import Person, PersonState
from audits.trail.record import System
from audits.trail.tags import Tag
from cxaccess.demo.plan import SETUP, Hire
from cxaccess.demo.town import LOADER, Town
from permissions.engine import Reason

SIGN_IN = System("sign-in")
SIGN_IN_DAYS = 14
REFUSED = (
    ("person.edit", "person"), ("person.suspend", "person"), ("role.edit", "role"), ("role.retire", "role"),
    ("trail.view", "trail"), ("settings.edit", "settings"), ("person.export", "person"),
)  # fmt: skip


def happenings(town: Town) -> None:
    """Tell all of it."""
    _setup(town)
    _changes(town)
    _visits(town)
    _refusals(town)
    _questions(town)


def _setup(town: Town) -> None:
    priya = town.named("Priya Raman").person
    town.tell(Tag.INSTANCE_SET_UP, actor=LOADER, at=town.clock.ago(SETUP))
    pack = {
        "roles": sorted(role.pk for key, role in town.roles.items() if key in ("support-agent", "analyst", "manager"))
    }
    town.tell(Tag.STARTER_PACK_INSTALLED, actor=priya, at=town.clock.ago(SETUP - 2), details=pack)
    for code, node in town.nodes.items():
        if node.kind in ("region", "department") and code != "global":
            changes = {"name": ("", node.name), "parent": (None, node.parent_id)}
            town.tell(Tag.NODE_CREATED, actor=priya, at=town.clock.ago(SETUP - 1), obj=node, changes=changes)
    named = {"instance.name": ("CX Access", "Kestrel Home")}
    town.tell(Tag.SETTING_CHANGED, actor=priya, at=town.clock.ago(SETUP - 1), changes=named)


def _changes(town: Town) -> None:
    """Who moved, left, is away or was suspended."""
    priya = town.named("Priya Raman").person
    for one in town.staff:
        if one.moved and one.moved_from:
            old, department, _team = one.moved_from
            changes = {"region": (town.nodes[old].pk, one.person.region_id)}
            if department != one.department:
                changes["department"] = (town.nodes[department].pk, one.person.department_id)
            town.tell(Tag.PERSON_EDITED, actor=priya, at=one.moved, obj=one.person, about=one.person, changes=changes)
        if one.gone:
            _gone(town, one, priya, one.gone)
    for team in town.teams.values():
        if town.rng.random() < 0.2:
            changes_ = {"purpose": ("", team.purpose)}
            town.tell(
                Tag.TEAM_EDITED, actor=priya, at=town.clock.ago(town.rng.randint(30, 300)), obj=team, changes=changes_
            )


def _gone(town: Town, one: Hire, actor: Person, at: datetime) -> None:
    suspended = one.state == PersonState.SUSPENDED
    tag = Tag.PERSON_SUSPENDED if suspended else Tag.PERSON_EDITED
    details = {"reason": "Signed in from two continents within an hour"} if suspended else None
    changes = {"state": (PersonState.ACTIVE.value, str(one.state))}
    town.tell(tag, actor=actor, at=at, obj=one.person, about=one.person, changes=changes, details=details)


def _visits(town: Town) -> None:
    """Signing in over the last two weeks, mostly on working days; now and then with a wrong password first."""
    people = [one for one in town.staff if one.claimed and one.state == PersonState.ACTIVE]
    for one in people:
        if one.since > town.at - timedelta(days=300):
            told = {"method": "single sign-on"}
            town.tell(
                Tag.PERSON_CLAIMED, actor=one.person, at=one.known, obj=one.person, about=one.person, details=told
            )
    for days in range(SIGN_IN_DAYS, -1, -1):
        working = (town.at - timedelta(days=days)).weekday() < 5
        for one in town.rng.sample(people, 26 if working else 4):
            moment = town.clock.ago(days)
            if moment < one.known:
                continue
            if town.rng.random() < 0.07:
                wrong = {"cause": "password", "count": 1}
                town.tell(Tag.SIGN_IN_FAILED, actor=SIGN_IN, at=moment, about=one.person, details=wrong)
            town.tell(Tag.SIGN_IN, actor=one.person, at=moment, obj=one.person, about=one.person,
                      details={"method": "password", "factor": one.lead})  # fmt: skip
            one.person.last_login = max(moment, one.person.last_login or moment)
    Person.objects.bulk_update([one.person for one in people], ["last_login"])


def _refusals(town: Town) -> None:
    people = [one for one in town.staff if one.team.startswith("care") and not one.lead and one.claimed]
    active = [one for one in people if one.state == PersonState.ACTIVE and one.known < town.at - timedelta(days=60)]
    for one in town.rng.sample(active, 22):
        action, type_ = town.rng.choice(REFUSED)
        at = town.clock.ago(town.rng.randint(0, 50))
        target = {"person": town.rng.choice(active).person.pk, "role": town.roles["manager"].pk}.get(type_)
        asked = {"action": action, "target": [type_, target]}
        decision = {"allowed": False, "reason": Reason.NO_GRANT.value, "grants": [], **asked}
        town.tell(Tag.ACCESS_REFUSED, actor=one.person, at=at, about=one.person, decision=decision)


def _questions(town: Town) -> None:
    otto, priya = town.named("Otto Lang").person, town.named("Priya Raman").person
    for days in (61, 33, 20, 9, 4, 1):
        asked = town.rng.choice(town.staff).person
        town.tell(Tag.ACCESS_CHECKED, actor=otto if days % 2 else priya, at=town.clock.ago(days), about=asked)
    for days, rows in ((95, 2104), (32, 388), (4, 127)):
        kept = {"list": "trail", "rows": rows, "filters": {}}
        town.tell(Tag.ACCESS_EXPORTED, actor=otto, at=town.clock.ago(days), details=kept)
