"""Logs say what happened and give nothing away."""

import io
import json
import logging

import pytest
import structlog

from cxaccess import logs
from cxaccess.lib import context


@pytest.fixture
def lines():
    """Write JSON logs for one test and return what was written, parsed.

    Only the pieces are put in place: configuring the whole would close pytest's own handlers.
    """
    config = logs.configure(as_json=True, level="INFO")
    formatter = config["formatters"]["line"]
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(formatter.pop("()")(**formatter))
    handler.addFilter(logs.RouteInsteadOfPath())
    root = logging.getLogger()
    root.addHandler(handler)
    level = root.level
    root.setLevel("INFO")
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    root.setLevel(level)
    root.removeHandler(handler)


def test_a_line_is_json_with_the_correlation_id(lines):
    token = context.origin.set(context.Origin(correlation_id="abc", door="web"))
    structlog.get_logger("cxaccess").info("something", count=3)
    logging.getLogger("elsewhere").warning("by the standard library, %s", "too", extra={"kind": "x"})
    context.origin.reset(token)
    ours, theirs = lines()
    assert (ours["event"], ours["count"], ours["correlation_id"], ours["level"]) == ("something", 3, "abc", "info")
    assert (theirs["event"], theirs["kind"], theirs["correlation_id"]) == ("by the standard library, too", "x", "abc")


def test_secrets_are_hidden_however_deep(lines):
    structlog.get_logger("cxaccess").info("sign-in", password="a", facts={"otp_token": "b", "list": [{"Cookie": "c"}]})
    (line,) = lines()
    assert line["password"] == "[hidden]"
    assert line["facts"] == {"otp_token": "[hidden]", "list": [{"Cookie": "[hidden]"}]}


def test_a_failed_request_is_logged_with_its_route_not_its_path(lines, rf):
    request = rf.get("/accounts/password/reset/key/1-very-secret/")
    request.resolver_match = type("Match", (), {"route": "accounts/password/reset/key/<key>/"})()
    logging.getLogger("django.request").error("Internal Server Error: %s", request.path, extra={"request": request})
    (line,) = lines()
    assert "very-secret" not in json.dumps(line)
    assert "/accounts/password/reset/key/<key>/" in line["event"]


def test_a_traceback_is_part_of_its_line(lines):
    try:
        int("broken")
    except ValueError:
        structlog.get_logger("cxaccess").exception("it failed")
    (line,) = lines()
    assert "ValueError: invalid literal" in line["exception"]
