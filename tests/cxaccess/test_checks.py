"""Unsafe set-ups are refused by name."""

from types import SimpleNamespace

import pytest
from django.core.exceptions import ImproperlyConfigured

from cxaccess import checks
from cxaccess.lib import crypto

SAFE = {
    "PRODUCTION": True,
    "DATABASES": {"default": {"ENGINE": "django.db.backends.postgresql"}},
    "REDIS_URL": "redis://localhost:6379/0",
    "HTTPS": True,
    "DEMO": False,
    "ALLOWED_HOSTS": ["access.example.com"],
    "TRUSTED_PROXIES": 1,
    "OIDC_ISSUER": "https://id.example.com",
}


def ids(found):
    return [message.id for message in found]


@pytest.fixture
def put(monkeypatch):
    """Have the checks see settings that Django itself must not run under in a test."""

    def put(**values):
        monkeypatch.setattr(checks, "settings", SimpleNamespace(**values))

    return put


def test_a_safe_production_is_not_refused(put):
    put(**SAFE)
    assert ids(checks.check_production(None)) == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"DATABASES": {"default": {"ENGINE": "django.db.backends.sqlite3"}}}, "cxaccess.E010"),
        ({"REDIS_URL": ""}, "cxaccess.E011"),
        ({"HTTPS": False}, "cxaccess.E012"),
        ({"DEMO": True}, "cxaccess.E013"),
        ({"ALLOWED_HOSTS": ["*"]}, "cxaccess.E014"),
        ({"TRUSTED_PROXIES": -1}, "cxaccess.E015"),
        ({"OIDC_ISSUER": "http://id.example"}, "cxaccess.E016"),
    ],
)
def test_each_unsafe_setting_of_production_is_refused(put, change, expected):
    put(**{**SAFE, **change})
    assert ids(checks.check_production(None)) == [expected]


def test_the_embedded_way_needs_none_of_it(put):
    put(**{**SAFE, "PRODUCTION": False, "HTTPS": False, "REDIS_URL": "", "DEMO": True})
    assert ids(checks.check_production(None)) == []


@pytest.mark.parametrize("secret", ["short", "x" * 80])
def test_a_weak_secret_key_is_refused(settings, secret):
    settings.SECRET_KEY = secret
    assert "cxaccess.E001" in ids(checks.check_keys(None))


@pytest.mark.parametrize("keys", [[], ["not-a-fernet-key"]])
def test_a_missing_or_malformed_encryption_key_is_refused(settings, keys):
    settings.ENCRYPTION_KEYS = keys
    assert ids(checks.check_keys(None)) == ["cxaccess.E002"]


def test_an_encryption_key_that_is_the_secret_key_is_refused(settings):
    key = crypto.new_key()
    settings.ENCRYPTION_KEYS = [key]
    settings.SECRET_KEY = key + "and-some-more"
    assert ids(checks.check_keys(None)) == ["cxaccess.E003"]


def test_the_web_server_does_not_start_with_an_unsafe_set_up(settings):
    settings.SECRET_KEY = "short"
    with pytest.raises(ImproperlyConfigured, match="CXACCESS_SECRET_KEY is weak"):
        checks.refuse_unsafe()


def test_the_web_server_starts_with_a_safe_one():
    checks.refuse_unsafe()


@pytest.mark.django_db
@pytest.mark.realdb
def test_a_role_that_could_change_the_trail_is_refused_in_production(put):
    from django.db import connection

    put(PRODUCTION=True)
    found = ids(checks.check_database_role(None, databases=["default"]))
    assert found == (["cxaccess.E020", "cxaccess.E021"] if connection.vendor == "postgresql" else [])


@pytest.mark.django_db
@pytest.mark.realdb
def test_a_role_that_only_reads_and_writes_is_not_refused(put):
    from django.db import connection

    if connection.vendor != "postgresql":
        return
    put(PRODUCTION=True)
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE cxaccess_application")
        cursor.execute("SET LOCAL ROLE cxaccess_application")
        try:
            assert ids(checks.check_database_role(None, databases=["default"])) == []
        finally:
            cursor.execute("RESET ROLE")
