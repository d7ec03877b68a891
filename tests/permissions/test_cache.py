"""What is kept between requests, with real connections: committed changes are seen, uncommitted ones never kept."""

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from django.db import connection, transaction

from cxaccess.lib import clock
from permissions import facts, gate
from permissions.guards import use_case
from permissions.models import RoleGrant
from tests import cast as people
from tests import world
from tests.cast import Cast

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.realdb]


@pytest.fixture
def town(transactional_db: None) -> Cast:
    """The cast, committed."""
    from permissions.catalogue.services import install_catalogue

    install_catalogue()  # other transactional tests may have flushed it
    return people.build()


def elsewhere(change: Callable[[], object]) -> None:
    """Run and commit `change` on a connection of its own."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            change()
        except BaseException as error:  # noqa: BLE001 - handed to the test
            failures.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]


def may_export(town: Cast) -> bool:
    return gate.may(town.chiara, "feedback.export", town.mena_reviews, at=clock.now())


def test_a_committed_change_elsewhere_is_honoured_by_the_next_request(town: Cast) -> None:
    with facts.pinned():
        assert not may_export(town)
    elsewhere(lambda: world.give(town.chiara, town.analyst))
    with facts.pinned():
        assert may_export(town)


def test_one_request_sees_one_state_of_the_world(town: Cast) -> None:
    with facts.pinned():
        assert not may_export(town)
        elsewhere(lambda: world.give(town.chiara, town.analyst))
        assert not may_export(town)


def test_authority_inside_a_use_case_is_read_anew_and_the_rest_of_the_request_sees_it(town: Cast) -> None:
    @use_case
    def decide() -> bool:
        return may_export(town)

    with facts.pinned():
        assert not may_export(town)
        elsewhere(lambda: world.give(town.chiara, town.analyst))
        assert decide()
        assert may_export(town)


def test_a_change_of_a_role_or_a_tree_is_honoured_too(town: Cast) -> None:
    world.give(town.chiara, town.feedback_reader, region=town.dach)
    assert not may_export(town)
    elsewhere(lambda: world.reversion(town.feedback_reader, {"feedback.export"}))
    assert gate.may(town.chiara, "feedback.export", town.german_reviews, at=clock.now())

    def move() -> None:
        with transaction.atomic():
            type(town.mena).objects.filter(pk=town.mena.pk).update(parent=town.dach)
            world._changed(0)

    elsewhere(move)
    assert may_export(town)


def test_what_is_rolled_back_is_never_kept(town: Cast) -> None:
    assert not may_export(town)
    with transaction.atomic():
        world.give(town.chiara, town.analyst)
        assert may_export(town), "inside, the change decides"
        transaction.set_rollback(True)
    assert not may_export(town)


def test_a_rolled_back_change_does_not_come_back_with_the_next_stamp(town: Cast) -> None:
    """Both transactions move the stamp from n to n + 1; only the second is committed."""
    with transaction.atomic():
        world.give(town.chiara, town.analyst)
        assert may_export(town)
        transaction.set_rollback(True)
    elsewhere(lambda: world.give(town.chiara, town.agent))
    assert not may_export(town)


def test_a_rolled_back_change_is_not_pinned(town: Cast) -> None:
    with facts.pinned():
        with transaction.atomic():
            world.give(town.chiara, town.analyst)
            assert may_export(town)
            transaction.set_rollback(True)
        assert not may_export(town)


def test_an_uncommitted_change_elsewhere_is_not_seen(town: Cast) -> None:
    changed, asked = threading.Event(), threading.Event()

    def change() -> None:
        with transaction.atomic():
            world.give(town.chiara, town.analyst)
            changed.set()
            asked.wait(10)
            transaction.set_rollback(True)

    thread = threading.Thread(target=lambda: elsewhere(change))
    thread.start()
    assert changed.wait(10)
    try:
        assert not may_export(town)
    finally:
        asked.set()
        thread.join()
    assert not may_export(town)


def test_a_cached_answer_costs_one_query_and_a_pinned_one_none(town: Cast, django_assert_num_queries) -> None:
    target = gate._target("feedback.export", town.mena_reviews, clock.now())
    at = clock.now()
    gate.may(town.chiara, "feedback.export", target, at=at)
    with django_assert_num_queries(1):
        gate.may(town.chiara, "feedback.export", target, at=at)
    with facts.pinned():
        gate.may(town.chiara, "feedback.export", target, at=at)
        with django_assert_num_queries(0):
            gate.may(town.chiara, "feedback.export", target, at=at)


def test_a_new_model_lets_the_snapshots_of_the_old_one_go(town: Cast) -> None:
    for person in (town.maya, town.jonas, town.ali):
        gate.held(person, at=clock.now())
    assert len(facts.kept.people) == 3
    elsewhere(lambda: world.reversion(town.agent, {"article.view"}))
    gate.held(town.maya, at=clock.now())
    assert list(facts.kept.people) == [town.maya.pk]


def test_a_snapshot_that_was_tampered_with_by_age_is_replaced(town: Cast) -> None:
    """A kept snapshot whose stamps do not match the table is never used, whichever is higher."""
    gate.held(town.chiara, at=clock.now())
    held = facts.kept.people[town.chiara.pk]
    facts.kept.people[town.chiara.pk] = replace(held, stamps={key: value + 1 for key, value in held.stamps.items()})
    elsewhere(lambda: RoleGrant.objects.all().delete())
    assert gate.held(town.chiara, at=clock.now()) == frozenset()
    assert facts.kept.people[town.chiara.pk].stamps == held.stamps
