"""Says loudly when browser tests did not run, and fails the run for it where CXACCESS_REQUIRE_BROWSER is set."""

import os

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = _skipped(terminalreporter)
    if skipped:
        terminalreporter.write_line(f"LOUD: {skipped} browser tests did not run. Install Chromium to run them.")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter and os.environ.get("CXACCESS_REQUIRE_BROWSER") and _skipped(reporter) and session.exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _skipped(reporter: pytest.TerminalReporter) -> int:
    reports = reporter.stats.get("skipped", [])
    return sum("browser" in report.keywords and "no Chromium" in str(report.longrepr) for report in reports)
