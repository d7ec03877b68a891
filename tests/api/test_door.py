"""Whose token it is: hashed, expiring, revocable, and nothing else lets anybody in."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import FailureCount, Integration, IntegrationGrant, IntegrationToken
from accounts.signin.limits import Limit
from cxaccess.lib import clock
from permissions.api import door
from tests import world
from tests.api.test_evaluation import of
from tests.cast import Cast
from tests.integrations import Caller, integration, question, token
from tests.sessions import signed_in

pytestmark = pytest.mark.django_db


def test_the_token_itself_is_nowhere_in_the_tables(cast: Cast) -> None:
    text = token(integration())
    row = IntegrationToken.objects.get()
    assert text not in f"{row.__dict__}"
    assert row.prefix == text[:12]


@pytest.mark.parametrize("how", ["expired", "revoked", "retired", "another", "shorter", "none", "basic"])
def test_what_opens_nothing_is_401_with_the_challenge(cast: Cast, how: str) -> None:
    caller = Caller()
    if how == "expired":
        IntegrationToken.objects.update(expires_at=clock.now())
    elif how == "revoked":
        IntegrationToken.objects.update(revoked_at=clock.now())
    elif how == "retired":
        Integration.objects.update(retired_at=clock.now())
    elif how == "another":
        caller.text = caller.text[:-1] + ("A" if caller.text[-1] != "A" else "B")
    elif how == "shorter":
        caller.text = caller.text[:-1]
    headers: dict[str, str] = {"Authorization": f"Bearer {caller.text}"}
    if how == "none":
        headers = {}
    elif how == "basic":
        headers = {"Authorization": f"Basic {caller.text}"}
    response = Client().post("/access/v1/evaluation", {}, content_type="application/json", headers=headers)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"].startswith('Bearer realm="')
    assert isinstance(response.json(), str)


def test_who_is_signed_in_has_no_part_in_it(cast: Cast) -> None:
    client = signed_in(cast.priya)
    body = question(cast.maya.email, "view", of(cast.german_reviews))
    assert client.post("/access/v1/evaluation", body, content_type="application/json").status_code == 401


def test_no_cookie_is_set(cast: Cast) -> None:
    caller = Caller()
    assert caller.may(cast.maya.email, "view", of(cast.german_reviews))
    assert not caller.client.cookies


def test_failures_are_counted_by_minute_and_address_and_limited(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "OF_ADDRESS", Limit("api.address", 2, timedelta(minutes=1)))
    stranger = Caller(text="cxa_nothing")
    assert [stranger.ask("evaluation", {})[0] for _ in range(3)] == [401, 401, 429]
    assert FailureCount.objects.get(reason="api_token").count == 2


def test_a_system_that_asks_too_often_waits(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "OF_SYSTEM", Limit("api.integration", 1, timedelta(minutes=1)))
    monkeypatch.setattr(door, "SLICE", 2)
    monkeypatch.setattr(door, "slices", door.Slices())
    caller, body = Caller(), question(cast.maya.email, "view", of(cast.german_reviews))
    assert [caller.ask("evaluation", body)[0] for _ in range(3)] == [200, 200, 429]
    assert caller.send("evaluation", body).headers["Retry-After"] == "60"


def test_the_last_use_is_noted_at_most_once_an_hour(cast: Cast) -> None:
    caller, body = Caller(), question(cast.maya.email, "view", of(cast.german_reviews))
    caller.ask("evaluation", body)
    first = IntegrationToken.objects.get().last_used_at
    caller.ask("evaluation", body)
    assert IntegrationToken.objects.get().last_used_at == first
    IntegrationToken.objects.update(last_used_at=first - timedelta(hours=2))
    caller.ask("evaluation", body)
    assert IntegrationToken.objects.get().last_used_at > first


def test_what_it_may_ask_ends_at_the_instant(cast: Cast) -> None:
    caller, body = Caller(integration(asks=["feedback.*"])), question(cast.maya.email, "view", of(cast.german_reviews))
    assert caller.ask("evaluation", body)[0] == 200
    IntegrationGrant.objects.update(until=clock.now())
    assert caller.ask("evaluation", body)[0] == 403
    IntegrationGrant.objects.update(until=None, starts_at=clock.now() + timedelta(hours=1))
    assert caller.ask("evaluation", body)[0] == 403


@pytest.mark.parametrize("method", ["get", "put", "delete", "patch", "options"])
def test_it_is_asked_by_post(cast: Cast, method: str) -> None:
    response: Any = getattr(Client(), method)("/access/v1/evaluation", headers={"X-Request-ID": "7"})
    assert (response.status_code, response.headers["Allow"]) == (405, "POST")
    assert response.headers["X-Request-ID"] == "7"


def test_an_empty_instance_answers_systems_in_their_own_form(db: None) -> None:
    assert Caller(text="cxa_nothing").ask("evaluation", {})[0] == 401
    assert Client().get("/.well-known/authzen-configuration").status_code == 200


def test_a_grant_that_is_over_for_the_person_is_over_for_the_system(cast: Cast) -> None:
    caller = Caller()
    grant = world.give(cast.chiara, cast.feedback_reader)
    assert caller.may(cast.chiara.email, "view", of(cast.mena_reviews))
    type(grant).objects.filter(pk=grant.pk).update(until=clock.now())
    world._changed(cast.chiara.principal_id)
    assert not caller.may(cast.chiara.email, "view", of(cast.mena_reviews))
