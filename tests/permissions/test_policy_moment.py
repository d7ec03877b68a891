"""What a request lets policies know of its moment: the network address, and how long ago the second factor was."""

import pytest
from django.urls import reverse

from accounts.signin.guards import FACTOR
from tests import policies, world
from tests.cast import Cast
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
