"""Whose address a request came from, with liars in front."""

import pytest

from cxaccess.lib.addresses import client_address


@pytest.mark.parametrize(
    ("remote", "forwarded", "proxies", "client"),
    [
        ("203.0.113.9", "", 0, "203.0.113.9"),
        ("203.0.113.9", "6.6.6.6", 0, "203.0.113.9"),
        ("10.0.0.1", "203.0.113.9", 1, "203.0.113.9"),
        ("10.0.0.1", "6.6.6.6, 203.0.113.9", 1, "203.0.113.9"),
        ("10.0.0.1", "6.6.6.6, 203.0.113.9, 10.0.0.2", 2, "203.0.113.9"),
        ("10.0.0.1", "203.0.113.9", 2, "10.0.0.1"),
        ("10.0.0.1", "", 1, "10.0.0.1"),
        ("10.0.0.1", "203.0.113.9:51515", 1, "203.0.113.9"),
        ("::1", "[2001:DB8::1]:443", 1, "2001:db8::1"),
        ("2001:db8::7", "", 0, "2001:db8::7"),
        ("10.0.0.1", "<script>", 1, None),
        ("", "", 0, None),
        ("10.0.0.1", "6.6.6.6", -1, "10.0.0.1"),
    ],
)
def test_only_what_trusted_proxies_wrote_is_believed(remote, forwarded, proxies, client):
    assert client_address(remote, forwarded, proxies) == client
