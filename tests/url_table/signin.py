"""Signing in and out, one's own security, and setting up an instance (which is over, where there are people)."""

from tests.cast import Cast
from tests.url_table import EVERYBODY, Row, public

BOTH = ("get", "post")


def _provider(_cast: Cast) -> dict[str, str]:
    return {"provider_id": "unknown"}


def _reset_key(_cast: Cast) -> dict[str, str]:
    return {"uidb36": "unknown", "key": "unknown"}


def _session(_cast: Cast) -> dict[str, int]:
    return {"pk": 0}


ROWS = [
    Row("account_login", EVERYBODY, ok=302, outside=200),
    Row("account_login", EVERYBODY, method="post", ok=302, outside=200),
    Row("account_logout", EVERYBODY),
    Row("account_logout", EVERYBODY, method="post", ok="login"),
    public("signin:sso", method="post", status=404),
    public("signin:refused", status=403),
    *(Row(f"signin:{name}", EVERYBODY, method=method, ok=302) for name in ("code", "recovery") for method in BOTH),
    public("signin:somebody_else", method="post", status="login"),
    *(public("openid_connect_callback", _provider, method=method, status=404) for method in BOTH),
    *(public("account_reset_password", method=method) for method in BOTH),
    public("account_reset_password_done"),
    *(public("account_reset_password_from_key", _reset_key, method=method) for method in BOTH),
    public("account_reset_password_from_key_done"),
    *(Row("signin:confirm", EVERYBODY, method=method) for method in BOTH),
    Row("me:security", EVERYBODY),
    *(Row(f"me:{name}", EVERYBODY, method=method) for name in ("enrol", "password", "new_codes") for method in BOTH),
    Row("me:remove_factor", EVERYBODY),
    Row("me:remove_factor", "chiara otto", method="post", ok=302, others=422),
    Row("me:download_codes", EVERYBODY, method="post", ok=302),
    Row("me:sessions", EVERYBODY),
    Row("me:end_session", "", _session, method="post"),
    Row("me:end_other_sessions", EVERYBODY, method="post", ok=302),
    Row(
        "assist:invite",
        "priya",
        lambda cast: {"pk": cast.ivy.pk},
        method="post",
        ok=302,
        also={"rosa": 302, "otto": 403, "jonas": 404},
    ),
    Row(
        "assist:lost_factor",
        "priya rosa",
        lambda cast: {"pk": cast.maya.pk},
        also={"otto": 403, "jonas": 403, "maya": 404},
    ),
    Row(
        "assist:lost_factor",
        "priya",
        lambda cast: {"pk": cast.maya.pk},
        method="post",
        data={"reason": "Phone lost"},
        ok=302,
        also={"otto": 403, "jonas": 403, "rosa": 302},
    ),
    *(public("set_up", method=method, status=404) for method in BOTH),
]
