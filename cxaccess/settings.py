"""Deployment settings, all from the environment.

Two ways to run: ``embedded`` (the default of ``bin/up``: SQLite, no Redis, one machine) and
``production`` (PostgreSQL, Redis, SMTP, behind a proxy with HTTPS). Whatever an administrator may
change while the instance runs is not here but in ``cxaccess.jobs.models.Setting``, on a screen.
"""

from pathlib import Path
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from cxaccess import logs

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

MODE = env.str("CXACCESS_MODE", default="embedded")
if MODE not in ("embedded", "production"):
    raise ImproperlyConfigured(f"CXACCESS_MODE is {MODE!r}; it must be 'embedded' or 'production'.")
PRODUCTION = MODE == "production"
DATA_DIR = Path(env.str("CXACCESS_DATA", default=str(BASE_DIR / "data"))).resolve()
if not PRODUCTION:
    environ.Env.read_env(str(DATA_DIR / "secrets.env"))  # written once by bin/up; the environment wins
DEMO = env.bool("CXACCESS_DEMO", default=False)
DEBUG = False


def secret(name: str) -> str:
    """Return the secret called `name`; in embedded mode `bin/up` has made it.

    Raises ImproperlyConfigured, naming it, where it is missing.
    """
    value = env.str(name, default="")
    if not value:
        raise ImproperlyConfigured(f"{name} is not set. Set it in the environment; docs/operator.md says how.")
    return value


SECRET_KEY = secret("CXACCESS_SECRET_KEY")
# Fernet keys, newest first: the first encrypts, all decrypt. Never the same as SECRET_KEY.
ENCRYPTION_KEYS = [key for key in secret("CXACCESS_ENCRYPTION_KEYS").split(",") if key]

# Where people reach the console.
PUBLIC_URL = env.str("CXACCESS_URL", default="http://localhost:8000" if not PRODUCTION else "")
if not PUBLIC_URL:
    raise ImproperlyConfigured(
        "CXACCESS_URL is not set. Set the address people open, such as https://access.example.com."
    )
_public = urlsplit(PUBLIC_URL)
ALLOWED_HOSTS = [_public.hostname or "", *env.list("CXACCESS_EXTRA_HOSTS", default=[])]
if not PRODUCTION:
    ALLOWED_HOSTS += ["localhost", "127.0.0.1", "[::1]"]
CSRF_TRUSTED_ORIGINS = [f"{_public.scheme}://{_public.netloc}"]
HTTPS = _public.scheme == "https"
TRUSTED_PROXIES = ALLAUTH_TRUSTED_PROXY_COUNT = env.int("CXACCESS_TRUSTED_PROXIES", default=0)
# The networks in which these proxies are, and the headers by which they tell of a request (cxaccess.proxies).
PROXY_NETWORKS = env.list("CXACCESS_PROXY_NETWORKS", default=[])
DEVICE_HEADER = env.str("CXACCESS_DEVICE_HEADER", default="")
COUNTRY_HEADER = env.str("CXACCESS_COUNTRY_HEADER", default="")

INSTALLED_APPS = [
    "cxaccess.apps.CxAccessConfig",
    "accounts.apps.AccountsConfig",
    "permissions.apps.PermissionsConfig",
    "audits.apps.AuditsConfig",
    "cxaccess.jobs.apps.JobsConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "django_otp",
    "guardian",
    "auditlog",
    "csp",
    "django_htmx",
    "lucide",
    "template_partials",
]

MIDDLEWARE = [
    "cxaccess.origin.RequestOrigin",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "cxaccess.middleware.NoStore",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "cxaccess.middleware.RequestMoment",
    "accounts.signin.middleware.OpenSession",
    "permissions.setup.middleware.SetUpFirst",
    "cxaccess.middleware.PinnedFacts",
    "cxaccess.middleware.ReaderZone",
    "cxaccess.middleware.Refusals",
    "accounts.signin.middleware.SignedIn",
    "accounts.signin.middleware.SecondFactor",
]

ROOT_URLCONF = "cxaccess.urls"
WSGI_APPLICATION = "cxaccess.wsgi.application"
AUTH_USER_MODEL = "accounts.Person"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "cxaccess.navigation.frame",
            ],
            "builtins": [
                "cxaccess.templatetags.ui",
                "cxaccess.templatetags.pictures",
                "cxaccess.templatetags.stencils",
                "django.templatetags.i18n",
                "django.templatetags.static",
            ],
        },
    },
]

STENCILS_CHECKED = False  # tests draw each row of a list a second time, without its stencil

DATABASES = {
    "default": env.db_url_config(env.str("DATABASE_URL", default="") or f"sqlite:///{DATA_DIR / 'cxaccess.sqlite3'}"),
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        # IMMEDIATE: a deferred BEGIN that upgrades to a write fails at once with "database is locked".
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # recursive_triggers: REPLACE removes rows, and only so do the trail's triggers hear of it.
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; PRAGMA recursive_triggers=ON;"
        ),
    }
else:
    DATABASES["default"]["ENGINE"] = "cxaccess.lib.postgresql"
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"]["CONN_MAX_AGE"] = 60  # opening one, and reading its tables, costs more than most questions

# The owner of the tables, for `migrate --database owner` alone: the application's own role must not be able to change
# the trail (cxaccess.checks).
if owner := env.str("DATABASE_OWNER_URL", default=""):
    DATABASES["owner"] = env.db_url_config(owner)

