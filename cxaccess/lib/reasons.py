"""Reasons that people give for what they do."""

from django.utils.translation import gettext as _

from cxaccess.lib.errors import Refused

LONGEST = 500


def stated(reason: str) -> str:
    """Return `reason` without the space around it. Raises Refused with field "reason" where none is given."""
    text = reason.strip()
    if not text:
        raise Refused(_("Say why; the reason is kept in the trail."), field="reason")
    if len(text) > LONGEST:
        raise Refused(_("Keep the reason under %(n)d characters.") % {"n": LONGEST}, field="reason")
    return text
