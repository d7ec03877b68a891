"""Template tags about resources."""

from typing import Any

from django import template
from django.template.context import RequestContext

from cxaccess.lib.listing import PAGING

register = template.Library()


@register.simple_tag(takes_context=True)
def narrowed_by(context: RequestContext, name: str, value: Any) -> str:
    """Return the query string of the list with the filter `name` set to `value`; an empty value takes it away."""
    values = context["request"].GET.copy()
    for gone in (*PAGING, name):
        values.pop(gone, None)
    if value not in ("", None):
        values[name] = str(value)
    text: str = values.urlencode()
    return f"?{text}" if text else ""
