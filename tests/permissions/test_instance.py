"""The settings take effect, are recorded, and are nobody's but the administrators'."""

from datetime import timedelta

import pytest

from accounts.signin.sessions import selectors as sessions
from audits.models import Event
from audits.trail.stories import describe
from audits.trail.tags import Tag
from cxaccess.jobs import settings as instance
from cxaccess.jobs.models import Job, Notice
from cxaccess.lib import clock
from cxaccess.lib.errors import Stale
from permissions.grants import expiry
from permissions.guards import NotAllowed
from permissions.instance.selectors import seal, values
from permissions.instance.services import change_settings
from tests import world
from tests.cast import Cast
from tests.sessions import signed_in


def change(cast: Cast, **wanted: object) -> list[str]:
    now = values()
    return change_settings(cast.priya, opened_on=seal(now), wanted=now | wanted, at=clock.now())


def test_a_change_is_told_once_with_before_and_after(cast: Cast) -> None:
    assert change(cast, name="Kestrel Home", notice_days=10) == ["name", "notice_days"]
    event = Event.objects.get(tag=Tag.SETTING_CHANGED)
    assert event.changes == {"instance.name": ["CX Access", "Kestrel Home"], "grants.notice_days": [7, 10]}
    assert str(describe([event])[0].sentence) == "Priya Raman changed settings: Instance name, Grants notice days"
    assert change(cast) == []
    assert Event.objects.filter(tag=Tag.SETTING_CHANGED).count() == 1


def test_the_name_stands_on_every_page(cast: Cast) -> None:
    change(cast, name="Kestrel Home")
    assert "Kestrel Home" in signed_in(cast.chiara).get("/").content.decode()


def test_sessions_are_as_long_as_set_within_what_the_deployment_allows(cast: Cast) -> None:
    change(cast, session_hours=2)
    assert sessions.hours() == 2
    change(cast, session_hours=900)
    assert sessions.hours() == 12


def test_notices_come_as_early_as_set(cast: Cast) -> None:
    world.give(cast.chiara, cast.feedback_reader, until=clock.now() + timedelta(days=9))
    job = Job.objects.create(kind="grant.warnings", slot="test", run_at=clock.now())
    expiry.warn_holders(job, clock.now())
    assert not Notice.objects.exists()
    change(cast, notice_days=10)
    expiry.warn_holders(job, clock.now())
    assert Notice.objects.count() == 1


def test_who_saves_on_old_values_is_refused(cast: Cast) -> None:
    opened_on = seal(values())
    change(cast, notice_days=10)
    with pytest.raises(Stale):
        change_settings(cast.priya, opened_on=opened_on, wanted=values() | {"notice_days": 20}, at=clock.now())
    assert instance.get(instance.NOTICE_DAYS) == 10


def test_who_only_reads_settings_changes_none(cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        change_settings(cast.otto, opened_on=seal(values()), wanted=values(), at=clock.now())
    assert "Change settings" not in signed_in(cast.otto).get("/settings/").content.decode()


@pytest.mark.parametrize(
    "wrong",
    [
        {"session_hours": "99"}, {"session_hours": "0"}, {"notice_days": "-1"}, {"mail_from": "nobody"},
        {"name": ""}, {"time_zone": "Mars/Olympus"},
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_not_saved(cast: Cast, wrong: dict[str, str]) -> None:
    now = values()
    answer = signed_in(cast.priya).post("/settings/edit/", now | {"opened_on": seal(now)} | wrong)
    assert answer.status_code == 422
    assert values() == now


def test_saving_needs_a_fresh_proof(cast: Cast) -> None:
    from accounts.signin.guards import PROVED

    client = signed_in(cast.priya)
    session = client.session
    session[PROVED] = world.soon(days=-1).isoformat()
    session.save()
    answer = client.get("/settings/edit/")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/confirm/")


def test_saving_by_the_form_leads_back(cast: Cast) -> None:
    now = values()
    answer = signed_in(cast.priya).post("/settings/edit/", now | {"opened_on": seal(now), "name": "Kestrel"})
    assert answer.headers["Location"] == "/settings/"
    assert instance.get(instance.INSTANCE_NAME) == "Kestrel"
