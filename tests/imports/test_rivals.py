"""The same import by two people or workers at once."""

import pytest

from accounts.models import Person
from audits.models import Event
from cxaccess.jobs.imports import Run, folder, how_far, tell_how_far
from cxaccess.jobs.models import ImportBatch, ImportState
from cxaccess.lib import clock
from cxaccess.lib.errors import Refused
from permissions.imports.services import applying, batches
from tests import cast as people
from tests.importing import checked
from tests.rivals import together

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.realdb]
TWO = "name,email\nAda Lee,ada@kestrelhome.example\nBea Ito,bea@kestrelhome.example\n"


def test_two_workers_apply_a_file_once():
    cast = people.build()
    batch = checked(cast.priya, "people", TWO)
    batches.begin_apply(cast.priya, batch=batch, leave_out=False, at=clock.now())

    def work(name):
        def deed():
            mine = ImportBatch.objects.select_related("actor").get(pk=batch.pk)
            return applying.apply(Run(mine, name), at=clock.now(), tick=clock.now)

        return deed

    together(work("one"), work("two"))
    batch.refresh_from_db()
    assert batch.state == ImportState.APPLIED
    assert Person.objects.filter(email__in=["ada@kestrelhome.example", "bea@kestrelhome.example"]).count() == 2
    assert Event.objects.filter(tag="import.applied").count() == 1


def test_two_files_of_a_kind_started_at_once_wait_for_each_other():
    cast = people.build()
    first, second = checked(cast.priya, "people", TWO), checked(cast.priya, "people", TWO)
    answers = together(
        lambda: batches.start(cast.priya, batch=first, leave_out=False, at=clock.now()),
        lambda: batches.start(cast.priya, batch=second, leave_out=False, at=clock.now()),
    )
    assert sorted(isinstance(one, Refused) for one in answers) == [False, True]


def test_two_workers_who_tell_how_far_they_are_leave_each_other_alone():
    cast = people.build()
    batch = checked(cast.priya, "people", TWO)
    batches.begin_apply(cast.priya, batch=batch, leave_out=False, at=clock.now())
    batch.refresh_from_db()

    def tell():
        for number in range(300):
            tell_how_far(batch, number, 300)

    assert together(tell, tell, tell) == [None, None, None]
    assert how_far(batch) == (299, 300)
    assert not list(folder().glob(f"{batch.file}*.half"))
