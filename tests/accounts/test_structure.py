"""Use cases on regions and departments."""

import pytest

from accounts.models import Node, ParentHistory
from accounts.structure import services
from audits.models import Event
from cxaccess.lib import clock
from cxaccess.lib.errors import InUse, Refused, Stale
from permissions import gate
from permissions.guards import NotAllowed, NotVisible
from tests import world
from tests.cast import Cast


def fresh(node: Node) -> Node:
    return Node.objects.get(pk=node.pk)


def add(actor: object, name: str, **more: object) -> Node:
    return services.add_node(actor, kind=more.pop("kind", "region"), name=name, at=clock.now(), **more)


def move(actor: object, node: Node, parent: Node | None) -> Node:
    version = fresh(node).row_version
    return services.move_node(actor, node=node, row_version=version, parent=parent, at=clock.now())


def test_a_place_is_numbered_into_its_tree_by_name(cast: Cast) -> None:
    austria = add(cast.priya, "Austria", parent=cast.dach)
    names = Node.objects.filter(kind="region").order_by("lft").values_list("name", "depth")
    assert list(names) == [("World", 0), ("EMEA", 1), ("DACH", 2), ("Austria", 3), ("Germany", 3), ("MENA", 2)]
    assert austria.code == "austria"
    assert Event.objects.get(tag="structure.created").object_id == austria.pk


def test_codes_are_unique_within_a_kind(cast: Cast) -> None:
    add(cast.priya, "Nordics", code="NOR")
    with pytest.raises(Refused) as refusal:
        add(cast.priya, "Norway", code="NOR")
    assert refusal.value.field == "code"
    add(cast.priya, "Norms", code="NOR", kind="department")


def test_who_edits_one_region_changes_what_lies_below_it(cast: Cast) -> None:
    world.give(cast.jonas, world.role("Regional structure", {"structure.edit"}), region=cast.dach)
    austria = add(cast.jonas, "Austria", parent=cast.dach)
    assert move(cast.jonas, austria, cast.germany).parent == cast.germany
    for attempt in (
        lambda: add(cast.jonas, "Atlantis"),
        lambda: add(cast.jonas, "Iraq", parent=cast.mena),
        lambda: move(cast.jonas, austria, cast.mena),
        lambda: move(cast.jonas, austria, None),
    ):
        with pytest.raises((NotAllowed, NotVisible)):
            attempt()


def test_who_only_sees_the_structure_does_not_change_it(cast: Cast) -> None:
    for actor in (cast.rosa, cast.otto, cast.chiara):
        with pytest.raises((NotAllowed, NotVisible)):
            add(actor, "Mine")


def test_renaming_sorts_the_tree_again(cast: Cast) -> None:
    services.edit_node(cast.priya, node=cast.mena, row_version=1, changes={"name": "Arab states"}, at=clock.now())
    assert fresh(cast.mena).lft < fresh(cast.dach).lft
    with pytest.raises(Stale) as stale:
        services.edit_node(cast.priya, node=cast.mena, row_version=1, changes={"name": "MENA"}, at=clock.now())
    assert stale.value.facts["now"]["name"] == "Arab states"


def test_a_place_never_comes_under_itself(cast: Cast) -> None:
    with pytest.raises(Refused, match="Germany > DACH > EMEA"):
        move(cast.priya, cast.emea, cast.germany)
    with pytest.raises(Refused, match="own kind"):
        move(cast.priya, cast.emea, cast.care)


def test_moving_a_place_changes_what_scopes_cover_from_now_on(cast: Cast) -> None:
    at = clock.now()
    assert not gate.may(cast.maya, "feedback.view", cast.mena_reviews, at=at)
    move(cast.priya, cast.mena, cast.dach)
    assert gate.may(cast.maya, "feedback.view", cast.mena_reviews, at=clock.now())
    assert not gate.may(cast.maya, "feedback.view", cast.mena_reviews, at=world.soon(days=-1))
    assert ParentHistory.objects.filter(kind="node", of_id=cast.mena.pk).count() == 2


def test_moving_a_place_counts_as_giving_to_those_who_hold_something_above(cast: Cast) -> None:
    mover = world.person("Tom Mover", region=cast.world_)
    world.give(mover, world.role("Mover", {"structure.edit"}))
    with pytest.raises(NotAllowed) as refusal:
        move(mover, cast.mena, cast.dach)
    assert refusal.value.decision.action == "role.give"
    move(mover, cast.germany, cast.emea)


def test_a_place_in_use_is_not_archived_and_says_by_what(cast: Cast) -> None:
    with pytest.raises(InUse) as refusal:
        services.archive_node(cast.priya, node=cast.dach, reason="Gone", at=clock.now())
    assert refusal.value.facts["users"] == ["1 place under it", "2 people", "2 teams", "2 grants within it"]


def test_an_archived_place_takes_nothing_more(cast: Cast) -> None:
    empty = add(cast.priya, "Benelux", parent=cast.emea)
    services.archive_node(cast.priya, node=empty, reason="Never used", at=clock.now())
    with pytest.raises(Refused, match="archived"):
        add(cast.priya, "Belgium", parent=empty)
    with pytest.raises(Stale):
        services.archive_node(cast.priya, node=fresh(empty), reason="Again", at=clock.now())
