"""What load balancers and monitors ask: whether this process lives, and whether it may have traffic."""

from functools import cache

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from cxaccess.jobs import heartbeat


@login_not_required
@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """Answer that this process answers. Asks nothing else, so that a restart never follows from a slow database."""
    return JsonResponse({"status": "ok"})


@login_not_required
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """Answer 200 where decisions can be made, else 503.

    A missing worker is said ("degraded") but does not take the console away: jobs tidy, they never decide.
    """
    try:
        migrated = not _unapplied()
        worker = heartbeat.alive(request.at)  # type: ignore[attr-defined]
        database = True
    except DatabaseError:
        database = migrated = worker = False
    able = database and migrated
    status = "unavailable" if not able else "ok" if worker else "degraded"
    parts = {"database": database, "migrations": migrated, "worker": worker}
    return JsonResponse({"status": status, **parts}, status=200 if able else 503)


def _unapplied() -> bool:
    return not _known() <= MigrationRecorder(connection).applied_migrations().keys()


@cache
def _known() -> frozenset[tuple[str, str]]:
    """Return what this code brings; it cannot change while the process runs."""
    return frozenset(MigrationLoader(None).disk_migrations or {})
