"""What about an integration needs a look: tokens that run out, nobody who answers for it, no use for long."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.integrations.selectors import opening
from accounts.models import Integration, IntegrationToken

SOON = timedelta(days=14)
IDLE = timedelta(days=90)


def running_out(at: datetime, within: timedelta = SOON) -> QuerySet[IntegrationToken]:
    """Return the tokens that run out `within` that time and have no successor yet."""
    successor = IntegrationToken.objects.filter(opening(at), replaces=OuterRef("pk"))
    rows = IntegrationToken.objects.filter(opening(at), ~Exists(successor), expires_at__lte=at + within)
    return rows.filter(integration__retired_at=None)


def ending(tokens: Iterable[IntegrationToken], at: datetime) -> list[IntegrationToken]:
    """Return the same of the tokens of one integration, the first to run out first."""
    opens = [one for one in tokens if one.revoked_at is None and one.expires_at > at]
    replaced = {one.replaces_id for one in opens}
    near = [one for one in opens if one.pk not in replaced and one.expires_at <= at + SOON]
    return sorted(near, key=lambda one: one.expires_at)


def with_open_token(at: datetime) -> Exists:
    """Return the condition that an integration has a token that opens."""
    return Exists(IntegrationToken.objects.filter(opening(at), integration=OuterRef("pk")))


def unused(at: datetime) -> Q:
    """Return the condition that an integration stands for long and asked nothing for as long."""
    lately = IntegrationToken.objects.filter(integration=OuterRef("pk"), last_used_at__gt=at - IDLE)
    return Q(~Exists(lately), created_at__lte=at - IDLE)


class Hint(NamedTuple):
    """One thing that needs a look: how grave, what, what to do about it, and where (may be empty)."""

    tone: str
    title: str
    text: str
    action: str = ""
    url: str = ""


def hints(
    row: Integration, tokens: Sequence[IntegrationToken], *, asks: bool, at: datetime, may_edit: bool, may_issue: bool
) -> list[Hint]:
    """Return what needs a look of one integration in use; `asks`: it may ask something. `tokens` are all of its."""
    found = _of_tokens(row, tokens, asks, at, may_issue)
    if row.owner_id is None:
        title, text = _("Nobody answers for it."), _("Administrators are told before its tokens run out.")
        edit = reverse("integrations:edit", args=[row.pk]) if may_edit else ""
        found.append(Hint("warn", title, text, _("Name an owner") if edit else "", edit))
    last = max((one.last_used_at for one in tokens if one.last_used_at), default=None)
    if row.created_at <= at - IDLE and (last is None or last <= at - IDLE):
        text = _("If the system is gone, retire it: what nobody uses, nobody misses when it leaks.")
        found.append(Hint("warn", _("It asked nothing for 90 days."), text))
    return found


def _of_tokens(
    row: Integration, tokens: Sequence[IntegrationToken], asks: bool, at: datetime, may_issue: bool
) -> list[Hint]:
    opens = [one for one in tokens if one.revoked_at is None and one.expires_at > at]
    if not opens:
        return [_without(row, asks, may_issue)] if tokens or asks else []
    found = []
    for one in ending(tokens, at):
        title = _("%(prefix)s… runs out soon.") % {"prefix": one.prefix}
        text = _("Rotate it and put the new one where the system reads it: both are open meanwhile, so nothing stops.")
        url = reverse("integrations:rotate", args=[one.pk]) if may_issue else ""
        found.append(Hint("warn", title, text, _("Rotate it") if url else "", url))
    for one in opens:
        follower = next((other for other in opens if other.replaces_id == one.pk), None)
        if follower is not None and one.last_used_at is not None and follower.last_used_at is None:
            title = _("The system still reads %(prefix)s….") % {"prefix": one.prefix}
            told = {"prefix": follower.prefix}
            text = _("%(prefix)s… was made in its place and was never used. The old one will run out.") % told
            found.append(Hint("warn", title, text))
    return found


def _without(row: Integration, asks: bool, may_issue: bool) -> Hint:
    text = _("It cannot ask until it has one.") if asks else _("It may ask nothing yet either.")
    url = reverse("integrations:issue", args=[row.pk]) if may_issue else ""
    return Hint("warn", _("No token of it is open."), text, _("Make a token") if url else "", url)
