"""The frame around every kind: nothing half, nothing twice, nobody's turn taken, no file left behind."""

from datetime import timedelta

import pytest

from accounts.models import Person, PersonState
from audits.models import Event
from cxaccess.jobs import imports, runner
from cxaccess.jobs.imports import Run, Stopped
from cxaccess.jobs.models import ImportBatch, ImportRow, ImportState, Job
from cxaccess.jobs.runner import LeaseLost
from cxaccess.lib import clock
from cxaccess.lib.csv_in import Unreadable
from cxaccess.lib.errors import Refused, Stale
from permissions.guards import NotAllowed, NotVisible
from permissions.imports.kinds.base import Outdated
from permissions.imports.services import applying, batches, checking
from permissions.models import RoleGrant
from tests import world
from tests.importing import applied, apply, checked, received, said

pytestmark = [pytest.mark.django_db, pytest.mark.realdb]
ADA = "name,email\nAda Lee,ada@kestrelhome.example\n"
TWO = ADA + "Bea Ito,bea@kestrelhome.example\n"


def ada():
    return Person.objects.filter(email="ada@kestrelhome.example")


def lying():
    """Return the files of imports that lie in the data folder."""
    return {path.name for path in imports.folder().glob("*")}


@pytest.fixture(autouse=True)
def _no_file_is_left(db):
    before = lying()
    yield
    open_ones = set(ImportBatch.objects.exclude(file="").values_list("file", flat=True))
    assert {name.partition(".")[0] for name in lying() - before} <= open_ones


def test_the_file_lies_sealed_until_it_is_over(cast):
    batch = received(cast.priya, "people", ADA)
    path = imports.folder() / batch.file
    assert b"Ada" not in path.read_bytes()
    assert path.stat().st_mode & 0o077 == 0
    applied(cast.priya, "people", ADA)
    batches.cancel(cast.priya, batch=batch, at=clock.now())
    assert not path.exists()
    assert set(ImportBatch.objects.values_list("file", flat=True)) == {""}


def test_a_file_that_is_none_is_refused_at_once_and_leaves_nothing(cast):
    before = lying()
    with pytest.raises(Unreadable, match="Excel"):
        received(cast.priya, "people", b"PK\x03\x04" + b"\x00" * 100)
    assert (lying(), ImportBatch.objects.count()) == (before, 0)


def test_a_fault_in_the_last_line_refuses_the_whole_file(cast):
    text = "name,email\n" + "".join(f"P {n},p{n}@x.example\n" for n in range(3000)) + 'Q,"open\n'
    batch = checked(cast.priya, "people", text)
    assert (batch.state, batch.rows.count(), batch.file) == (ImportState.REFUSED, 0, "")
    assert "Line 3002" in batch.message


def test_a_file_with_a_header_alone_is_refused(cast):
    assert checked(cast.priya, "people", "name,email\n").state == ImportState.REFUSED


def test_refused_rows_stop_the_rest_unless_they_are_left_out(cast):
    batch = checked(cast.priya, "people", TWO + "Cid,nonsense\n")
    with pytest.raises(Refused, match="left out"):
        apply(batch)
    assert not ada().exists()
    apply(batch, leave_out=True)
    assert ada().exists()


def test_where_nothing_is_to_do_nothing_is_applied(cast):
    applied(cast.priya, "people", ADA)
    with pytest.raises(Refused, match="nothing to do"):
        apply(checked(cast.priya, "people", ADA))


def test_who_may_not_import_brings_nothing_in(cast):
    for person, refusal in ((cast.otto, NotAllowed), (cast.maya, NotVisible), (cast.sofia, NotVisible)):
        with pytest.raises(refusal):
            received(person, "people", ADA)
    world.give(cast.otto, world.role("Importer", {"import.run"}))
    with pytest.raises(NotAllowed):
        received(cast.otto, "people", ADA)


def test_only_who_brought_it_goes_on_with_it(cast):
    world.give(cast.rosa, cast.administrator)
    batch = checked(cast.priya, "people", ADA)
    with pytest.raises(Refused, match="Priya"):
        batches.begin_apply(cast.rosa, batch=batch, leave_out=False, at=clock.now())
    with pytest.raises(Refused, match="Priya"):
        batches.cancel(cast.rosa, batch=batch, at=clock.now())


