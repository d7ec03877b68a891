"""One message to one person, once, in their words and their time; the demo reads it at /mailbox/."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from django.test import Client, override_settings
from django.urls import reverse

from cxaccess.jobs import mailbox, runner
from cxaccess.jobs.models import Job, Notice
from cxaccess.jobs.notices import UNREACHABLE, notify, send

T = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)
pytestmark = [pytest.mark.django_db, pytest.mark.realdb]


@pytest.fixture(autouse=True)
def words(settings, tmp_path):
    """Templates and a mail folder of this test's own."""
    folder = tmp_path / "templates" / "notices"
    folder.mkdir(parents=True)
    (folder / "test.subject.txt").write_text("{{ role }}\n ends\n")
    (folder / "test.txt").write_text("{{ person.name }}: {{ role }} ends at {% now 'H:i T' %}.")
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path / "templates", *settings.TEMPLATES[0]["DIRS"]]}]
    settings.DATA_DIR = tmp_path
    settings.EMAIL_BACKEND = "cxaccess.jobs.mailbox.FileBackend"


def tell(person, once="grant 1 ends", at=T):
    with transaction.atomic():
        return notify(person.pk, "test", facts={"role": "Agent & <Analyst>"}, once=once, at=at)


def test_a_notice_is_sent_once_when_it_is_due(cast):
    assert tell(cast.maya)
    assert not tell(cast.maya)
    assert not runner.run_one(T - timedelta(seconds=1))
    assert runner.run_one(T)
    assert not runner.run_one(T + timedelta(days=1))
    (mail,) = mailbox.newest()
    assert (mail.to, mail.subject) == (cast.maya.email, "Agent & <Analyst> ends")
    assert f"{cast.maya.name}: Agent & <Analyst> ends at" in mail.body
    assert Notice.objects.get().sent_at == T


def test_a_mail_that_went_out_before_its_mark_was_lost_stays_one_mail(cast):
    tell(cast.maya)
    runner.run_one(T)
    Notice.objects.update(sent_at=None)
    send(Job.objects.get(), T)
    assert len(mailbox.newest()) == 1


def test_times_are_those_of_the_reader(cast):
    cast.maya.time_zone = "Asia/Tokyo"
    cast.maya.save(update_fields=["time_zone"])
    tell(cast.maya)
    runner.run_one(T)
    assert "JST" in mailbox.newest()[0].body


def test_somebody_without_an_address_is_settled_not_retried(cast):
    cast.maya.email = ""
    cast.maya.save(update_fields=["email"])
    tell(cast.maya)
    runner.run_one(T)
    assert Notice.objects.get().channel == UNREACHABLE
    assert mailbox.newest() == []


@pytest.fixture
def mailed(cast):
    tell(cast.maya)
    runner.run_one(T)
    return mailbox.newest()[0]


def test_the_demo_shows_its_mail(mailed):
    with override_settings(DEMO=True):
        assert mailed.subject.encode()[:5] in Client().get(reverse("mailbox")).content
        page = Client().get(reverse("mail", args=[mailed.key]))
    assert "Agent &amp; &lt;Analyst&gt; ends at" in page.content.decode()


@pytest.mark.parametrize("flags", [{"DEMO": False}, {"DEMO": True, "PRODUCTION": True}])
def test_no_other_instance_has_a_mailbox(mailed, flags):
    with override_settings(**flags):
        assert Client().get(reverse("mailbox")).status_code == 404
        assert Client().get(reverse("mail", args=[mailed.key])).status_code == 404


def test_a_mail_is_its_owners_alone_and_no_other_file_is_reached(mailed):
    assert (mailbox.folder() / f"{mailed.key}.eml").stat().st_mode & 0o077 == 0
    assert mailbox.find("../secrets") is None
    assert mailbox.find("0" * 24) is None
