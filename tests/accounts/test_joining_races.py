"""Somebody comes to what a team holds, and the team is given more, at the same moment: the second sees the first.

Rosa lets people in and gives within EMEA alone. Priya gives what Rosa could not. Whether somebody may come in is
decided on what is held, so either they were in before, or Rosa is refused.
"""

import os
from collections.abc import Callable
from functools import partial
from threading import Event as Signal
from threading import get_ident
from time import sleep
from typing import Any

import pytest
from django.db import OperationalError

from accounts import gains
from accounts.groups.services import archive_group
from accounts.models import PersonState, Principal
from accounts.people.services import edit_person, reactivate
from accounts.teams.memberships import add_member, change_part
from accounts.teams.services import archive_team, edit_team, move_team
from audits.models import Event
from audits.trail.tags import Tag
from cxaccess.lib import clock
from permissions.grants import scopes
from permissions.grants.services import give_role
from permissions.guards import NotAllowed
from permissions.models import Action
from permissions.objects.services import give_on
from tests import world
from tests.cast import Cast
from tests.rivals import together

ROUNDS = 60 if os.environ.get("CXACCESS_FULL") else 4
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.realdb]


@pytest.fixture
def meet(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Any]]:
    """Let the second begin when the first has been found allowed and has written nothing yet."""
    real = gains.require_gains

    def run(first: Callable[[], Any], second: Callable[[], Any]) -> list[Any]:
        allowed, slow = Signal(), []

        def dawdling(*given: Any, **named: Any) -> None:
            real(*given, **named)
            if get_ident() in slow:
                allowed.set()
                sleep(0.4)

        def one() -> Any:
            slow.append(get_ident())
            try:
                return first()
            finally:
                allowed.set()

        def other() -> Any:
            allowed.wait(10)
            return second()

        monkeypatch.setattr(gains, "require_gains", dawdling)
        return together(one, other)

    return run


def gift(cast: Cast, to: Principal, **terms: int) -> Callable[[], Any]:
    """Return Priya's gift of what Rosa could not give."""
    scope = scopes.intern(terms)
    stated = {"starts_at": None, "until": None, "reason": "Needed", "at": clock.now()}
    return partial(give_role, cast.priya, principal=to, role=cast.administrator, scope=scope, **stated)


def in_before(done: list[Any], opened: Tag) -> bool:
    """Return whether what was opened was opened before the gift, or not at all."""
    first, second = done
    assert not isinstance(second, Exception), second
    gave = Event.objects.get(tag=Tag.GRANT_GIVEN)
    came = Event.objects.filter(tag=opened).first()
    assert (came is None) == isinstance(first, NotAllowed), first
    return came is None or came.pk < gave.pk


def test_a_new_member_is_in_before_the_team_is_given_more(cast: Cast, meet: Any) -> None:
    add = partial(add_member, cast.rosa, team=cast.care_dach, person=cast.ali, at=clock.now())
    assert in_before(meet(add, gift(cast, cast.care_dach.principal)), Tag.MEMBERSHIP_GIVEN)


def test_a_new_member_is_in_before_the_team_above_is_given_more(cast: Cast, meet: Any) -> None:
    add = partial(add_member, cast.rosa, team=cast.care_dach, person=cast.ali, at=clock.now())
    assert in_before(meet(add, gift(cast, cast.care_emea.principal)), Tag.MEMBERSHIP_GIVEN)


def test_a_new_member_is_in_before_somebody_gets_power_over_the_team(cast: Cast, meet: Any) -> None:
    add = partial(add_member, cast.rosa, team=cast.care_dach, person=cast.ali, at=clock.now())
    give = gift(cast, cast.chiara.principal, team=cast.care_emea.pk)
    assert in_before(meet(add, give), Tag.MEMBERSHIP_GIVEN)


def test_a_new_member_is_in_before_the_group_is_given_more(cast: Cast, meet: Any) -> None:
    circle = world.group("Circle", region=cast.dach)
    add = partial(add_member, cast.rosa, team=circle, person=cast.ali, at=clock.now())
    assert in_before(meet(add, gift(cast, circle.principal)), Tag.MEMBERSHIP_GIVEN)


