"""Trying a use case with what a form holds: what it refuses stands beside the field, and what was typed stays."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _

from cxaccess.errors import in_words
from cxaccess.formparts import Conflict, VersionedForm, add_refusal
from cxaccess.lib.errors import Refused, Stale
from permissions.guards import NotAllowed, NotVisible, NotYet

INVALID, CONFLICT, FORBIDDEN = 422, 409, 403


@dataclass(frozen=True, slots=True)
class Attempt:
    """How it went: `done` is what the use case returned, or None with the form to show again and its status.

    `conflicts` is what somebody who was quicker changed of what the form shows; None: nobody was.
    """

    form: forms.Form
    done: Any = None
    status: int = 200
    conflicts: tuple[Conflict, ...] | None = None


def posted(request: HttpRequest) -> QueryDict | None:
    """Return what was posted, even if it is empty; None for a page that is only shown."""
    return request.POST if request.method == "POST" else None


def attempt(form: forms.Form, act: Callable[[dict[str, Any]], Any]) -> Attempt:
    """Call `act` with the form's cleaned data if there is a post and it is valid. Raises NotVisible, NotYet, others.

    `act` returns something true. Its refusal becomes an error of the form: 422, 403 where it is a question of
    authority, 409 with the difference where somebody else was quicker.
    """
    if not form.is_bound:
        return Attempt(form)
    if not form.is_valid():
        return Attempt(form, status=INVALID)
    try:
        return Attempt(form, done=act(form.cleaned_data))
    except Stale as stale:
        return _outrun(form, stale)
    except Refused as refusal:
        add_refusal(form, refusal)
        return Attempt(form, status=INVALID)
    except (NotVisible, NotYet):
        raise
    except NotAllowed as refusal:
        action = refusal.decision.action
        words = {"purpose": in_words(action), "action": action}
        form.add_error(None, _("Not there: it takes “%(purpose)s” (%(action)s), which you do not hold.") % words)
        return Attempt(form, status=FORBIDDEN)


def _outrun(form: forms.Form, stale: Stale) -> Attempt:
    """Return the form on the row as it is now, with the difference. A form without a version raises `stale` on."""
    if not isinstance(form, VersionedForm) or "now" not in stale.facts:
        raise stale
    now = {name: value for name, value in stale.facts["now"].items() if name in form.fields}
    conflicts = tuple(form.conflicts(now))
    form.data = form.rebased(now, stale.facts["row_version"])
    return Attempt(form, status=CONFLICT, conflicts=conflicts)
