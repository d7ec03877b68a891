"""Template tags about grants on one resource."""

from datetime import datetime
from typing import Any

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Person
from cxaccess.templatetags.ui import state, when
from permissions import gate, places
from permissions.models import Resource
from permissions.objects import rows
from permissions.templatetags.access import last_used

register = template.Library()

register.simple_tag(rows.principal_of, name="holder_of")
register.simple_tag(rows.key, name="key_of")


@register.simple_tag(takes_context=True)
def thing_used(
    context: dict[str, Any], grant: rows.AnyGrant, used: datetime | None, users: int | str | None = None
) -> SafeString:
    """Draw when a grant on one resource was last used, below by how many `users` of its team or group.

    What comes with leading or owning is never worth a look for that: it goes with that alone. Nothing before it begins.
    """
    if grant.starts_at > context["request"].at:
        return SafeString()
    if grant.source in rows.BROUGHT:
        shown = when(context, used, "ago") if used else state(_("Not yet"), "off")
    else:
        shown = last_used(context, used, grant.starts_at)
    if not users:
        return shown
    text = ngettext("by %(n)s member", "by %(n)s members", int(users)) % {"n": users}
    return format_html('{}<small class="block tiny muted">{}</small>', shown, text)


def thing_url(reader: Person, resource: Resource, at: datetime) -> str:
    """Return the page of a resource, or of the console object that it stands for; nothing where it is not theirs."""
    kind = resource.object_kind or "resource"
    if not gate.may(reader, f"{kind}.view", places.target(resource, at, as_type=kind), at=at):
        return ""
    try:
        return reverse(f"{kind}s:detail", args=[resource.object_id or resource.pk])
    except NoReverseMatch:
        return ""


@register.simple_tag(takes_context=True)
def thing(context: dict[str, Any], resource: Resource) -> SafeString:
    """Draw a resource: its name, as a link where the reader may follow it, and its type below."""
    request = context["request"]
    url = thing_url(request.user, resource, request.at)
    name = '<a href="{0}">{1}</a>' if url else '<span class="medium">{1}</span>'
    below = '<small class="block tiny muted">{2}</small>'
    return format_html(name + below, url, resource.name, resource.type)
