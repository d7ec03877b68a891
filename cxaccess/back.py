"""The way back."""

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def came_from(request: HttpRequest, otherwise: str = "/") -> str:
    """Return the page of this console that the reader came from, or `otherwise`."""
    url = request.headers.get("Referer", "")
    hosts = {request.get_host()}
    return url if url_has_allowed_host_and_scheme(url, hosts, require_https=request.is_secure()) else otherwise
