"""Two at once, on connections of their own: one wins, the other is told, and somebody can always administer."""

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import OperationalError, connection

from accounts.models import Membership, Person, PersonState, Team
from accounts.people import services
from accounts.teams import memberships
from accounts.teams import services as team_services
from audits.models import Event
from cxaccess.lib import clock
from cxaccess.lib.errors import Refused, Stale
from permissions.giving import lasting_administrators
from permissions.grants.services import end_grant
from permissions.guards import NotAllowed
from tests import cast as people
from tests import world
from tests.cast import Cast

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.realdb]


@pytest.fixture
def town(transactional_db: None) -> Cast:
    """The cast, committed."""
    from permissions.catalogue.services import install_catalogue

    install_catalogue()
    return people.build()


def together(*acts: Callable[[], object]) -> list[object]:
    """Start all at the same moment, each on its own connection; return what each gave or why it was refused."""
    start = Barrier(len(acts))
    outcomes: list[object] = [None] * len(acts)

    def run(place: int, act: Callable[[], object]) -> None:
        start.wait()
        try:
            outcomes[place] = act()
        except (Refused, NotAllowed, OperationalError) as refusal:
            outcomes[place] = refusal
        finally:
            connection.close()

    threads = [Thread(target=run, args=(place, act)) for place, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def refused(outcomes: list[object]) -> list[object]:
    return [outcome for outcome in outcomes if isinstance(outcome, Exception)]


@pytest.mark.parametrize("_round", range(3))
def test_two_administrators_who_suspend_each_other_leave_one(town: Cast, _round: int) -> None:
    world.give(town.otto, town.administrator)
    outcomes = together(
        lambda: services.suspend(town.priya, person=town.otto, reason="Race", at=clock.now()),
        lambda: services.suspend(town.otto, person=town.priya, reason="Race", at=clock.now()),
    )
    assert len(refused(outcomes)) == 1
    assert lasting_administrators(at=clock.now()).count() == 1


def test_a_suspension_and_an_end_of_membership_leave_an_administrator(town: Cast) -> None:
    office = world.team("Access office")
    world.give(office, town.administrator)
    row = world.join(town.otto, office)
    mover = world.person("Tom Mover")
    world.give(mover, world.role("Mover", {"person.suspend", "team.manage_members"}))
    outcomes = together(
        lambda: services.suspend(mover, person=town.priya, reason="Race", at=clock.now()),
        lambda: memberships.end_membership(mover, membership=row, at=clock.now()),
    )
    assert len(refused(outcomes)) == 1
    assert lasting_administrators(at=clock.now()).count() == 1


def test_of_two_edits_at_once_one_is_stale(town: Cast) -> None:
    def edit(title: str) -> Person:
        return services.edit_person(
            town.priya, person=town.maya, row_version=1, changes={"title": title}, at=clock.now()
        )  # fmt: skip

    outcomes = together(lambda: edit("One"), lambda: edit("Two"))
    (stale,) = refused(outcomes)
    assert getattr(stale, "status", None) == 409
    town.maya.refresh_from_db()
    assert (town.maya.row_version, Event.objects.filter(tag="person.edited").count()) == (2, 1)


def test_a_membership_is_ended_once(town: Cast) -> None:
    row = town.maya.memberships.get()

    def end(actor: Person) -> Membership:
        return memberships.end_membership(actor, membership=row, at=clock.now())

    outcomes = together(lambda: end(town.priya), lambda: end(town.rosa), lambda: end(town.jonas))
    assert len(refused(outcomes)) == 2
    assert Event.objects.filter(tag="membership.ended").count() == 1


def test_somebody_is_added_once(town: Cast) -> None:
    def add() -> Membership:
        return memberships.add_member(town.priya, team=town.care_dach, person=town.ali, at=clock.now())

    outcomes = together(add, add, add)
    assert len(refused(outcomes)) == 2
    assert town.ali.memberships.count() == 1


def test_two_moves_never_close_a_circle(town: Cast) -> None:
    one, two = world.team("One"), world.team("Two")

    def move(team: Team, parent: Team) -> Team:
        return team_services.move_team(town.priya, team=team, row_version=1, parent=parent, at=clock.now())

    outcomes = together(lambda: move(one, two), lambda: move(two, one))
    assert len(refused(outcomes)) == 1


def test_two_changes_of_manager_never_close_a_circle(town: Cast) -> None:
    def report(person: Person, manager: Person) -> Person:
        return services.edit_person(
            town.priya, person=person, row_version=1, changes={"manager": manager}, at=clock.now()
        )  # fmt: skip

    outcomes = together(lambda: report(town.ali, town.chiara), lambda: report(town.chiara, town.ali))
    assert len(refused(outcomes)) == 1


def test_one_mail_goes_to_one_of_two_newcomers(town: Cast) -> None:
    def create(name: str) -> Person:
        return services.create_person(town.priya, name=name, email="new@kestrelhome.example", at=clock.now())

    outcomes = together(lambda: create("One"), lambda: create("Two"))
    (late,) = refused(outcomes)
    assert getattr(late, "field", None) == "email"
    assert Person.objects.filter(email="new@kestrelhome.example", state=PersonState.ACTIVE).count() == 1


def test_an_archived_team_never_gains_a_member_at_the_same_moment(town: Cast) -> None:
    outcomes = together(
        lambda: team_services.archive_team(town.priya, team=town.care_dach, reason="Merged", at=clock.now()),
        lambda: memberships.add_member(town.priya, team=town.care_dach, person=town.ali, at=clock.now()),
    )
    assert len(refused(outcomes)) == 1


def test_who_waited_for_the_lock_does_not_end_a_membership_again(cast: Cast) -> None:
    row, at = cast.maya.memberships.get(), clock.now()
    memberships.end_membership(cast.priya, membership=row, at=at)
    with pytest.raises(Stale):
        memberships.end_membership(cast.rosa, membership=row, at=at - timedelta(seconds=1))


def test_who_waited_for_the_lock_does_not_end_a_grant_again(cast: Cast) -> None:
    row, at = cast.ali.principal.role_grants.get(), clock.now()
    end_grant(cast.priya, grant=row, reason="Moves to another desk", at=at)
    with pytest.raises(Refused):
        end_grant(cast.rosa, grant=row, reason="Moves to another desk", at=at - timedelta(seconds=1))
