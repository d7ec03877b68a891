"""What a request lets policies know of its moment: the network address, and how long ago the second factor was."""

from typing import Any

import pytest
from django.urls import reverse

from accounts.signin.guards import FACTOR
from tests import policies, world
from tests.cast import Cast
from tests.integrations import Caller, question
from tests.sessions import signed_in

pytestmark = pytest.mark.django_db


def test_a_page_is_there_from_the_office_network_alone(cast: Cast) -> None:
    office = {"attribute": "context.address", "operator": "network", "value": ["10.20.0.0/16", "127.0.0.0/8"]}
    policies.enact("only", permissions=["role.view"], condition=office)
    browser = signed_in(cast.otto)
    assert browser.get(reverse("roles:list"), REMOTE_ADDR="127.0.0.1").status_code == 200
    assert browser.get(reverse("roles:list"), REMOTE_ADDR="203.0.113.9").status_code in (403, 404)


def test_a_page_that_wants_a_fresh_factor_is_refused_without_one(cast: Cast) -> None:
    world.give(cast.maya, world.role("Exporter", {"resource.export", "resource.view"}))
    policies.enact("only", permissions=["resource.export"], obligations=[{"kind": "step_up", "minutes": 15}])
    browser = signed_in(cast.maya)
    session = browser.session
    session.pop(FACTOR)
    session.save()
    assert browser.get(reverse("resources:list")).status_code == 200
    assert browser.get(reverse("resources:export")).status_code == 403


def test_a_password_is_no_second_factor_even_for_whom_it_is_all_they_have(cast: Cast) -> None:
    world.give(cast.ali, world.role("Exporter", {"resource.export", "resource.view"}))
    policies.enact("only", permissions=["resource.export"], obligations=[{"kind": "step_up", "minutes": 15}])
    browser = signed_in(cast.ali, factor=False)
    assert browser.get(reverse("resources:export")).status_code == 403
    browser.post(reverse("signin:confirm"), {"password": "correct horse battery staple"})
    assert browser.get(reverse("resources:export")).status_code == 403
    assert signed_in(cast.ali).get(reverse("resources:export")).status_code == 200


MANAGED = {"attribute": "context.managed_device", "operator": "equals", "value": True}
AT_HOME = {"attribute": "context.country", "operator": "one_of", "value": ["DE", "AT"]}
PROXY = {"REMOTE_ADDR": "10.1.0.4", "HTTP_X_FORWARDED_FOR": "203.0.113.9"}


@pytest.fixture
def behind_a_proxy(settings: Any) -> None:
    settings.TRUSTED_PROXIES = 1
    settings.PROXY_NETWORKS = ["10.1.0.0/24"]
    settings.DEVICE_HEADER, settings.COUNTRY_HEADER = "CXManagedDevice", "CXCountry"


def opens(cast: Cast, **sent: str) -> bool:
    status = signed_in(cast.otto).get(reverse("roles:list"), **sent).status_code
    assert status in (200, 403, 404)
    return status == 200


@pytest.mark.usefixtures("behind_a_proxy")
def test_a_managed_device_opens_as_the_proxy_says_so(cast: Cast) -> None:
    policies.enact("only", permissions=["role.view"], condition=MANAGED)
    assert opens(cast, **PROXY, HTTP_CXMANAGEDDEVICE="yes")
    assert not opens(cast, **PROXY, HTTP_CXMANAGEDDEVICE="no")
    assert not opens(cast, **PROXY)


@pytest.mark.usefixtures("behind_a_proxy")
@pytest.mark.parametrize(
    "from_",
    [
        {"REMOTE_ADDR": "203.0.113.9"},
        {"REMOTE_ADDR": "203.0.113.9", "HTTP_X_FORWARDED_FOR": "10.1.0.4"},
        {"REMOTE_ADDR": "10.1.0.4"},  # with nobody forwarded: the proxy did not write it
        {"REMOTE_ADDR": "10.1.1.4", "HTTP_X_FORWARDED_FOR": "203.0.113.9"},
    ],
)
def test_a_stranger_who_says_the_same_is_not_believed(cast: Cast, from_: dict[str, str]) -> None:
    policies.enact("only", permissions=["role.view"], condition={"any": [MANAGED, AT_HOME]})
    assert not opens(cast, **from_, HTTP_CXMANAGEDDEVICE="yes", HTTP_CXCOUNTRY="DE")


