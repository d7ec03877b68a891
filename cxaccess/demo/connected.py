"""Which systems ask about the people of Kestrel Home: its helpdesk, and the tool that sends its surveys.

The token of the survey tool is well known, as the passwords of the demo company are; it never loads in production.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from accounts import collectives
from accounts.integrations import selectors, tokens
from accounts.models import Integration, IntegrationGrant, IntegrationToken, PrincipalKind
from audits.trail.tags import Tag
from cxaccess.demo.resources import SYSTEM
from cxaccess.demo.town import Town
from permissions.models import Action, ResourceType

TOKEN = "cxa_kestrel-the-survey-tool-of-the-demo-company-0000000"  # noqa: S105 - well known, as it says above
LASTS = 180  # days


class Row(NamedTuple):
    """One system: what it is for, whose it is, what it may ask about, and its tokens: how old in days, used when."""

    name: str
    purpose: str
    owner: str
    days: int
    asks: tuple[str, ...]
    reports_use: bool
    tokens: tuple[tuple[int, timedelta | None], ...]


SYSTEMS = (
    Row("Helpdesk", "Asks before an agent opens, answers or takes out a case, and masks what it is told to.",
        "Tomás Ferreira", 310, ("ticket.*", "profile.view", "profile.edit"), False,
        ((302, timedelta(days=127)), (128, timedelta(hours=2)))),
    Row("Survey tool", "Asks who may send a survey or read what came back, and tells who read what.",
        "Grace Mbeki", 171, ("survey.*", "feedback.*"), True, ((171, timedelta(days=1)),)),
)  # fmt: skip


def systems(town: Town) -> None:
    """Write them with what they may ask and their tokens, and tell of each."""
    for row in SYSTEMS:
        made = _entered(town, row)
        for asked in row.asks:
            _allowed(town, made, asked)
        _tokens(town, made, row)


def _entered(town: Town, row: Row) -> Integration:
    at, owner = town.clock.ago(row.days), town.named(row.owner).person
    principal, thing = collectives.begin(
        PrincipalKind.INTEGRATION, name=row.name, owner=owner, region=None, department=None, at=at
    )
    thing.object_kind, thing.object_id = "integration", thing.pk
    thing.save(update_fields=["object_kind", "object_id"])
    made = Integration.objects.create(
        resource=thing, principal=principal, purpose=row.purpose, owner=owner, system=SYSTEM,
        reports_use=row.reports_use, created_at=at,
    )  # fmt: skip
    changes = {"name": ("", row.name)}
    town.tell(Tag.INTEGRATION_CREATED, actor=town.named("Priya Raman").person, at=at, obj=made, changes=changes)
    return made


def _allowed(town: Town, made: Integration, asked: str) -> None:
    type_, _dot, name = asked.partition(".")
    priya, at = town.named("Priya Raman").person, made.created_at + timedelta(minutes=4)
    grant = IntegrationGrant.objects.create(
        integration=made, type=ResourceType.objects.get(key=type_), starts_at=at, given_at=at, given_by=priya,
        action=None if name == "*" else Action.objects.get(key=asked),
    )  # fmt: skip
    details = {"grant": grant.pk, "asked": selectors.asked(grant), "reason": ""}
    town.tell(Tag.ASKING_GIVEN, actor=priya, at=at, obj=made, details=details)


def _tokens(town: Town, made: Integration, row: Row) -> None:
    """Write its tokens, each in the place of the one before, which stayed open for two days."""
    priya, before = town.named("Priya Raman").person, None
    for days, used in row.tokens:
        at = max(town.clock.ago(days), made.created_at + timedelta(minutes=9))
        text = TOKEN if row.name == "Survey tool" else tokens.make().text
        one = IntegrationToken.objects.create(
            integration=made, prefix=tokens.prefix(text), digest=tokens.digest(text), created_at=at, created_by=priya,
            expires_at=at + timedelta(days=LASTS), last_used_at=town.at - used if used else None, replaces=before,
        )  # fmt: skip
        details = {"token": one.prefix, "expires_at": one.expires_at.isoformat()}
        if before is None:
            town.tell(Tag.TOKEN_CREATED, actor=priya, at=at, obj=made, details=details)
        else:
            details |= {"instead_of": before.prefix, "old_until": _closed(before, at)}
            town.tell(Tag.TOKEN_ROTATED, actor=priya, at=at, obj=made, details=details)
        before = one


def _closed(token: IntegrationToken, at: datetime) -> str:
    token.expires_at = min(token.expires_at, at + timedelta(days=2))
    token.save(update_fields=["expires_at"])
    return token.expires_at.isoformat()
