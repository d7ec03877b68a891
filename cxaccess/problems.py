"""What goes wrong, in words: what happened, why, and the nearest yes. One row per error page."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from permissions.engine import Decision


OVERVIEW = _("Go to the overview")


@dataclass(frozen=True, slots=True)
class Problem:
    """One error page. `tone` and `icon` draw it; `action` is the label of its one button, which leads to `url`.

    With a `token` the page asks why, and sends it along with the answer.
    """

    status: int
    title: "StrOrPromise"
    text: "StrOrPromise"
    icon: str = "circle-alert"
    tone: str = "warn"
    action: "StrOrPromise" = OVERVIEW
    url: str = "/"
    facts: tuple[tuple["StrOrPromise", str], ...] = ()
    times: tuple[tuple["StrOrPromise", datetime], ...] = ()
    changes: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    users: tuple[str, ...] = ()
    token: str = ""


BAD_REQUEST = Problem(
    400,
    _("This request could not be read"),
    _("The address or the form was damaged on its way. Go back, load the page again and repeat what you did."),
)
CSRF = Problem(
    403,
    _("This form is too old to trust"),
    _(
        "It was opened in another session, or cookies are blocked. Nothing was changed. Go back, load the page again "
        "and send it once more."
    ),
    icon="history",
    action=_("Load the page again"),
)
FORBIDDEN = Problem(
    403,
    _("No. You may not do this"),
    _("Nothing was changed. Somebody who administers access can give you what it needs."),
    icon="no",
    tone="bad",
)
STEP_UP = Problem(
    403,
    _("Yes, once you confirm it is you"),
    "",
    icon="second-factor",
    action=_("Confirm it is you and go on"),
)
NO_REASON = Problem(
    403,
    _("Yes, once you say why"),
    _("A policy wants a reason first. It stands in the audit trail, and counts here for a quarter of an hour."),
    icon="why",
    action=_("Say why and go on"),
)
NOT_FOUND = Problem(
    404,
    _("There is no such page, or it is not yours to see"),
    _(
        "We do not say which, to protect what others work on. If a colleague sent you the link, ask them to share it "
        "with you."
    ),
    icon="search",
    tone="",
    action=_("Search"),
    url="/search/",
)
STALE = Problem(
    409,
    _("Somebody else changed this while you worked"),
    _("Nothing of yours was saved. Look at what they changed, then do yours again on top of it."),
    icon="git-branch",
    action=_("Load the newest version"),
)
IN_USE = Problem(409, _("This is still in use"), "", icon="link", action=_("Go back"))
REFUSED = Problem(422, _("This cannot be done"), "", icon="no", action=_("Go back"))
TOO_LARGE = Problem(
    413,
    _("That is too large"),
    _("One request may carry 5 MB, a file to import 200 MB. Split the file, or leave out what is not needed."),
    icon="archive",
)
TOO_MANY = Problem(
    429,
    _("Too many tries. Wait a few minutes"),
    _("To keep accounts safe, this was paused for your address. Nothing is wrong with your account."),
    icon="hourglass",
    action=_("Back to sign-in"),
)
BROKEN = Problem(
    500,
    _("Something broke on our side"),
    _("Nothing half done was kept. Try again; if it stays, give your administrator the reference below."),
    icon="server-crash",
    tone="bad",
    action=_("Try again"),
    url="",
)
AWAY = Problem(
    503,
    _("The console cannot reach its data"),
    _("It is starting, being upgraded or repaired. What others may do keeps being decided as before. Try again soon."),
    icon="unplug",
    action=_("Try again"),
    url="",
)

KINDS = {
    "not_active": (_("No. Your account is not active"), _("Only active people may do anything here.")),
    "blocked": (_("No. A policy blocks this"), _("No role changes that; the owner of the policy can say why.")),
    "no_grant": (
        _("Not yet. No role of yours allows this"),
        _("Ask somebody who administers access for a role that holds it. Nothing was changed."),
    ),
    "out_of_scope": (
        _("Not here. Your role reaches other places"),
        _("You may do this elsewhere. Ask for the same role with a scope that covers this one."),
    ),
    "not_yet": (_("Not yet. Your access starts later"), _("It begins by itself at the time below.")),
    "over": (_("No longer. Your access has ended"), _("It ended at the time below. Ask for it again if you need it.")),
}
ASKABLE = frozenset({"no_grant", "out_of_scope", "not_yet", "over"})


def of_decision(decision: "Decision", asked: str) -> Problem:
    """Return the page for a refusal: which kind of no it is, what was asked (`asked`, in words) and the next step."""
    reason = decision.reason.value
    title, text = KINDS.get(reason, (FORBIDDEN.title, FORBIDDEN.text))
    askable = reason in ASKABLE
    return replace(
        FORBIDDEN,
        title=title,
        text=text,
        icon="send" if askable else "no",
        tone="accent" if askable else "bad",
        facts=((_("Asked"), asked), (_("Permission"), decision.action)),
        times=tuple(_times(decision)),
    )


def _times(decision: "Decision") -> list[tuple["StrOrPromise", datetime]]:
    """Return when the nearest grant starts or ended, and when this was decided."""
    windows = [near.path.grant.window for near in decision.near if near.reason == decision.reason]
    found: list[tuple[StrOrPromise, datetime]] = []
    if windows and decision.reason.value == "not_yet":
        found.append((_("Starts"), min(window.starts_at for window in windows)))
    if windows and decision.reason.value == "over":
        found.append((_("Ended"), max(window.until for window in windows if window.until)))
    return [*found, (_("Decided"), decision.at)]
