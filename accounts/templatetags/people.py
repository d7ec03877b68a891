"""Template tags about people."""

from collections.abc import Collection

from django import template
from django.utils.formats import date_format
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accounts.models import Person, PersonState
from cxaccess.templatetags.ui import avatar, state

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


@register.simple_tag
def people_inline(people: Collection[Person]) -> SafeString:
    """Draw people by initials and name, one beside the other."""
    one = '<span class="person-inline">{}<span class="truncate">{}</span></span>'
    return format_html_join(" ", one, ((avatar(person.name, "sm"), person.name) for person in people))