def test_a_new_lead_is_one_before_the_team_is_given_more(cast: Cast, meet: Any, monkeypatch: Any) -> None:
    """What a lead may hand out is decided on what the team holds."""
    row = world.join(cast.ali, cast.care_dach)
    from accounts.teams import leads

    real = leads.brought.require_giving

    def asked(actor: Any, right: Any, *, at: Any) -> None:
        real(actor, right, at=at)
        gains.require_gains(actor, gains.Gains(), at=at)

    monkeypatch.setattr(leads.brought, "require_giving", asked)
    lead = partial(change_part, cast.rosa, membership=row, part="lead", at=clock.now())
    assert in_before(meet(lead, gift(cast, cast.care_dach.principal)), Tag.MEMBERSHIP_CHANGED)


def test_a_team_is_moved_before_the_one_above_is_given_more(cast: Cast, meet: Any) -> None:
    move = partial(
        move_team, cast.rosa, team=cast.insights_dach, row_version=1, parent=cast.care_emea, at=clock.now()
    )  # fmt: skip
    assert in_before(meet(move, gift(cast, cast.care_emea.principal)), Tag.TEAM_MOVED)


@pytest.mark.parametrize("of", ["own", "team"])
def test_somebody_is_back_before_they_are_given_more(cast: Cast, meet: Any, of: str) -> None:
    away = world.person("Uwe Sand", state=PersonState.SUSPENDED, region=cast.dach)
    world.join(away, cast.care_dach)
    back = partial(reactivate, cast.rosa, person=away, reason="Back", at=clock.now())
    taker = away.principal if of == "own" else cast.care_dach.principal
    assert in_before(meet(back, gift(cast, taker)), Tag.PERSON_REACTIVATED)


def test_a_mail_is_changed_before_its_owner_is_given_more(cast: Cast, meet: Any) -> None:
    edit = partial(
        edit_person, cast.rosa, person=cast.ali, row_version=1, changes={"email": "a@kestrelhome.example"},
        at=clock.now(),
    )  # fmt: skip
    assert in_before(meet(edit, gift(cast, cast.ali.principal)), Tag.PERSON_EDITED)


def test_no_group_is_archived_holding_what_it_is_given_at_that_moment(cast: Cast) -> None:
    for number in range(ROUNDS):
        circle = world.group(f"Circle {number}", region=cast.dach)
        done = together(
            partial(archive_group, cast.priya, group=circle, reason="Over", at=clock.now()),
            gift(cast, circle.principal),
        )
        assert sum(isinstance(one, Exception) for one in done) == 1, done


def test_two_who_let_each_other_in_at_once_both_do(cast: Cast) -> None:
    """Each edits the row of the other, and writes a row that names themselves."""
    world.give(cast.otto, cast.administrator)
    for number in range(ROUNDS):
        one, other = world.team(f"One {number}"), world.team(f"Other {number}")
        done = together(
            partial(edit_person, cast.priya, person=cast.otto, row_version=number + 1,
                    changes={"title": f"Auditor {number}"}, at=clock.now()),
            partial(edit_person, cast.otto, person=cast.priya, row_version=number + 1,
                    changes={"title": f"Administrator {number}"}, at=clock.now()),
            partial(add_member, cast.priya, team=one, person=cast.otto, at=clock.now()),
            partial(add_member, cast.otto, team=other, person=cast.priya, at=clock.now()),
        )  # fmt: skip
        assert not [one for one in done if isinstance(one, Exception)], done


def test_nobody_waits_in_a_circle(cast: Cast) -> None:
    """Members, gifts, edits, moves and archiving, each of which locks several rows, all at once."""
    world.give(cast.otto, cast.administrator)
    keeping = Action.objects.get(key="team.manage_members")
    stated = {"starts_at": None, "until": None, "reason": "Needed"}
    for number in range(ROUNDS):
        above, below, free = (world.team(f"{name} {number}") for name in ("Above", "Below", "Free"))
        circle, at = world.group(f"Circle {number}"), clock.now()
        done = together(
            partial(add_member, cast.priya, team=below, person=cast.otto, part="lead", at=at),
            partial(add_member, cast.otto, team=circle, person=cast.priya, at=at),
            gift(cast, above.principal, team=below.pk),
            gift(cast, below.principal, team=above.pk),
            partial(give_on, cast.otto, principal=above.principal, action=keeping, resource=below.resource, at=at,
                    **stated),
            partial(move_team, cast.priya, team=below, row_version=1, parent=above, at=at),
            partial(edit_team, cast.otto, team=above, row_version=1, changes={"name": f"Top {number}"}, at=at),
            partial(archive_team, cast.otto, team=free, reason="Over", at=at),
        )  # fmt: skip
        assert not [one for one in done if isinstance(one, OperationalError)], done
