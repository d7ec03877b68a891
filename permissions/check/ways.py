"""Paths as people read them: each step a name and a link, with where, until when, who gave it and why."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Membership, Principal, PrincipalKind
from cxaccess.lib.models import Source
from permissions.birthrights.reasons import Because
from permissions.check.names import AnyGrant, Names
from permissions.engine import NearMiss, Path, Reason
from permissions.models import RoleGrant

SOON_DAYS = 14
MISSING: dict[Reason, str | Promise] = {
    Reason.OUT_OF_SCOPE: gettext_lazy("Reaches elsewhere"),
    Reason.OVER: gettext_lazy("Is over"),
    Reason.NOT_YET: gettext_lazy("Has not begun"),
    Reason.NOT_ACTIVE: gettext_lazy("Waits until they are active"),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step: `word` says how it follows from the one before ("team", "includes"), `note` what it is."""

    icon: str
    label: str
    url: str = ""
    word: str = ""
    code: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Way:
    """One path from the person to the permission; `missing` says what keeps it from allowing, and `when`."""

    path: Path
    steps: tuple[Step, ...]
    where: str
    grant: AnyGrant
    grant_url: str
    membership: Membership | None
    missing: str = ""
    when: datetime | None = None
    rules: tuple[Because, ...] = ()  # the birthright rules that gave the membership, the grant or both

    @property
    def until(self) -> datetime | None:
        """Return when it ends: with the grant or with the membership, whichever is first."""
        ends = [self.grant.until, self.membership.until if self.membership else None]
        return min((end for end in ends if end is not None), default=None)

    @property
    def since(self) -> datetime:
        """Return from when on it holds."""
        starts = [self.grant.starts_at, *([self.membership.starts_at] if self.membership else [])]
        return max(starts)

    def ends_soon(self, at: datetime) -> bool:
        """Return whether it ends within a fortnight of `at`."""
        return self.until is not None and at < self.until and (self.until - at).days < SOON_DAYS


def way(path: Path, names: Names, miss: NearMiss | None = None, at: datetime | None = None) -> Way:
    """Return `path` in words; `miss` is what it lacked at `at`, if anything."""
    return Way(
        path=path,
        steps=tuple(_steps(path, names)),
        where=names.where(path.grant),
        grant=names.grants[path.grant.key],
        grant_url=names.grant_url(path.grant),
        membership=names.memberships[path.membership.id] if path.membership else None,
        missing=str(MISSING[miss.reason]) if miss else "",
        when=_turning(miss, at) if miss and at else None,
        rules=tuple(_rules(path, names)),
    )


def _rules(path: Path, names: Names) -> Iterator[Because]:
    rows = [names.memberships[path.membership.id]] if path.membership else []
    for row in (*rows, names.grants[path.grant.key]):
        if isinstance(row, Membership | RoleGrant) and row in names.because:
            yield names.because[row]


def ways(paths: Iterable[Path], names: Names) -> list[Way]:
    """Return paths that allow, in words."""
    return [way(path, names) for path in paths]


def _turning(miss: NearMiss, at: datetime) -> datetime | None:
    """Return when it ended, or when it starts."""
    windows = [miss.path.grant.window, *([miss.path.membership.window] if miss.path.membership else [])]
    if miss.reason is Reason.OVER:
        return min(
            (
                window.until
                for window in windows
                if window.until is not None and window.until <= max(at, window.starts_at)
            ),
            default=None,
        )
    if miss.reason is Reason.NOT_YET:
        return max(window.starts_at for window in windows)
    return None


def _joined(row: Principal, url: str, membership: Membership) -> Step:
    """Return the step into a team or a group, which says since when and whether a rule put the person there."""
    day = {"day": date_format(membership.starts_at, "j M Y")}
    born = membership.source == Source.BIRTHRIGHT
    if row.kind != PrincipalKind.GROUP:
        note = _("Team by birthright, since %(day)s") if born else _("Team, since %(day)s")
        return Step("team", row.label, url, _("team"), note=note % day)
    by_rule = membership.source == Source.RULE
    note = _("Group by rule, since %(day)s") if by_rule else _("Group, since %(day)s")
    note = _("Group by birthright, since %(day)s") if born else note
    return Step("group", row.label, url, _("group"), note=note % day)


def _steps(path: Path, names: Names) -> Iterator[Step]:
    """Yield the steps of a path, the person first."""
    for number, principal in enumerate(path.via):
        row, url = names.principals[principal], names.principal_url(principal)
        if row.kind == PrincipalKind.PERSON:
            yield Step("person", row.label, url, note=row.person.title or _("Person"))
        elif number == 1 and path.membership:
            yield _joined(row, url, names.memberships[path.membership.id])
        else:
            yield Step("team", row.label, url, _("under"), note=_("Team above it"))
    for number, role in enumerate(path.roles):
        word, note = (_("includes"), _("Included role")) if number else (_("role"), _("Role"))
        yield Step("role", names.roles[role].name, names.role_url(role), word, note=note)
    for number, key in enumerate(path.actions):
        action = names.actions[key]
        note = _("Permission, %(risk)s risk") % {"risk": action.get_risk_display().lower()}
        word = _("implies") if number else "" if path.roles else _("given")
        yield Step("access", key, word=word, code=True, note=note)
