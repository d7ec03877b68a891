"""What the proxies in front say of a request: whose it is, and from which device and country it came.

Nobody else is believed, and nothing that is not written exactly as agreed: what is odd is unknown.
"""

import re
from collections.abc import Mapping
from typing import Any

from django.conf import settings

from cxaccess.lib.addresses import came_through, client_address
from cxaccess.lib.context import Origin

DEVICE = {"yes": True, "no": False}
COUNTRY = re.compile(r"[A-Z]{2}")  # ISO 3166-1 alpha-2
NOWHERE = frozenset({"XX", "ZZ"})  # of the codes that are nobody's, what services say of an address they do not know


def origin_of(meta: Mapping[str, Any], correlation_id: str) -> Origin:
    """Return where the request with this environment comes from."""
    remote, forwarded = meta.get("REMOTE_ADDR", ""), meta.get("HTTP_X_FORWARDED_FOR", "")
    networks, count = settings.PROXY_NETWORKS, settings.TRUSTED_PROXIES
    device: bool | None = None
    country: str | None = None
    if networks and came_through(remote, forwarded, count, networks):
        device = DEVICE.get(_said(meta, settings.DEVICE_HEADER))
        country = _country(_said(meta, settings.COUNTRY_HEADER))
    address = client_address(remote, forwarded, count, networks)
    return Origin(correlation_id, address, "web", device, country)


def _said(meta: Mapping[str, Any], header: str) -> str:
    """Return what a header says; nothing where none is agreed. One that came twice has a comma in it."""
    return str(meta.get(f"HTTP_{header.upper()}", "")) if header else ""


def _country(said: str) -> str | None:
    return said if COUNTRY.fullmatch(said) and said not in NOWHERE else None
