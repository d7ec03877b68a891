"""Template tags about grants on one resource."""

from datetime import datetime
from typing import Any

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.models import Person
from permissions import gate, places
from permissions.models import Resource
from permissions.objects import rows

register = template.Library()

register.simple_tag(rows.principal_of, name="holder_of")
register.simple_tag(rows.key, name="key_of")


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
