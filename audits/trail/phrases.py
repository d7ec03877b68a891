"""The parts of the trail's sentences: where, until when, what, why not."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from string import Formatter
from typing import TYPE_CHECKING, Any

from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Part
from audits.trail.changes import Change, aware
from audits.trail.names import Names, Ref
from cxaccess.lib.clock import last_day
from permissions.engine import Reason

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

MANY = 3  # so many changed columns are named in a sentence; the event's own page has them all
WHY_NOT: dict[str, "StrOrPromise"] = {
    Reason.BLOCKED: gettext_lazy("A policy blocks it."),
    Reason.STEP_UP: gettext_lazy("A policy wants the second factor confirmed anew first."),
    Reason.NO_REASON: gettext_lazy("A policy wants to know why first."),
    Reason.NO_GRANT: gettext_lazy("No grant gives it."),
    Reason.OUT_OF_SCOPE: gettext_lazy("Their grants do not reach there."),
    Reason.NOT_YET: gettext_lazy("Their grant had not begun."),
    Reason.OVER: gettext_lazy("Their grant was over."),
    Reason.NOT_ACTIVE: gettext_lazy("They were not active."),
    Reason.UNKNOWN_ACTION: gettext_lazy("The catalogue does not know it."),
    Reason.WRONG_TYPE: gettext_lazy("It does not apply to this type."),
}
WHY_NOT_IN: dict[str, "StrOrPromise"] = {  # the words that accounts.signin.failures counts under
    "password": gettext_lazy("Wrong mail or password."),
    "limited": gettext_lazy("Paused after too many tries."),
    "factor": gettext_lazy("Wrong code."),
    "sso_unknown": gettext_lazy("The identity provider named nobody known here."),
    "sso_inactive": gettext_lazy("The identity provider named somebody who may not come in."),
    "sso_error": gettext_lazy("The identity provider did not answer as it should."),
    "set_up": gettext_lazy("Wrong set-up code."),
    "api_token": gettext_lazy("No valid token of an integration."),
}


@dataclass(frozen=True, slots=True)
class Phrase:
    """A part of a sentence with names in it; text or, in HTML, with their links."""

    template: str
    words: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return str(self.template).format(**self.words)

    def __html__(self) -> SafeString:
        return format_html(self.template, **self.words) if self.words else format_html("{}", self.template)

    @property
    def html(self) -> SafeString:
        """Return it for a template, which reads what is no string as text."""
        return self.__html__()


NOTHING = Phrase("")


@lru_cache(maxsize=512)
def named_in(template: str) -> frozenset[str]:
    """Return what stands in braces in a sentence.

    >>> sorted(named_in("{actor} added {about} to {team}"))
    ['about', 'actor', 'team']
    """
    return frozenset(name for _text, name, _form, _how in Formatter().parse(template) if name)


def where(names: Names, parts: Mapping[str, Any]) -> Phrase:
    """Return the scope of a grant: “ in DACH”, “ everywhere”."""
    if "scope" not in parts:
        return NOTHING
    scope = names.get("scope", parts["scope"])
    return Phrase(str(_(" in {scope}")), {"scope": scope}) if str(scope) else Phrase(str(_(" everywhere")))


def permission(details: Mapping[str, Any]) -> Ref:
    """Return the permission that a grant on one resource is of; it leads to that grant."""
    grant = object_grant(str(details.get("grant", "")))
    return Ref(str(details.get("action") or grant), grant.url)


def object_grant(key: str) -> Ref:
    """Return a grant on one resource by its key."""
    try:
        return Ref(_("Grant %(key)s on one resource") % {"key": key}, reverse("objects:detail", args=[key]))
    except NoReverseMatch:
        return Ref(_("a permission"))


def until(details: Mapping[str, Any]) -> Phrase:
    """Return its end, as the event states it."""
    end = aware(details.get("until"))
    if end is None:
        return NOTHING
    return Phrase(str(_(" until {day}")), {"day": date_format(last_day(end, timezone.get_current_timezone()), "j M Y")})


def part(details: Mapping[str, Any]) -> Phrase:
    """Return the part in a team, where it is not a plain member's."""
    return Phrase(str(_(" as lead"))) if details.get("part") == Part.LEAD else NOTHING


def fields(changes: tuple[Change, ...]) -> Phrase:
    """Return which columns changed, the first few of them."""
    if not changes:
        return NOTHING
    labels = [change.label for change in changes]
    named = ", ".join(labels[:MANY])
    more = len(labels) - MANY
    if more > 0:
        named = ngettext("%(named)s and %(n)d more", "%(named)s and %(n)d more", more) % {"named": named, "n": more}
    return Phrase(": {fields}", {"fields": named})


def to(changes: tuple[Change, ...]) -> Phrase:
    """Return the new parent."""
    target = next((change.new for change in changes if change.new), ())
    return Phrase(str(_(" under {place}")), {"place": target[0]}) if target else NOTHING


def origin(names: Names, details: Mapping[str, Any]) -> Phrase:
    """Return which role another one began as a copy of."""
    if "cloned_from" not in details:
        return NOTHING
    return Phrase(str(_(" as a clone of {source}")), {"source": names.get("role", details["cloned_from"])})


def restored(details: Mapping[str, Any]) -> Phrase:
    """Return which version of a role came back."""
    number = details.get("restores")
    return Phrase(str(_(", which brings back version {number}")), {"number": number}) if number else NOTHING


def people(details: Mapping[str, Any]) -> str:
    """Return how many people a deed concerned."""
    stated = details.get("people")
    n = stated if isinstance(stated, int) else 0
    return ngettext("%(n)d person", "%(n)d people", n) % {"n": n}


def guarded(details: Mapping[str, Any]) -> str:
    """Return how many confidential or restricted resources a list showed."""
    stated = details.get("resources")
    n = len(stated) if isinstance(stated, list) else 0
    text = ngettext("%(n)d confidential or restricted resource", "%(n)d confidential or restricted resources", n)
    return text % {"n": n}


def delta(changes: Any) -> Phrase:
    """Return how many permissions a role version adds and takes out."""
    taken, added = (changes or {}).get("actions") or ([], [])
    words = []
    if added:
        words.append(ngettext("%(n)d permission added", "%(n)d permissions added", len(added)) % {"n": len(added)})
    if taken:
        words.append(
            ngettext("%(n)d permission taken out", "%(n)d permissions taken out", len(taken)) % {"n": len(taken)}
        )
    return Phrase(": {delta}", {"delta": ", ".join(words)}) if words else NOTHING


def listed(details: Mapping[str, Any]) -> str:
    """Return what was exported, and how much of it."""
    name = details.get("list") or _("a list")
    rows = details.get("rows")
    if not isinstance(rows, int):
        return str(name)
    return ngettext("%(list)s, %(n)d row", "%(list)s, %(n)d rows", rows) % {"list": name, "n": rows}


def taken_in(details: Mapping[str, Any]) -> str:
    """Return which batch of use that was, and how much of it."""
    rows = details.get("rows")
    number = rows if isinstance(rows, int) else 0
    told = {"key": details.get("key") or "?", "system": details.get("system") or "?", "n": number}
    return ngettext("%(key)s of %(system)s, %(n)d row", "%(key)s of %(system)s, %(n)d rows", number) % told


def why_not(reason: object) -> str:
    """Return why access was refused, as a sentence."""
    return str(WHY_NOT.get(str(reason), ""))


def why_not_in(reason: object) -> str:
    """Return why nobody was signed in, as a sentence."""
    return str(WHY_NOT_IN.get(str(reason), reason or ""))
