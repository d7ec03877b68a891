"""`manage.py serve`: the whole of CX Access in one foreground command, the embedded way."""

import shlex
import sys
from argparse import ArgumentParser
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection
from django.utils.translation import gettext as _

from cxaccess.supervisor import Child, Supervisor
from permissions.setup.selectors import is_open, setup_code

CELERY = [sys.executable, "-m", "celery", "--app", "cxaccess.celery", "--quiet"]
WORKER = ["worker", "--pool", "threads", "--concurrency", "2", "--loglevel", "WARNING", "--hostname", "worker@%h"]
# One worker has nobody to gossip with, and the file broker has no use for its heartbeats.
ALONE = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
# In memory: what each tick did is a job row, so a schedule file could only disagree with it.
BEAT = ["beat", "--scheduler", "celery.beat:Scheduler", "--loglevel", "WARNING", "--pidfile="]


class Command(BaseCommand):
    """Supervises the web server, the Celery worker and beat until Ctrl-C."""

    help = "Run the web server, the worker and beat together until Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the port."""
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until stopped; exits with the supervisor's code."""
        port: int = options["port"]
        web = [sys.executable, "-m", "cxaccess.web", "--port", str(port)]
        children = [
            Child("web", web),
            Child("worker", [*CELERY, *WORKER, *ALONE]),
            Child("beat", [*CELERY, *BEAT]),
        ]
        supervisor = Supervisor(children, ready=lambda: answers(port), on_ready=self.announce, say=self.stderr.write)
        sys.exit(supervisor.run())

    def announce(self) -> None:
        """Print the address and the way in: the demo's people, or the page that sets up an empty instance."""
        self.stdout.write(_("\nCX Access is at %(url)s\n") % {"url": settings.PUBLIC_URL})
        if settings.DEMO:
            call_command("demo_people", stdout=self.stdout)
            self.stdout.write(_("\nType manage.py as: %(command)s") % {"command": manage()})
            self.stdout.write(_("Mail arrives at %(url)s/mailbox/") % {"url": settings.PUBLIC_URL})
        elif is_open():
            there = {"url": settings.PUBLIC_URL, "code": setup_code()}
            self.stdout.write(_("Set it up at %(url)s/setup/ with the code %(code)s") % there)
        self.stdout.write(_("Ctrl-C ends everything."))
        self.stdout.flush()
        connection.close()


def manage() -> str:
    """Return the command line that runs `manage.py` on this instance, from its folder."""
    python = Path(sys.executable)
    short = python.relative_to(settings.BASE_DIR) if python.is_relative_to(settings.BASE_DIR) else python
    chosen = (
        ""
        if settings.DATA_DIR == settings.BASE_DIR / "data"
        else f"CXACCESS_DATA={shlex.quote(str(settings.DATA_DIR))} "
    )
    return f"{chosen}{short} manage.py"


def answers(port: int) -> bool:
    """Return whether the web server answers on `port`."""
    probe = HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        probe.request("GET", "/-/live", headers={"Host": "localhost"})
        return probe.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        probe.close()