def test_one_event_says_what_was_applied(cast):
    batch = applied(cast.priya, "people", TWO + "Cid,nonsense\n", leave_out=True)
    event = Event.objects.get(tag="import.applied")
    assert (event.object_id, event.actor) == (batch.pk, cast.priya)
    assert (event.additional_data["create"], event.additional_data["refuse"]) == (2, 1)
    assert "Ada" not in str(event.additional_data)


def test_what_changed_since_it_was_looked_at_is_looked_at_again(cast):
    batch = checked(cast.priya, "people", TWO)
    world.person("Somebody Else", email="bea@kestrelhome.example")
    with pytest.raises(Outdated) as caught:
        apply(batch)
    assert caught.value.lines == (3,)
    assert not ada().exists()


def test_a_right_that_was_lost_since_counts(cast):
    world.give(cast.otto, world.role("Importer", {"import.run", "person.create"}))
    batch = checked(cast.otto, "people", TWO)
    batches.begin_apply(cast.otto, batch=batch, leave_out=False, at=clock.now())
    batch.refresh_from_db()
    RoleGrant.objects.filter(principal=cast.otto.principal).update(until=clock.now() - timedelta(seconds=1))
    with pytest.raises(Outdated):
        applying.apply(Run(batch, "test"), at=clock.now(), tick=clock.now)
    assert not ada().exists()


def test_who_was_suspended_since_writes_nothing(cast):
    batch = checked(cast.priya, "people", TWO)
    batches.begin_apply(cast.priya, batch=batch, leave_out=False, at=clock.now())
    batch.refresh_from_db()
    Person.objects.filter(pk=cast.priya.pk).update(state=PersonState.SUSPENDED)
    with pytest.raises(Outdated):
        applying.apply(Run(batch, "test"), at=clock.now(), tick=clock.now)
    assert not ada().exists()


def test_two_files_of_a_kind_are_not_applied_at_once(cast):
    first, second = checked(cast.priya, "people", ADA), checked(cast.priya, "people", TWO)
    batches.start(cast.priya, batch=first, leave_out=False, at=clock.now())
    with pytest.raises(Refused, match="another file of this kind"):
        batches.start(cast.priya, batch=second, leave_out=False, at=clock.now())


def test_a_file_is_not_started_twice(cast):
    batch = checked(cast.priya, "people", ADA)
    batches.start(cast.priya, batch=batch, leave_out=False, at=clock.now())
    with pytest.raises(Stale):
        batches.start(cast.priya, batch=batch, leave_out=False, at=clock.now())


def run_jobs():
    while runner.run_one(clock.now() + timedelta(seconds=1)):
        pass


def test_jobs_check_and_apply_it(cast):
    batch = received(cast.priya, "people", TWO)
    batches.set_columns(cast.priya, batch=batch, mapping=batch.mapping, at=clock.now())
    run_jobs()
    batch.refresh_from_db()
    assert (batch.state, batch.counts["create"]) == (ImportState.CHECKED, 2)
    batches.start(cast.priya, batch=batch, leave_out=False, at=clock.now())
    run_jobs()
    batch.refresh_from_db()
    assert (batch.state, ada().count()) == (ImportState.APPLIED, 1)
    assert not Job.objects.filter(kind__startswith="import.", done_at=None).exists()


def test_a_job_whose_file_became_old_has_it_checked_again(cast):
    batch = checked(cast.priya, "people", TWO)
    batches.start(cast.priya, batch=batch, leave_out=False, at=clock.now())
    world.person("Somebody Else", email="bea@kestrelhome.example")
    run_jobs()
    batch.refresh_from_db()
    assert (batch.state, batch.counts["create"], batch.counts["change"]) == (ImportState.CHECKED, 1, 1)
    assert "1 row would do something else" in batch.message
    assert not ada().exists()


def test_a_job_that_cannot_go_on_says_so_and_changes_nothing(cast, monkeypatch):
    batch = received(cast.priya, "people", TWO)
    batches.set_columns(cast.priya, batch=batch, mapping=batch.mapping, at=clock.now())

    def broken(*_args, **_kwargs):
        raise ZeroDivisionError

    monkeypatch.setattr(checking, "_read", broken)
    for _ in range(3):
        Job.objects.filter(kind="import.check").update(run_at=clock.now())
        runner.run_one(clock.now())
    batch.refresh_from_db()
    assert (batch.state, batch.file) == (ImportState.FAILED, "")
    assert "nothing was changed" in batch.message


