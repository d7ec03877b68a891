"""Whether a worker lives: the last moment one looked at the job rows, kept as a watermark."""

from datetime import datetime, timedelta

from cxaccess.jobs.models import Watermark

NAME = "worker.heartbeat"
WRITE_EVERY = timedelta(seconds=20)  # often enough to tell, rare enough not to matter to SQLite
STALE_AFTER = timedelta(minutes=2)


def beat(at: datetime) -> None:
    """Note that a worker is alive at `at`."""
    last = Watermark.objects.filter(name=NAME).first()
    if last is None:
        Watermark.objects.bulk_create([Watermark(name=NAME, at=at)], ignore_conflicts=True)
    elif at - last.at >= WRITE_EVERY:
        Watermark.objects.filter(name=NAME, at__lt=at).update(at=at)


def alive(at: datetime) -> bool:
    """Return whether some worker looked at the job rows lately."""
    return Watermark.objects.filter(name=NAME, at__gt=at - STALE_AFTER).exists()
