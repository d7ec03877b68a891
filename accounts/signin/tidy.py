"""Deletes what signing in no longer needs. A periodic job."""

from datetime import datetime

from accounts.signin import limits
from accounts.signin.sessions import services as sessions
from cxaccess.jobs.models import Job


def tidy(job: Job, at: datetime) -> None:
    """Delete limits that ran out and sessions that ended long ago."""
    limits.tidy(at)
    sessions.tidy(at)
