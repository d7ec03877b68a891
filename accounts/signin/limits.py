"""How often one may try. Kept in the database, so that the limits hold with every cache away and in every process.

A try is counted before it is judged: a hundred at once are counted one by one. What succeeds is taken back.
"""

import hashlib
import ipaddress
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Throttle
from cxaccess.lib.errors import Refused

NETWORK = 64  # bits of an IPv6 address that one household or machine commonly has to itself


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` tries within `within`, of which the first starts the clock."""

    name: str
    most: int
    within: timedelta


PAIR = Limit("sign-in.pair", 5, timedelta(minutes=15))  # one mail from one address
MAIL = Limit("sign-in.mail", 25, timedelta(minutes=15))  # one mail from anywhere: guessing by many machines
ADDRESS = Limit("sign-in.address", 60, timedelta(minutes=15))  # one address at any mail: an office shares one
RESET_MAIL = Limit("reset.mail", 3, timedelta(hours=1))
RESET_ADDRESS = Limit("reset.address", 20, timedelta(hours=1))
CONFIRM = Limit("confirm.person", 8, timedelta(minutes=15))
SET_UP = Limit("set-up.address", 10, timedelta(minutes=15))
SET_UP_ALL = Limit("set-up.all", 100, timedelta(hours=1))

Tried = tuple[Limit, str]


class TooMany(Refused):
    """The limit is reached; nothing was judged."""

    status = 429

    def __init__(self, until: datetime, at: datetime) -> None:
        minutes = max(1, -(-int((until - at).total_seconds()) // 60))
        wait = ngettext("Wait %(n)d minute.", "Wait %(n)d minutes.", minutes) % {"n": minutes}
        super().__init__(_("Too many tries. %(wait)s") % {"wait": wait})


def folded(mail: str) -> str:
    """Return one spelling for all the ways to write a mail: no case, no accents, no width, no spaces.

    >>> folded(" Máya@Kestrel.example") == folded("MAYA@kestrel.example")
    True
    """
    plain = unicodedata.normalize("NFKD", mail)
    return "".join(sign for sign in plain if not unicodedata.combining(sign) and not sign.isspace()).casefold()


def network(address: str | None) -> str:
    """Return what stands for `address`: itself, or the /64 of an IPv6 address, which one machine can fill."""
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return ""
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return str(ipaddress.IPv6Network((int(found), NETWORK), strict=False).network_address)
    return str(found)


def sign_in(mail: str, address: str | None) -> tuple[Tried, ...]:
    """Return the limits that a password sign-in counts against."""
    who, where = folded(mail), network(address)
    return (PAIR, f"{who} {where}"), (MAIL, who), (ADDRESS, where)


def reset(mail: str, address: str | None) -> tuple[Tried, ...]:
    """Return the limits that asking for a new password counts against."""
    return (RESET_MAIL, folded(mail)), (RESET_ADDRESS, network(address))


def consume(tries: Iterable[Tried], *, at: datetime) -> None:
    """Count one try against each limit. Raises TooMany, with nothing counted, where one is reached."""
    with transaction.atomic():
        for limit, key in tries:
            _count(limit, key, at)


def give_back(tries: Iterable[Tried]) -> None:
    """Take back one try from each limit: it turned out well."""
    for limit, key in tries:
        Throttle.objects.filter(key=_digest(limit, key), count__gt=0).update(count=F("count") - 1)


def clear(tries: Iterable[Tried]) -> None:
    """Forget what was tried: somebody proved by mail who they are."""
    Throttle.objects.filter(key__in=[_digest(limit, key) for limit, key in tries]).delete()


def tidy(at: datetime) -> int:
    """Delete what no longer limits anybody; return how many rows."""
    return Throttle.objects.filter(resets_at__lte=at).delete()[0]


def _count(limit: Limit, key: str, at: datetime) -> None:
    digest, ends = _digest(limit, key), at + limit.within
    Throttle.objects.bulk_create([Throttle(key=digest, resets_at=ends)], ignore_conflicts=True)
    row = Throttle.objects.filter(key=digest)
    if row.filter(resets_at__gt=at, count__lt=limit.most).update(count=F("count") + 1):
        return
    if row.filter(resets_at__lte=at).update(count=1, resets_at=ends):
        return
    raise TooMany(row.values_list("resets_at", flat=True).first() or ends, at)


def _digest(limit: Limit, key: str) -> str:
    return hashlib.sha256(f"{limit.name}\n{key}".encode()).hexdigest()