REDIS_URL = env.str("REDIS_URL", default="")
if REDIS_URL:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
STATIC_URL = "/static/"
STATIC_ROOT = env.str("CXACCESS_STATIC", default=str(DATA_DIR / "static"))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "cxaccess.assets.ConsoleStorage"},
}
WHITENOISE_MAX_AGE = 3600  # of what has no hash in its name; the rest is kept for ever
FORM_RENDERER = "cxaccess.forms.ConsoleRenderer"


# Mail: embedded, it becomes files under the data folder; in production SMTP, such as smtp+tls://user:pass@host:587.
if PRODUCTION:
    vars().update(env.email_url_config(secret("CXACCESS_EMAIL_URL")))
    EMAIL_TIMEOUT = 10
else:
    EMAIL_BACKEND = "cxaccess.jobs.mailbox.FileBackend"

# A terminal gets text and only what went wrong, so that the address and the people to sign in as stay in sight.
LOGGING = logs.configure(
    as_json=env.str("CXACCESS_LOG_FORMAT", default="json" if PRODUCTION else "text") == "json",
    level=env.str("CXACCESS_LOG_LEVEL", default="INFO" if PRODUCTION else "WARNING").upper(),
)

MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^-/"]  # what monitors ask, from inside
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "cxaccess.errors.csrf_failure"
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_HANDLERS = [
    "cxaccess.uploads.Bounded",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    },
}

# Audit trail and object permissions
AUDITLOG_LOGENTRY_MODEL = "audits.Event"
MIGRATION_MODULES = {"auditlog": None}  # they would make a second log table that nothing writes
GUARDIAN_MONKEY_PATCH_USER = False
ANONYMOUS_USER_NAME = None

# Signing in: allauth runs the steps, accounts.signin decides them. Its own rate limits live in the cache, which may be
# away; ours live in the database (accounts.signin.limits).
AUTHENTICATION_BACKENDS = ["accounts.signin.backend.SignInBackend", "permissions.backend.GateBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "accounts.signin.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]  # there is no sign-up; allauth checks that the two agree
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_RATE_LIMITS = False
ACCOUNT_LOGIN_TIMEOUT = 600  # seconds between the password and the code
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "django.contrib.auth.tokens.PasswordResetTokenGenerator"  # noqa: S105 - a class
ACCOUNT_FORMS = {
    "reset_password": "accounts.signin.forms.ForgottenForm",
    "reset_password_from_key": "accounts.signin.forms.NewPasswordForm",
    "user_token": "accounts.signin.forms.LinkForm",
}
PASSWORD_RESET_TIMEOUT = 24 * 3600  # seconds; a link works once, and not after the password has changed
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
_VALIDATION = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"{_VALIDATION}.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": f"{_VALIDATION}.UserAttributeSimilarityValidator", "OPTIONS": {"user_attributes": ("name", "email")}},
    {"NAME": f"{_VALIDATION}.CommonPasswordValidator"},
    {"NAME": f"{_VALIDATION}.NumericPasswordValidator"},
]

# A session ends this long after signing in, or this long after it was last used; see /me/sessions/.
SESSION_HOURS = env.int("CXACCESS_SESSION_HOURS", default=12)
SESSION_IDLE_MINUTES = env.int("CXACCESS_SESSION_IDLE_MINUTES", default=120)
SESSION_COOKIE_AGE = SESSION_HOURS * 3600

# Single sign-on with one OpenID Connect provider. Its identities are keyed by (provider, subject); the provider's name
# holds the issuer, so that another issuer's subjects can never be taken for these. The address to register there is
# CXACCESS_URL/sign-in/sso/<OIDC_PROVIDER>/callback/.
SOCIALACCOUNT_ADAPTER = "accounts.signin.adapter.SocialAdapter"
OIDC_ISSUER = env.str("CXACCESS_OIDC_ISSUER", default="").rstrip("/")
OIDC_NAME = env.str("CXACCESS_OIDC_NAME", default=urlsplit(OIDC_ISSUER).hostname or "")
OIDC_PROVIDER = "-".join(OIDC_ISSUER.partition("://")[2].split("/"))
OIDC_LINK_VERIFIED_MAIL = env.bool("CXACCESS_OIDC_LINK_VERIFIED_MAIL", default=False)
OIDC_UNKNOWN = env.str("CXACCESS_OIDC_UNKNOWN", default="refuse")
if OIDC_UNKNOWN not in ("refuse", "admit"):
    raise ImproperlyConfigured(f"CXACCESS_OIDC_UNKNOWN is {OIDC_UNKNOWN!r}; it must be 'refuse' or 'admit'.")
if OIDC_ISSUER:
    SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {
            "OAUTH_PKCE_ENABLED": True,
            "APPS": [
                {
                    "provider_id": OIDC_PROVIDER,
                    "name": OIDC_NAME,
                    "client_id": secret("CXACCESS_OIDC_CLIENT_ID"),
                    "secret": secret("CXACCESS_OIDC_CLIENT_SECRET"),
                    "settings": {"server_url": OIDC_ISSUER},
                }
            ],
        }
    }
    # A form that leads there is stopped by the browser unless the policy names where it may end.
    _oidc = urlsplit(OIDC_ISSUER)
    CONTENT_SECURITY_POLICY["DIRECTIVES"]["form-action"] += [
        f"{_oidc.scheme}://{_oidc.netloc}",
        *env.list("CXACCESS_OIDC_ORIGINS", default=[]),
    ]
# W004: the address is unique, case-insensitively and where it is not empty, by a named constraint.
# guardian.W001: its backend sees no windows and must never be asked; ours asks the gate.
SILENCED_SYSTEM_CHECKS = ["auth.W004", "guardian.W001"]
