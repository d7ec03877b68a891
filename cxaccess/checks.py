"""Unsafe set-ups, refused: by `manage.py check` and by the web server, which does not start with one."""

import re
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register, run_checks
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connections

from cxaccess.lib import crypto
from cxaccess.lib.addresses import network

TAG = "cxaccess"
SHORTEST_SECRET = 50  # characters, as Django's own check has it
FEWEST_CHARACTERS = 5  # different ones
WIDEST = 8  # the shortest prefix of a network that proxies are believed to be in
HEADER = re.compile(r"CX[A-Za-z0-9]{2,40}")


@register(TAG)
def check_keys(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Check the secrets, in every mode."""
    found: list[CheckMessage] = []
    secret = settings.SECRET_KEY
    if len(secret) < SHORTEST_SECRET or len(set(secret)) < FEWEST_CHARACTERS:
        found.append(_error("E001", "CXACCESS_SECRET_KEY is weak.", f"Use {SHORTEST_SECRET} random characters."))
    try:
        crypto.seal("", settings.ENCRYPTION_KEYS)
    except crypto.BadKey as problem:
        found.append(_error("E002", f"CXACCESS_ENCRYPTION_KEYS: {problem}", "docs/operator.md says how to make one."))
    if any(key in secret or secret in key for key in settings.ENCRYPTION_KEYS):
        found.append(
            _error(
                "E003",
                "An encryption key is the same as CXACCESS_SECRET_KEY.",
                "Whoever reads one must not have the other: make a key of its own.",
            )
        )
    return found


@register(TAG)
def check_production(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Check what production must have and must not have."""
    if not settings.PRODUCTION:
        return []
    rules = [
        (
            settings.DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3",
            _error("E010", "Production runs on SQLite.", "Set DATABASE_URL to a PostgreSQL database."),
        ),
        (
            not settings.REDIS_URL,
            _error("E011", "Production has no Redis.", "Set REDIS_URL, such as redis://localhost:6379/0."),
        ),
        (
            not settings.HTTPS,
            _error("E012", "Production is not reached over HTTPS.", "Set CXACCESS_URL to an https:// address."),
        ),
        (
            settings.DEMO,
            _error("E013", "Production runs as a demo: its people's codes are public.", "Unset CXACCESS_DEMO."),
        ),
        (
            "*" in settings.ALLOWED_HOSTS,
            _error("E014", "Every host name is accepted.", "List the names in CXACCESS_EXTRA_HOSTS."),
        ),
        (
            settings.TRUSTED_PROXIES < 0,
            _error("E015", "CXACCESS_TRUSTED_PROXIES is negative.", "Set the number of proxies in front, or 0."),
        ),
        (
            bool(settings.OIDC_ISSUER) and not settings.OIDC_ISSUER.startswith("https://"),
            _error("E016", "The single sign-on provider is not reached over HTTPS.", "Set CXACCESS_OIDC_ISSUER to it."),
        ),
    ]
    return [message for unsafe, message in rules if unsafe]


@register(TAG)
def check_proxies(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Check, in every mode, that what proxies are believed to say nobody else can say."""
    named = [name for name in (settings.DEVICE_HEADER, settings.COUNTRY_HEADER) if name]
    hint = "Set CXACCESS_TRUSTED_PROXIES and CXACCESS_PROXY_NETWORKS, or unset the header: docs/operator.md, Proxies."
    rules = [
        (
            bool(named or settings.PROXY_NETWORKS) and not (settings.PROXY_NETWORKS and settings.TRUSTED_PROXIES > 0),
            _error("E017", "It is not said how many proxies are believed, and in which networks they are.", hint),
        ),
        (
            not all(_is_narrow(each) for each in settings.PROXY_NETWORKS),
            _error(
                "E018",
                "CXACCESS_PROXY_NETWORKS holds what is no network, or one that is too wide.",
                f"List networks such as 10.1.0.0/24, none wider than /{WIDEST}.",
            ),
        ),
        (
            not all(HEADER.fullmatch(name) for name in named) or len({name.upper() for name in named}) < len(named),
            _error(
                "E019",
                "A header that a proxy is believed by could be written in another way, or is no header of its own.",
                "Name it CX, then letters and digits, such as CXManagedDevice: nobody tells X-A from X_A.",
            ),
        ),
    ]
    return [message for unsafe, message in rules if unsafe]


def _is_narrow(text: str) -> bool:
    try:
        return network(text).prefixlen >= WIDEST
    except ValueError:
        return False


@register(TAG, Tags.database)
def check_database_role(app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Check that the application cannot switch off the triggers that keep the trail as written."""
    if not settings.PRODUCTION or "default" not in (databases or ()):
        return []
    connection = connections["default"]
    if connection.vendor != "postgresql":
        return []
    try:
        is_super, owns = role_facts("default")
    except OperationalError:
        return []  # it is away; readiness says so, and a start must not depend on it
    hint = "Connect as a role that only reads and writes, migrate as the owner: docs/operator.md, Databases."
    found: list[CheckMessage] = []
    if is_super:
        found.append(_error("E020", "The database role is a superuser and can change the trail.", hint))
    if owns:
        found.append(_error("E021", "The database role owns the trail's table and can change the trail.", hint))
    return found


def role_facts(alias: str) -> tuple[bool, bool]:
    """Return whether the role of a PostgreSQL connection is a superuser, and owns the trail's table."""
    with connections[alias].cursor() as cursor:
        cursor.execute(
            """
            SELECT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user),
                   EXISTS (SELECT 1 FROM pg_class WHERE oid = to_regclass('audits_event')
                           AND pg_has_role(current_user, relowner, 'MEMBER'))
            """
        )
        is_super, owns = cursor.fetchone()
    return bool(is_super), bool(owns)


def refuse_unsafe() -> None:
    """Raise ImproperlyConfigured, naming every problem, where the set-up is unsafe."""
    problems = [message for message in run_checks(tags=[TAG], databases=["default"]) if message.is_serious()]
    if problems:
        raise ImproperlyConfigured("\n".join(f"{message.msg} {message.hint}" for message in problems))


def _error(number: str, text: str, hint: str) -> Error:
    return Error(text, hint=hint, id=f"cxaccess.{number}")
