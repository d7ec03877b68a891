"""What a proxy says, sent to a real server: as agreed, twice, in other letters, under a name that looks the same."""

from collections.abc import Iterator

import pytest

from tests.cast import Cast
from tests.policies import enact
from tests.served import Started, ask
from tests.sessions import signed_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.realdb, pytest.mark.slow]
FORWARDED = ("X-Forwarded-For", "203.0.113.9")


@pytest.fixture
def started() -> Iterator[Started]:
    found = Started()
    yield found
    found.stop()


def test_a_server_believes_one_header_written_as_agreed_and_nothing_else(cast: Cast, started: Started) -> None:
    managed = {"attribute": "context.managed_device", "operator": "equals", "value": True}
    enact("only", permissions=["role.view"], condition=managed)
    session = signed_in(cast.otto).cookies["sessionid"].value
    started.environment |= {
        "CXACCESS_TRUSTED_PROXIES": "1", "CXACCESS_PROXY_NETWORKS": "127.0.0.0/8",
        "CXACCESS_DEVICE_HEADER": "CXManagedDevice",
    }  # fmt: skip
    _server, port = started.serve()

    def opens(*headers: tuple[str, str]) -> bool:
        return ask(port, "/roles/", session, *headers) == 200

    assert opens(FORWARDED, ("CXManagedDevice", "yes"))
    assert opens(FORWARDED, ("cxmanageddevice", "yes"))
    for headers in (
        (("CXManagedDevice", "yes"),),
        (FORWARDED, ("CXManagedDevice", "no"), ("CXManagedDevice", "yes")),
        (FORWARDED, ("CXManagedDevice", "no"), ("cxmanageddevice", "yes")),
        (FORWARDED, ("CXManagedDevice", "yes,yes")),
        (FORWARDED, ("CX-Managed-Device", "yes")),
        (FORWARDED, ("CX_Managed_Device", "yes")),
        (FORWARDED, ("CXManagedDevice", "no"), ("CX_ManagedDevice", "yes")),
        (FORWARDED, ("CXManagedDevice", "")),
    ):
        assert not opens(*headers), headers
