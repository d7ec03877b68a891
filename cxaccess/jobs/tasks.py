"""The one Celery task: somebody was woken, by a commit or by beat, and looks at the job rows."""

from datetime import timedelta

from celery import shared_task

from cxaccess.jobs import heartbeat, runner
from cxaccess.lib import clock

LONGEST_TURN = timedelta(minutes=2)  # then the next wake-up goes on, so that a flood cannot keep beat's pulse out


@shared_task(name="cxaccess.jobs.tasks.run_due")
def run_due() -> None:
    """Run whatever is due, one job after the other."""
    began = at = clock.now()
    heartbeat.beat(at)
    runner.make_ticks(at)
    while runner.run_one(at) and at - began < LONGEST_TURN:
        at = clock.now()
        heartbeat.beat(at)
