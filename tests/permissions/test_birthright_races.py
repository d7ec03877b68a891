"""A rule is put in force, or retired, while somebody moves: whoever comes second sees the first."""

import os
from functools import partial
from typing import Any

import pytest
from django.db import transaction

from accounts.groups import jobs
from accounts.models import Person
from accounts.people.services import edit_person
from cxaccess.jobs.models import Job
from cxaccess.lib import clock
from cxaccess.lib.errors import Stale
from permissions.birthrights import recompute, rules
from permissions.birthrights.services import enforce_birthright, retire_birthright
from permissions.models import RoleGrant
from tests import birthrights as by
from tests.birthrights import gift, titled
from tests.cast import Cast
from tests.rivals import together

ROUNDS = 40 if os.environ.get("CXACCESS_FULL") else 5
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.realdb]
SAYS = titled("Support agent")


def move(cast: Cast, person: Person, title: str) -> Any:
    row = Person.objects.get(pk=person.pk)
    return partial(
        edit_person, cast.priya, person=row, row_version=row.row_version, changes={"title": title}, at=clock.now()
    )


def settled() -> bool:
    return not any(recompute.differs(each, clock.now()) for each in rules.standing())


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_a_rule_put_in_force_while_somebody_moves_misses_nobody(cast: Cast, _round: int) -> None:
    row = by.draft(cast.priya, SAYS, [gift(cast.feedback_reader, "region"), gift(cast.care_emea)])
    stated = {"row_version": row.row_version, "reason": "Now", "at": clock.now()}
    done = together(
        partial(enforce_birthright, cast.priya, birthright=row, **stated),
        move(cast, cast.ali, "Trainer"),
        move(cast, cast.chiara, "Support agent"),
    )
    assert not [one for one in done if isinstance(one, Exception)], done
    assert settled()
    assert by.grants(cast.ali) == set()
    assert len(by.grants(cast.chiara)) == 1


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_a_rule_retired_while_somebody_moves_leaves_nothing_behind(cast: Cast, _round: int) -> None:
    row = by.in_force(cast.priya, SAYS, [gift(cast.feedback_reader, "region"), gift(cast.care_emea)])
    row.refresh_from_db()
    stated = {"row_version": row.row_version, "reason": "Now", "at": clock.now()}
    done = together(
        move(cast, cast.chiara, "Support agent"),
        partial(retire_birthright, cast.priya, birthright=row, **stated),
    )
    assert not [one for one in done if isinstance(one, Exception)], done
    assert not RoleGrant.objects.in_force(clock.now()).filter(source="birthright").exists()
    assert by.places(cast.chiara) == set()


def test_two_who_put_the_same_version_in_force_do_it_once(cast: Cast) -> None:
    row = by.draft(cast.priya, SAYS, [gift(cast.feedback_reader)])
    stated = {"row_version": row.row_version, "reason": "Now", "at": clock.now()}
    act = partial(enforce_birthright, cast.priya, birthright=row, **stated)
    done = together(act, act)
    assert len([one for one in done if isinstance(one, Stale)]) == 1, done
    assert RoleGrant.objects.filter(source="birthright").count() == 1


def test_the_jobs_and_somebody_who_moves_do_not_wait_in_a_circle(cast: Cast) -> None:
    by.in_force(cast.priya, SAYS, [gift(cast.feedback_reader, "region"), gift(cast.care_emea)])
    Person.objects.filter(pk=cast.maya.pk).update(title="Support agent")  # something for the job to do
    now = clock.now()
    with transaction.atomic():
        job = Job.objects.create(kind=jobs.SETTLE, slot="race", run_at=now, lease_until=now, attempts=0)
    done = together(
        partial(jobs.settle, job, now), move(cast, cast.maya, "Trainer"), move(cast, cast.chiara, "Support agent")
    )
    assert not [one for one in done if isinstance(one, Exception)], done
    assert settled()