@pytest.mark.usefixtures("behind_a_proxy")
@pytest.mark.parametrize(
    "said", ["yes,yes", "yes, no", "no,yes", "YES", "Yes", "true", "1", "yes ", " yes", "y", "ja", "\xffyes"]
)
def test_what_is_not_written_as_agreed_is_unknown_of_a_device(cast: Cast, said: str) -> None:
    policies.enact("only", permissions=["role.view"], condition=MANAGED)
    assert not opens(cast, **PROXY, HTTP_CXMANAGEDDEVICE=said)


@pytest.mark.usefixtures("behind_a_proxy")
def test_unknown_blocks_where_a_policy_blocks(cast: Cast) -> None:
    policies.enact("block", permissions=["role.view"], condition={"not": MANAGED})
    assert opens(cast, **PROXY, HTTP_CXMANAGEDDEVICE="yes")
    assert not opens(cast, **PROXY, HTTP_CXMANAGEDDEVICE="yes,yes")


@pytest.mark.usefixtures("behind_a_proxy")
@pytest.mark.parametrize(
    ("said", "open_"),
    [("DE", True), ("AT", True), ("FR", False), ("de", False), ("DE,DE", False), ("DE, AT", False), ("XX", False),
     ("ZZ", False), ("Germany", False), ("D", False), ("DE\n", False), ("", False)],
)  # fmt: skip
def test_a_country_is_two_capital_letters_or_unknown(cast: Cast, said: str, open_: bool) -> None:
    policies.enact("only", permissions=["role.view"], condition=AT_HOME)
    assert opens(cast, **PROXY, HTTP_CXCOUNTRY=said) is open_


def test_where_no_header_is_agreed_none_is_read(cast: Cast) -> None:
    policies.enact("only", permissions=["role.view"], condition={"any": [MANAGED, AT_HOME]})
    assert not opens(cast, **PROXY, HTTP_CXMANAGEDDEVICE="yes", HTTP_CXCOUNTRY="DE", HTTP_="yes")


@pytest.mark.usefixtures("behind_a_proxy")
def test_what_a_proxy_says_of_a_system_is_not_said_of_the_person_it_asks_about(cast: Cast) -> None:
    policies.enact("only", permissions=["feedback.view"], condition=MANAGED)
    caller, asked = Caller(), question(cast.maya.email, "view", ("feedback", cast.german_reviews.external_id))
    told = caller.client.post(
        "/access/v1/evaluation", asked, content_type="application/json",
        headers={"Authorization": f"Bearer {caller.text}"}, **PROXY, HTTP_CXMANAGEDDEVICE="yes",
    )  # fmt: skip
    assert told.json()["decision"] is False
    assert caller.ask("evaluation", asked | {"context": {"managed_device": True}})[1]["decision"] is True


def test_a_file_is_written_in_the_moment_it_was_asked_for(cast: Cast) -> None:
    """Its lines are read while they are sent, when the request itself is over."""
    cast.german_reviews.content = {"comment": "The delivery was late"}
    cast.german_reviews.save()
    world.give(cast.maya, world.role("Exporter", {"resource.export"}), region=cast.emea)
    office = {"attribute": "context.address", "operator": "network", "value": ["127.0.0.0/8"]}
    policies.enact("only", permissions=["feedback.export"], condition=office)
    for address, told in (("127.0.0.1", True), ("203.0.113.9", False)):
        answer = signed_in(cast.maya).post(
            reverse("resources:export"), {"columns": ["name", "content.feedback.comment"]}, REMOTE_ADDR=address
        )
        text = b"".join(answer.streaming_content).decode() if answer.streaming else ""
        assert ("The delivery was late" in text) is told, address
