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


PROXIES = {
    "TRUSTED_PROXIES": 1, "PROXY_NETWORKS": ["10.1.0.0/24", "fd00:1::/64"], "DEVICE_HEADER": "CXManagedDevice",
    "COUNTRY_HEADER": "CXCountry",
}  # fmt: skip


@pytest.mark.parametrize("change", [{}, {"DEVICE_HEADER": "", "COUNTRY_HEADER": ""}, {"COUNTRY_HEADER": ""}])
def test_proxies_that_are_named_with_their_networks_are_believed(put, change):
    put(**{**PROXIES, **change})
    assert ids(checks.check_proxies(None)) == []


def test_without_proxies_nothing_is_to_be_set(put):
    put(TRUSTED_PROXIES=0, PROXY_NETWORKS=[], DEVICE_HEADER="", COUNTRY_HEADER="")
    assert ids(checks.check_proxies(None)) == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"TRUSTED_PROXIES": 0}, "cxaccess.E017"),
        ({"PROXY_NETWORKS": []}, "cxaccess.E017"),
        ({"PROXY_NETWORKS": ["0.0.0.0/0"]}, "cxaccess.E018"),
        ({"PROXY_NETWORKS": ["10.1.0.0/24", "::/0"]}, "cxaccess.E018"),
        ({"PROXY_NETWORKS": ["128.0.0.0/1", "10.1.0.0/24"]}, "cxaccess.E018"),
        ({"PROXY_NETWORKS": ["proxy.example.com"]}, "cxaccess.E018"),
        ({"PROXY_NETWORKS": ["10.1.0.7/24"]}, "cxaccess.E018"),
        ({"DEVICE_HEADER": "CX-Managed-Device"}, "cxaccess.E019"),
        ({"DEVICE_HEADER": "CX_Managed_Device"}, "cxaccess.E019"),
        ({"COUNTRY_HEADER": "Cookie"}, "cxaccess.E019"),
        ({"COUNTRY_HEADER": "CXmanageddevice"}, "cxaccess.E019"),
    ],
)
def test_each_way_in_which_a_stranger_could_speak_for_a_proxy_is_refused(put, change, expected):
    put(**{**PROXIES, **change})
    assert ids(checks.check_proxies(None)) == [expected]
