"""Real processes that are asked to stop: what they counted and had not yet written is written."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from cxaccess.management.commands.serve import ALONE, WORKER
from permissions.models import PolicyDay, PolicyTouch, UsageDay
from tests.cast import Cast
from tests.policies import enact
from tests.served import Started, ask, wait_until
from tests.sessions import signed_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.realdb, pytest.mark.slow]


@pytest.fixture
def started() -> Iterator[Started]:
    found = Started()
    yield found
    found.stop()


def total() -> int:
    return sum(UsageDay.objects.values_list("count", flat=True))


def test_a_web_server_that_is_asked_to_stop_writes_what_it_counted(cast: Cast, started: Started) -> None:
    enact("block", permissions=["team.view"], stage="recording")
    session = signed_in(cast.priya).cookies["sessionid"].value
    server, port = started.serve()
    for _ in range(7):
        assert ask(port, f"/teams/{cast.care_dach.pk}/", session) == 200
    server.send_signal(signal.SIGTERM)
    assert server.wait(timeout=20) == 0
    assert total() == 7
    assert set(PolicyDay.objects.values_list("kind", "count")) == {("seen", 7), ("changed", 7), ("block", 7)}
    assert PolicyTouch.objects.get().count == 7


def test_a_worker_that_is_asked_to_stop_writes_what_its_jobs_counted(
    cast: Cast, started: Started, tmp_path: Path
) -> None:
    flag = tmp_path / "counted"
    started.environment |= {"CXACCESS_TEST_READS": f"{cast.maya.pk},{cast.german_reviews.pk},{flag}"}
    worker = started.start("celery", "--app", "tests.permissions.reading_worker", "--quiet", *WORKER, *ALONE)
    wait_until("the worker counted", flag.exists)
    worker.send_signal(signal.SIGTERM)
    worker.wait(timeout=20)
    assert total() == 5
