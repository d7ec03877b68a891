"""Template tags about people."""

from django import template
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accounts.models import Person, PersonState
from cxaccess.templatetags.ui import state

register = template.Library()
TONES = {
    PersonState.ACTIVE: "ok",
    PersonState.PREHIRE: "accent",
    PersonState.LEAVE: "warn",
    PersonState.SUSPENDED: "bad",
    PersonState.LEFT: "off",
}


@register.simple_tag
def person_state(person: Person) -> SafeString:
    """Draw where somebody stands; of who is still to come, from when on."""
    where = PersonState(person.state)
    if where == PersonState.PREHIRE and person.employed_from:
        return state(_("Starts %(day)s") % {"day": date_format(person.employed_from, "j M")}, TONES[where])
    return state(str(where.label), TONES[where])
