"""What Kestrel Home limits beyond roles: one policy enforced, one recorded, one still a draft."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from accounts.models import Group, Person
from audits.trail.tags import Tag
from cxaccess.demo import groups
from cxaccess.demo.company import TEAMS, GroupRow
from cxaccess.demo.plan import PARENT
from cxaccess.demo.town import Town
from permissions.models import Policy, PolicyEffect, PolicyStage, PolicyState, PolicyVersion
from permissions.policies import wording
from permissions.policies.wording import Wording

PLACES: dict[str, list[Any]] = {"roles": [], "teams": [], "groups": []}
OFFICE = {"from": "07:00", "until": "19:00", "zone": "Europe/Berlin"}
WEEK = {"days": [1, 2, 3, 4, 5], "zone": "Europe/Berlin"}


class Row(NamedTuple):
    """One policy: written so many days ago; `stages` with when each began, the last of them standing."""

    name: str
    purpose: str
    owner: Person | None
    days: int
    says: Wording
    note: str
    stages: tuple[tuple[PolicyStage, int, str], ...] = ()


def policies(town: Town) -> None:
    """Write them and tell of each."""
    priya = town.named("Priya Raman").person
    for row in _rows(town, groups.later(town, _managers())):
        _write(town, row, priya)


def _managers() -> GroupRow:
    titles = tuple(sorted({row.lead for row in TEAMS if row.lead and _in_emea(row.region)}))
    return GroupRow(
        "EMEA managers", "Whoever leads a team in EMEA", "Rosa Lind", "emea", 25, title=titles, within=("emea",)
    )


def _in_emea(code: str) -> bool:
    return code == "emea" or (code in PARENT and _in_emea(PARENT[code]))


def _rows(town: Town, managers: Group) -> Iterator[Row]:
    leads = {"any": [_title("starts_with", "Team lead care"), _title("starts_with", "Head of customer care")]}
    mask = {"kind": "mask", "fields": [], "data_classes": ["phone"], "unless": leads}
    whom, audit = {**PLACES, "groups": [managers.pk]}, town.lead("audit")
    yield Row(
        "Phone numbers for care leads", "Agents answer in writing. Whoever calls back leads a team.",
        audit.person if audit else None, 96,
        _says({"types": ["ticket", "profile"]}, None, [mask]), "Agreed with the works council",
        ((PolicyStage.RECORDING, 90, ""), (PolicyStage.ENFORCED, 74, "Recorded for two weeks, nobody was stopped")),
    )  # fmt: skip
    here = {"attribute": "resource.region", "operator": "within", "value": [town.nodes["emea"].pk]}
    yield Row(
        "EMEA managers see EMEA", "They answer for EMEA and need no feedback of elsewhere.",
        town.named("Rosa Lind").person, 19,
        _says({"types": ["feedback"]}, here, [], whom), "First version", ((PolicyStage.RECORDING, 12, ""),),
    )  # fmt: skip
    agents = {"not": _title("one_of", ["Support agent", "Senior support agent"])}
    hours = [{"attribute": "context.at", "operator": "weekday", "value": WEEK},
             {"attribute": "context.at", "operator": "hours", "value": OFFICE}]  # fmt: skip
    yield Row(
        "Exports in office hours", "Agents take data out while somebody is there to ask why.",
        town.named("Grace Mbeki").person, 2,
        _says({"permissions": ["ticket.export", "profile.export", "feedback.export"]},
              {"any": [agents, {"all": hours}]}, [{"kind": "reason"}]), "To be talked over with the night shift",
    )  # fmt: skip


def _title(operator: str, value: Any) -> dict[str, Any]:
    return {"attribute": "subject.title", "operator": operator, "value": value}


def _says(about: dict[str, Any], condition: Any, owed: list[Any], whom: dict[str, Any] | None = None) -> Wording:
    targets = {"permissions": [], "types": [], **(whom or PLACES), **about}
    return Wording(PolicyEffect.ONLY.value, targets, condition, owed)


def _write(town: Town, row: Row, priya: Person) -> None:
    at = town.clock.ago(row.days)
    policy = Policy.objects.create(name=row.name, purpose=row.purpose, owner=row.owner, created_at=at)
    says = wording.checked(row.says, at=town.at)
    version = PolicyVersion.objects.create(
        policy=policy, number=1, effect=says.effect, targets=says.targets, condition=says.condition,
        obligations=says.obligations, made_by=priya, at=at, note=row.note,
    )  # fmt: skip
    policy.current = version
    policy.save(update_fields=["current"])
    told = {"version": version.number, "effect": version.effect, "note": version.note}
    town.tell(Tag.POLICY_CREATED, actor=priya, at=at, obj=policy, details=told)
    _stages(town, row, version, priya, told)


def _stages(town: Town, row: Row, version: PolicyVersion, priya: Person, told: dict[str, Any]) -> None:
    before: PolicyState | None = None
    for stage, days, why in row.stages:
        begins: datetime = town.clock.ago(days)
        if before is not None:
            before.until, before.ended_by = begins, priya
            before.save(update_fields=["until", "ended_by"])
        before = PolicyState.objects.create(
            policy=version.policy, version=version, stage=stage, starts_at=begins, begun_by=priya, reason=why
        )
        if stage == PolicyStage.ENFORCED:
            details = told | {"reason": why, "instead_of": []}
            town.tell(Tag.POLICY_ENFORCED, actor=priya, at=begins, obj=version.policy, details=details)
        else:
            town.tell(Tag.POLICY_RECORDED, actor=priya, at=begins, obj=version.policy, details=told)
