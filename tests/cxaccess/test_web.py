"""What every answer carries, and what monitors ask."""

from datetime import timedelta

import pytest
from django.test import Client

from cxaccess.jobs import heartbeat
from cxaccess.lib import clock, context
from cxaccess.origin import RequestOrigin


@pytest.fixture
def client():
    return Client()


def test_live_answers_without_the_database(client):
    answer = client.get("/-/live")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
def test_ready_says_that_no_worker_came_by_but_stays_up(client):
    answer = client.get("/-/ready")
    assert answer.status_code == 200
    assert answer.json() == {"status": "degraded", "database": True, "migrations": True, "worker": False}


@pytest.mark.django_db
def test_ready_is_ok_while_a_worker_comes_by(client):
    heartbeat.beat(clock.now() - timedelta(seconds=30))
    assert client.get("/-/ready").json()["status"] == "ok"
    assert not heartbeat.alive(clock.now() + timedelta(minutes=5))


@pytest.mark.django_db
def test_ready_refuses_traffic_before_the_migrations_ran(client, monkeypatch):
    monkeypatch.setattr("cxaccess.health._known", lambda: frozenset({("accounts", "9999_of_tomorrow")}))
    answer = client.get("/-/ready")
    assert (answer.status_code, answer.json()["status"]) == (503, "unavailable")


@pytest.mark.django_db
def test_ready_refuses_traffic_without_its_database(client, monkeypatch):
    from django.db import OperationalError

    def away(*args):
        raise OperationalError("away")

    monkeypatch.setattr("cxaccess.health._unapplied", away)
    assert client.get("/-/ready").status_code == 503


def test_every_page_stays_out_of_caches_and_carries_its_own_correlation_id(client):
    first = client.get("/-/live", headers={"X-Correlation-ID": "forged", "X-Request-ID": "forged"})
    second = client.get("/-/live")
    assert first["Cache-Control"] == "no-store"
    assert len(first["X-Correlation-ID"]) == 32
    assert first["X-Correlation-ID"] != second["X-Correlation-ID"]


@pytest.mark.parametrize(("proxies", "address"), [(0, "192.0.2.1"), (1, "203.0.113.9")])
def test_the_origin_of_the_work_is_known_while_it_lasts(rf, settings, proxies, address):
    from django.http import HttpResponse

    settings.TRUSTED_PROXIES = proxies
    seen = []

    def view(request):
        seen.append(context.origin.get())
        return HttpResponse()

    request = rf.get("/", REMOTE_ADDR="192.0.2.1", headers={"X-Forwarded-For": "6.6.6.6, 203.0.113.9"})
    request.resolver_match = None
    RequestOrigin(view)(request)
    assert (seen[0].address, seen[0].door) == (address, "web")
    assert context.origin.get() == context.Origin()