def test_a_worker_that_lost_its_turn_writes_nothing_more(cast):
    batch = received(cast.priya, "people", TWO)
    batches.begin_check(batch)
    slow = Run(ImportBatch.objects.get(pk=batch.pk), "slow")
    slow.begin(ImportState.CHECKING, "reading")
    assert checking.check(Run(batch, "quick"), at=clock.now(), tick=clock.now)
    with pytest.raises(LeaseLost):
        slow.stage([imports.Staged(2, "", {}, "create", "", "", {})], done=1)
    assert ImportRow.objects.filter(batch=batch).count() == 2


def test_a_check_that_is_cancelled_stops_and_leaves_nothing(cast):
    batch = received(cast.priya, "people", TWO)
    batches.begin_check(batch)
    run = Run(ImportBatch.objects.get(pk=batch.pk), "test")
    run.begin(ImportState.CHECKING, "reading")
    assert batches.cancel(cast.priya, batch=batch, at=clock.now())
    with pytest.raises(Stopped):
        run.report(done=1)


def test_applying_is_stopped_before_anything_stands(cast, monkeypatch):
    batch = checked(cast.priya, "people", TWO)
    batches.start(cast.priya, batch=batch, leave_out=False, at=clock.now())
    original = applying._judge_again

    def stopping(run, kind, desk):
        original(run, kind, desk)
        assert batches.cancel(cast.priya, batch=batch, at=clock.now()) is False

    monkeypatch.setattr(applying, "_judge_again", stopping)
    run_jobs()
    batch.refresh_from_db()
    assert (batch.state, batch.message) == (ImportState.CHECKED, "Stopped. Nothing was changed.")
    assert not ada().exists()
    monkeypatch.setattr(applying, "_judge_again", original)
    apply(batch)
    assert ada().exists()


def test_a_command_that_was_killed_blocks_nobody(cast):
    stuck = checked(cast.priya, "people", ADA)
    imports.move(stuck, ImportState.CHECKED, to=ImportState.APPLYING, run="command-1")
    applied(cast.priya, "people", TWO)
    assert batches.cancel(cast.priya, batch=stuck, at=clock.now())


def test_what_nobody_goes_on_with_is_ended_and_rows_are_forgotten(cast):
    left, done = checked(cast.priya, "people", TWO), applied(cast.priya, "people", ADA)
    imports.tidy(Job(), clock.now() + timedelta(days=4))
    left.refresh_from_db()
    assert (left.state, left.file) == (ImportState.CANCELLED, "")
    assert done.rows.exists()
    imports.tidy(Job(), clock.now() + timedelta(days=60))
    assert (done.rows.exists(), ImportBatch.objects.filter(pk=done.pk).exists()) == (False, True)


def test_columns_are_remembered_for_the_next_file(cast):
    text = "Wer,Wohin\nAda Lee,ada@kestrelhome.example\n"
    first = received(cast.priya, "people", text)
    assert first.mapping == {}
    with pytest.raises(Refused, match="Two columns"):
        batches.set_columns(cast.priya, batch=first, mapping={"name": 0, "email": 0}, at=clock.now())
    batches.set_columns(cast.priya, batch=first, mapping={"name": 0, "email": 1}, at=clock.now())
    assert received(cast.priya, "people", text).mapping == {"name": 0, "email": 1}


def test_a_column_that_is_needed_must_be_there(cast):
    batch = received(cast.priya, "matrix", "wer,was\nu1,p1\n")
    with pytest.raises(Refused, match="User"):
        batches.set_columns(cast.priya, batch=batch, mapping={"permission": 1}, at=clock.now())


def test_a_row_of_another_width_is_refused_and_the_others_are_not(cast):
    batch = checked(cast.priya, "people", "name,email\nAda,ada@x.example\nBea,bea@x.example,more\nCid\n")
    assert sorted(said(batch)) == [3, 4]
    assert batch.counts["create"] == 1
