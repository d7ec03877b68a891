"""Whose network address a request came from."""

import ipaddress


def client_address(remote: str, forwarded_for: str, trusted_proxies: int) -> str | None:
    """Return the client's address, in its canonical form, or None where there is none to believe.

    Each of `trusted_proxies` appended the address it saw to X-Forwarded-For, so the client's is that many from the
    right. What stands further left the client could write itself and is never read; a header with fewer entries did
    not come through the proxies, and the peer's own address counts.

    >>> client_address("10.0.0.1", "6.6.6.6, 203.0.113.9", 1)
    '203.0.113.9'
    >>> client_address("203.0.113.9", "6.6.6.6", 0)
    '203.0.113.9'
    """
    hops = [hop.strip() for hop in forwarded_for.split(",") if hop.strip()]
    chosen = hops[-trusted_proxies] if 0 < trusted_proxies <= len(hops) else remote
    return _parsed(chosen)


def _parsed(text: str) -> str | None:
    host = text[1:].partition("]")[0] if text.startswith("[") else text
    if host.count(":") == 1:  # an IPv4 address with a port
        host = host.partition(":")[0]
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return None
