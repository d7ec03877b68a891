"""The Celery application. A message only says "look at the job rows": what is to be done, and whether it was, is there.

Embedded: the file broker under the data folder. With `REDIS_URL`: Redis, any number of workers and beats.
"""

import os
import warnings
from pathlib import Path

from celery import Celery, signals
from celery.platforms import SecurityWarning

from cxaccess.jobs.broker import SCHEME
from cxaccess.lib import lifeline

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cxaccess.settings")
from django.conf import settings

WAKE_EVERY = 5.0  # seconds between beat's wake-ups: how late a job may start whose own wake-up was lost

# It warns root of pickled messages; ours are JSON, and containers run as root.
warnings.filterwarnings("ignore", category=SecurityWarning)
app = Celery("cxaccess")


def broker(redis_url: str, data_dir: Path) -> dict[str, object]:
    """Return Celery's broker settings."""
    if redis_url:
        return {
            "broker_url": redis_url,
            "broker_transport_options": {
                "visibility_timeout": 300,
                # Without it, messages of a killed worker stayed away for longer than anybody waits.
                "unacked_restore_throttle": 1,
                "socket_connect_timeout": 1,
                "socket_timeout": 5,
            },
        }
    folder = data_dir / "broker"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return {
        "broker_url": f"{SCHEME}://localhost",
        "broker_transport_options": {
            "data_folder_in": str(folder),
            "data_folder_out": str(folder),
            "control_folder": str(folder / "control"),
            "polling_interval": 0.1,
        },
        "worker_enable_remote_control": False,
    }


@signals.worker_init.connect
@signals.beat_init.connect
def end_with_supervisor(**kwargs: object) -> None:
    """Tie a worker or beat that `manage.py serve` started to it."""
    lifeline.hold_if_supervised()


@signals.worker_ready.connect
@signals.worker_process_init.connect
def write_counts(**kwargs: object) -> None:
    """Write what people's jobs open in this worker, or in this process of its pool."""
    from permissions import counting

    counting.start()


@signals.worker_shutdown.connect
@signals.worker_process_shutdown.connect
def write_last_counts(**kwargs: object) -> None:
    """Write the rest before this process ends."""
    from permissions import counting

    counting.stop()


app.conf.update(
    **broker(settings.REDIS_URL, settings.DATA_DIR),
    include=["cxaccess.jobs.tasks"],
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_publish_retry=False,
    task_serializer="json",
    accept_content=["json"],
    timezone="UTC",
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    worker_send_task_events=False,
    broker_connection_retry_on_startup=True,
    beat_schedule={
        "wake": {"task": "cxaccess.jobs.tasks.run_due", "schedule": WAKE_EVERY, "options": {"expires": WAKE_EVERY}},
    },
)
