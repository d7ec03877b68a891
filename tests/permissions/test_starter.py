"""The starter pack, and the first administrator of an instance that has none."""

from threading import Barrier, Thread

import pytest
from django.db import connection

from accounts.models import Person
from audits.models import Event
from audits.trail.tags import Tag
from cxaccess.lib import clock
from cxaccess.lib.errors import Refused
from cxaccess.lib.models import Risk
from permissions import facts, gate, giving
from permissions.catalogue.builtin import CONSOLE_TYPES
from permissions.guards import NotAllowed
from permissions.models import Action, Role, RoleGrant
from permissions.starter.pack import ADMINISTRATOR, PACK
from permissions.starter.services import bootstrap, install
from tests import world
from tests.cast import Cast

CONSOLE = {f"{type_.key}.{action.name}" for type_ in CONSOLE_TYPES for action in type_.actions} | {
    "integration.view", "integration.edit", "integration.issue"
}  # fmt: skip


@pytest.fixture
def first(db: None) -> Person:
    """The only person of an empty instance."""
    return world.person("Priya Raman")


def test_every_permission_of_the_pack_is_in_the_catalogue() -> None:
    keys = {key for row in PACK for key in row.actions}
    assert keys >= CONSOLE


@pytest.mark.django_db
def test_the_catalogue_knows_what_the_pack_grants_with_a_why_card() -> None:
    rows = Action.objects.filter(key__in={key for row in PACK for key in row.actions})
    assert rows.count() == len({key for row in PACK for key in row.actions})
    assert all(row.purpose and row.exposes and row.example for row in rows)


def test_the_first_administrator_may_do_everything_in_the_console(first: Person) -> None:
    at = clock.now()
    grant = bootstrap(first, at=at)
    assert gate.held(first, at=clock.now()) == CONSOLE
    assert (grant.until, grant.scope.digest) == (None, "")
    assert list(giving.lasting_administrators(at=at)) == [first]
    assert set(Event.objects.values_list("tag", "system")) == {(Tag.ROLE_CREATED, "setup"), (Tag.GRANT_GIVEN, "setup")}


def test_there_is_no_second_first_administrator(first: Person) -> None:
    bootstrap(first, at=clock.now())
    with pytest.raises(Refused):
        bootstrap(world.person("Mallory Quick"), at=clock.now())
    assert RoleGrant.objects.count() == 1


@pytest.mark.parametrize("state", [{"state": "suspended"}, {"claimed": False}])
def test_only_somebody_who_can_sign_in_becomes_the_first_administrator(db: None, state: dict[str, object]) -> None:
    with pytest.raises(Refused):
        bootstrap(world.person("Nobody Yet", **state), at=clock.now())  # type: ignore[arg-type]
    assert not Role.objects.exists()


def test_an_instance_that_lost_its_administrators_gets_one_again(first: Person) -> None:
    bootstrap(first, at=clock.now())
    Person.objects.filter(pk=first.pk).update(state="left")
    bootstrap(world.person("Rosa Lind"), at=clock.now())
    assert Role.objects.filter(key=ADMINISTRATOR.key).count() == 1


def test_the_pack_is_installed_by_who_may_make_roles_and_only_what_is_missing(first: Person) -> None:
    bootstrap(first, at=clock.now())
    made = install(first, at=clock.now())
    assert {role.key for role in made} == {"support-agent", "analyst", "manager"}
    assert install(first, at=clock.now()) == []
    assert Event.objects.filter(tag=Tag.STARTER_PACK_INSTALLED).count() == 1


def test_what_an_administrator_changed_stays(first: Person) -> None:
    bootstrap(first, at=clock.now())
    install(first, at=clock.now())
    Role.objects.filter(key="analyst").update(purpose="Ours")
    install(first, at=clock.now())
    assert Role.objects.get(key="analyst").purpose == "Ours"


def test_a_role_of_the_same_name_is_left_alone(cast: Cast) -> None:
    install(cast.priya, at=clock.now())
    assert Role.objects.filter(name="Analyst").count() == 1


def test_whoever_may_not_make_roles_cannot_install_the_pack(cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        install(cast.rosa, at=clock.now())


def test_the_roles_hold_what_their_names_promise(first: Person) -> None:
    bootstrap(first, at=clock.now())
    install(first, at=clock.now())
    holding = facts.model(clock.now()).holding
    held = {role.key: holding[role.pk] for role in Role.objects.all()}
    assert {"ticket.view", "ticket.reply"} <= held["support-agent"]
    assert held["support-agent"] < held["manager"]
    assert not any(key.endswith((".export", ".delete")) for key in held["support-agent"])
    assert not {"feedback.export", "profile.export"} & held["analyst"]
    assert "role.give" not in held["manager"]
    risks = dict(Role.objects.values_list("key", "risk"))
    assert risks == {row.key: row.risk for row in PACK}
    assert risks["administrator"] == Risk.CRITICAL


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(
    "mode=memory" in str(connection.settings_dict["NAME"]), reason="a rival needs a database it can reach"
)
def test_of_two_rivals_exactly_one_becomes_the_first_administrator() -> None:
    if connection.vendor == "sqlite" and connection.is_in_memory_db():
        pytest.skip("rivals need a database in a file")
    rivals = [world.person("Priya Raman"), world.person("Mallory Quick")]
    start, outcomes = Barrier(2), []

    def attempt(person: Person) -> None:
        start.wait()
        try:
            bootstrap(person, at=clock.now())
            outcomes.append("made")
        except Refused:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [Thread(target=attempt, args=[person]) for person in rivals]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["made", "refused"]
    assert RoleGrant.objects.count() == 1
