"""Network addresses: whose a request came from, and how they are compared."""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

MAPPED = IPv6Network("::ffff:0:0/96")  # IPv4 as IPv6 writes it (RFC 4291, 2.5.5.2)


def client_address(
    remote: str, forwarded_for: str, trusted_proxies: int, networks: Sequence[str] = ()
) -> str | None:  # fmt: skip
    """Return the client's address, in its canonical form, or None where there is none to believe.

    Each of `trusted_proxies` appended the address it saw to X-Forwarded-For, so the client's is that many from the
    right. What stands further left the client could write itself and is never read; a header with fewer entries did
    not come through the proxies, and the peer's own address counts. Where it is known in which `networks` the
    proxies are, the header is believed of these alone: the client is the first that is none of them, so whoever goes
    past one of several proxies never passes for the next one.

    >>> client_address("10.0.0.1", "6.6.6.6, 203.0.113.9", 1)
    '203.0.113.9'
    >>> client_address("203.0.113.9", "6.6.6.6", 0)
    '203.0.113.9'
    >>> client_address("::ffff:203.0.113.9", "", 0)
    '203.0.113.9'
    """
    hops = _hops(forwarded_for)
    if not networks:
        return _parsed(hops[-trusted_proxies] if 0 < trusted_proxies <= len(hops) else remote)
    client, proxies = remote, max(trusted_proxies, 0)
    while hops and proxies and _is_in(client, networks):
        client, proxies = hops.pop(), proxies - 1
    return _parsed(client)


def came_through(remote: str, forwarded_for: str, trusted_proxies: int, networks: Sequence[str]) -> bool:
    """Return whether a request came through all `trusted_proxies`, each of which is in one of `networks`.

    >>> came_through("10.0.0.1", "203.0.113.9", 1, ["10.0.0.0/8"]), came_through("203.0.113.9", "x", 1, ["10.0.0.0/8"])
    (True, False)
    """
    hops = _hops(forwarded_for)
    if not 0 < trusted_proxies <= len(hops):
        return False
    return all(_is_in(proxy, networks) for proxy in (*hops[len(hops) - trusted_proxies + 1 :], remote))


def _is_in(text: str, networks: Sequence[str]) -> bool:
    found = _parsed(text)
    return found is not None and any(address(found) in network(each) for each in networks)


def _hops(forwarded_for: str) -> list[str]:
    return [hop.strip() for hop in forwarded_for.split(",") if hop.strip()]


def _parsed(text: str) -> str | None:
    host = text[1:].partition("]")[0] if text.startswith("[") else text
    if host.count(":") == 1:  # an IPv4 address with a port
        host = host.partition(":")[0]
    try:
        return str(address(host))
    except ValueError:
        return None


@lru_cache(maxsize=8192)
def address(text: str) -> IPv4Address | IPv6Address:
    """Return an address; IPv4 that arrives as IPv6 is IPv4, wherever it is compared. Raises ValueError.

    >>> address("::ffff:10.20.0.9")
    IPv4Address('10.20.0.9')
    """
    found = ip_address(text)
    return getattr(found, "ipv4_mapped", None) or found


@lru_cache(maxsize=8192)  # policies compare with the same few at every decision
def network(text: str) -> IPv4Network | IPv6Network:
    """Return a network, in the same terms as `address`. Raises ValueError.

    >>> network("::ffff:10.20.0.0/112")
    IPv4Network('10.20.0.0/16')
    """
    found = ip_network(text)
    if isinstance(found, IPv6Network) and found.subnet_of(MAPPED):
        return IPv4Network((int(found.network_address) & 0xFFFFFFFF, found.prefixlen - 96))
    return found
