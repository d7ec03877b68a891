"""Whose address a request came from, with liars in front."""

import pytest

from cxaccess.lib.addresses import came_through, client_address


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


OURS = ("10.0.0.0/24", "fd00::/64")


@pytest.mark.parametrize(
    ("remote", "forwarded", "proxies", "came"),
    [
        ("10.0.0.1", "203.0.113.9", 1, True),
        ("fd00::1", "203.0.113.9", 1, True),
        ("::ffff:10.0.0.1", "203.0.113.9", 1, True),
        ("10.0.0.1", "6.6.6.6, 203.0.113.9, 10.0.0.2", 2, True),
        ("10.0.0.1", "203.0.113.9, 192.0.2.1", 2, False),  # the first proxy is none of ours
        ("10.0.0.1", "203.0.113.9", 2, False),
        ("10.0.0.1", "", 1, False),
        ("10.0.0.1", "203.0.113.9", 0, False),
        ("10.0.1.1", "203.0.113.9", 1, False),
        ("203.0.113.9", "10.0.0.1", 1, False),
        ("", "203.0.113.9", 1, False),
        ("10.0.0.1", "203.0.113.9, nonsense", 2, False),
    ],
)
def test_a_request_came_through_the_proxies_only_by_all_of_them(remote, forwarded, proxies, came):
    assert came_through(remote, forwarded, proxies, OURS) is came


def test_where_it_is_known_which_proxies_are_ours_no_other_speaks_for_a_client():
    assert client_address("10.0.0.1", "203.0.113.9", 1, OURS) == "203.0.113.9"
    assert client_address("198.51.100.7", "10.20.0.9", 1, OURS) == "198.51.100.7"


@pytest.mark.parametrize(
    ("remote", "forwarded", "client"),
    [
        ("10.0.0.1", "6.6.6.6, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        ("10.0.0.1", "10.20.0.9, 203.0.113.9", "203.0.113.9"),  # past the outer proxy, with a header of their own
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),  # the same without one
        ("10.0.0.1", "203.0.113.9, nonsense", None),
        ("198.51.100.7", "10.20.0.9, 10.0.0.2", "198.51.100.7"),  # past both
        ("10.0.0.1", "", "10.0.0.1"),  # the proxy itself
    ],
)
def test_whoever_goes_past_one_of_two_proxies_does_not_pass_for_the_other(remote, forwarded, client):
    assert client_address(remote, forwarded, 2, OURS) == client
