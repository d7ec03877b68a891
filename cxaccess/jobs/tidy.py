"""Throws away what jobs leave behind."""

from datetime import datetime, timedelta

from cxaccess.jobs.models import Job, Notice

KEEP = timedelta(days=14)  # longer than any tick or slot could be asked for again
BATCH = 500


def tidy(job: Job, at: datetime) -> None:
    """Delete jobs done and notices sent before `KEEP`, in batches that hold the write lock shortly."""
    for rows in (Job.objects.filter(done_at__lt=at - KEEP), Notice.objects.filter(sent_at__lt=at - KEEP)):
        while batch := list(rows.values_list("pk", flat=True)[:BATCH]):
            rows.filter(pk__in=batch).delete()
