"""Signing in and out: the pages of allauth that are open to everybody, and those of one's own account."""

from tests.cast import Cast
from tests.url_table import EVERYBODY, LOGIN, Row, public

BOTH = ("get", "post")


def _provider(_cast: Cast) -> dict[str, str]:
    return {"provider_id": "unknown"}


def _key(_cast: Cast) -> dict[str, str]:
    return {"key": "unknown"}


def _reset_key(_cast: Cast) -> dict[str, str]:
    return {"uidb36": "unknown", "key": "unknown"}


ROWS = [
    Row("account_login", EVERYBODY, ok=302, outside=200),
    Row("account_login", EVERYBODY, method="post", ok=302, outside=200),
    Row("account_logout", EVERYBODY, outside=302),
    Row("account_logout", EVERYBODY, method="post", ok=302, outside=302),
    public("account_inactive"),
    *(Row("account_signup", EVERYBODY, method=method, ok=302, outside=200) for method in BOTH),
    *(Row(name, EVERYBODY, method=method) for name in (
        "account_reauthenticate", "account_change_password", "socialaccount_connections",
    ) for method in BOTH),
    *(Row(name, EVERYBODY, method=method, ok=302) for name in (
        "account_set_password", "account_confirm_login_code",
    ) for method in BOTH),
    Row("account_email", EVERYBODY),
    Row("account_email", EVERYBODY, method="post", ok=302),
    *(Row("socialaccount_signup", "", method=method, others=LOGIN) for method in BOTH),
    public("account_email_verification_sent"),
    public("account_reset_password"),
    public("account_reset_password", method="post"),
    public("account_reset_password_done"),
    public("account_reset_password_from_key", _reset_key),
    public("account_reset_password_from_key", _reset_key, method="post"),
    public("account_reset_password_from_key_done"),
    public("account_confirm_email", _key),
    public("account_confirm_email", _key, method="post", status=404),
    public("socialaccount_login_cancelled"),
    public("socialaccount_login_error", status=401),
    *(public(f"/accounts/social/{end}/", method=method, status=301)
      for end in ("login/cancelled", "login/error", "signup", "connections") for method in BOTH),
    *(public(f"openid_connect_{step}", _provider, method=method, status=404)
      for step in ("login", "callback") for method in BOTH),
]  # fmt: skip
