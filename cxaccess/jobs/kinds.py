"""Every kind of job, and what runs it. Dotted, because what runs most of them lies in layers above this one."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.utils.module_loading import import_string

from cxaccess.jobs.models import Job

Handler = Callable[[Job, datetime], None]


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of job is run.

    `handler`: dotted path of ``handler(job, at)``, which may be run again after a crash and must then change nothing.
    `every`: a periodic kind; its rows make themselves, one for each tick.
    `atomic`: run in one transaction with the mark that it is done, which makes its rows exactly-once. Such a handler
    must be short, for on SQLite it holds the only write lock; others see to their own transactions.
    `lease`: how long a worker may be silent before another one takes the job over.
    """

    handler: str
    every: timedelta | None = None
    atomic: bool = True
    lease: timedelta = timedelta(minutes=5)

    def load(self) -> Handler:
        """Return the handler itself."""
        handler: Handler = import_string(self.handler)
        return handler


KINDS: dict[str, Kind] = {
    "database.sizes": Kind("cxaccess.jobs.sizes.learn", every=timedelta(hours=1), atomic=False),
    "grant.ends": Kind("permissions.grants.expiry.record_ends", every=timedelta(minutes=1), atomic=False),
    "grant.warnings": Kind("permissions.grants.expiry.warn_holders", every=timedelta(hours=1), atomic=False),
    "import.check": Kind("permissions.imports.services.jobs.check", atomic=False, lease=timedelta(minutes=2)),
    "import.apply": Kind("permissions.imports.services.jobs.apply", atomic=False, lease=timedelta(minutes=2)),
    "import.tidy": Kind("cxaccess.jobs.imports.tidy", every=timedelta(hours=1), atomic=False),
    "integration.warnings": Kind("accounts.integrations.expiry.warn_owners", every=timedelta(hours=1), atomic=False),
    "leaver.leave": Kind("accounts.people.leaving.services.leave_as_scheduled"),
    "notice.send": Kind("cxaccess.jobs.notices.send", atomic=False, lease=timedelta(minutes=1)),
    "policy.preview": Kind("permissions.policies.previews.work", atomic=False, lease=timedelta(minutes=2)),
    "policy.tidy": Kind("permissions.policies.traffic.tidy", every=timedelta(hours=6), atomic=False),
    "signin.reset": Kind("accounts.signin.services.send_reset"),
    "signin.failures": Kind("accounts.signin.failures.write", every=timedelta(minutes=5)),
    "signin.tidy": Kind("accounts.signin.tidy.tidy", every=timedelta(hours=1)),
    "usage.tidy": Kind("permissions.usage.services.tidy", every=timedelta(hours=6), atomic=False),
    "group.follow": Kind("accounts.groups.jobs.follow", every=timedelta(minutes=1), atomic=False),
    "group.settle": Kind("accounts.groups.jobs.settle", every=timedelta(hours=1), atomic=False),
    "job.tidy": Kind("cxaccess.jobs.tidy.tidy", every=timedelta(hours=6), atomic=False),
}


def tick(every: timedelta, at: datetime) -> datetime:
    """Return the latest multiple of `every` that is not after `at`: the same for every beat everywhere.

    >>> tick(timedelta(minutes=5), datetime(2026, 3, 3, 10, 13, 27, tzinfo=UTC)).isoformat()
    '2026-03-03T10:10:00+00:00'
    """
    seconds = int(at.timestamp())
    return datetime.fromtimestamp(seconds - seconds % int(every.total_seconds()), UTC)
