"""Registering, editing, moving, archiving: who may, what is kept, and what the gate then says."""

import pytest

from accounts.models import AttributeHistory, Node, NodeKind
from audits.models import Event
from audits.trail.tags import Tag
from cxaccess.lib import clock
from cxaccess.lib.errors import Refused, Stale
from permissions import gate
from permissions.guards import NotAllowed, NotVisible
from permissions.models import AttributeDefinition, Resource, ResourceType, Sensitivity
from permissions.resources import bulk, services
from permissions.resources.opening import opened, seen
from tests import world
from tests.cast import Cast

pytestmark = pytest.mark.realdb


def feedback() -> ResourceType:
    return ResourceType.objects.get(key="feedback")


def register(cast: Cast, **given: object) -> Resource:
    return services.create_resource(
        cast.priya, type=feedback(), given={"name": "Chat comments", **given}, at=clock.now()
    )  # fmt: skip


def edit(cast: Cast, resource: Resource, actor: object = None, **changes: object) -> Resource:
    return services.edit_resource(
        actor or cast.priya, resource=resource, row_version=resource.row_version, changes=changes, at=clock.now()
    )


def attribute(name: str, type_: str = "text", **more: object) -> AttributeDefinition:
    return AttributeDefinition.objects.create(
        entity="resource", name=name, label=name.title(), type=type_, created_at=world.LONG_AGO, **more
    )


def test_whoever_may_there_registers_a_resource_and_it_is_on_record(cast: Cast) -> None:
    made = services.create_resource(
        cast.rosa, type=feedback(), given={"name": " Chat DACH ", "region": cast.dach, "owner": cast.jonas},
        at=clock.now(),
    )  # fmt: skip
    assert (made.name, made.system, made.external_id[:9]) == ("Chat DACH", "cxaccess", "feedback:")
    event = Event.objects.get(tag=Tag.RESOURCE_CREATED)
    assert (event.actor, event.object_id, event.changes["region"]) == (cast.rosa, made.pk, [None, cast.dach.pk])
    with pytest.raises(NotAllowed):
        services.create_resource(cast.rosa, type=feedback(), given={"name": "World"}, at=clock.now())


def test_a_console_object_cannot_be_registered_by_hand(cast: Cast) -> None:
    with pytest.raises(Refused):
        services.create_resource(
            cast.priya, type=ResourceType.objects.get(key="team"), given={"name": "A team"}, at=clock.now()
        )


def test_one_system_knows_an_id_once(cast: Cast) -> None:
    register(cast, system="voice", external_id="7")
    with pytest.raises(Refused) as refused:
        register(cast, system="voice", external_id="7")
    assert refused.value.field == "external_id"
    assert register(cast, system="phone", external_id="7").pk


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": "  "}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"channel": "a\x00b"}, "channel"),
        ({"sensitivity": 9}, "sensitivity"),
        ({"custom_nothing": "x"}, "custom_nothing"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(cast: Cast, given: dict, field: str) -> None:
    with pytest.raises(Refused) as refused:
        register(cast, **given)
    assert refused.value.field == field


def test_an_owner_has_not_left_and_an_owner_team_stands(cast: Cast) -> None:
    with pytest.raises(Refused) as refused:
        register(cast, owner=cast.lena)
    assert refused.value.field == "owner"
    with pytest.raises(Refused):
        services.create_resource(
            cast.rosa, type=feedback(), given={"name": "x", "region": cast.dach, "owner": cast.priya}, at=clock.now()
        )


def test_a_place_is_of_its_kind(cast: Cast) -> None:
    with pytest.raises(Refused) as refused:
        register(cast, region=cast.care)
    assert refused.value.field == "region"


def test_a_resource_is_moved_only_by_whoever_may_at_both_places(cast: Cast) -> None:
    apac = world.node("APAC", cast.world_)
    with pytest.raises(NotAllowed):
        edit(cast, cast.german_reviews, cast.rosa, region=apac)
    with pytest.raises(NotAllowed):
        edit(cast, cast.german_reviews, cast.rosa, region=None)
    assert Resource.objects.get(pk=cast.german_reviews.pk).region == cast.germany
    edit(cast, cast.german_reviews, cast.rosa, region=cast.mena)
    far = world.resource("Far away", "feedback", region=apac)
    with pytest.raises(NotVisible):
        edit(cast, far, cast.rosa, region=cast.dach)


def test_a_moved_resource_is_reached_from_its_new_place_at_once_and_was_from_its_old_one(cast: Cast) -> None:
    before = clock.now()
    world.give(cast.chiara, cast.feedback_reader, region=cast.mena)
    assert gate.may(cast.maya, "feedback.view", cast.german_reviews, at=clock.now())
    moved = edit(cast, cast.german_reviews, region=cast.mena)
    at = clock.now()
    assert not gate.may(cast.maya, "feedback.view", moved, at=at)
    assert gate.may(cast.chiara, "feedback.view", moved, at=at)
    rows = AttributeHistory.objects.filter(of="resource", of_id=moved.pk, name="region").order_by("since")
    assert [row.value for row in rows] == [cast.germany.pk, cast.mena.pk]
    assert rows[0].since < before < rows[1].since


def test_the_loser_of_a_race_is_told_what_changed(cast: Cast) -> None:
    seen = Resource.objects.get(pk=cast.german_reviews.pk)
    edit(cast, cast.german_reviews, name="Reviews DE")
    with pytest.raises(Stale) as stale:
        edit(cast, seen, channel="app")
    assert stale.value.facts["now"]["name"] == "Reviews DE"


def test_saving_nothing_new_changes_nothing(cast: Cast) -> None:
    again = edit(cast, cast.german_reviews, name=cast.german_reviews.name, region=cast.germany)
    assert again.row_version == 1
    assert not Event.objects.exists()


def test_content_is_changed_only_by_whoever_may_edit_what_it_holds(cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        edit(cast, cast.german_reviews, content_comment="Too slow")
    editor = world.role("Feedback editor", {"feedback.edit"})
    world.give(cast.priya, editor, region=cast.dach)
    edited = edit(cast, cast.german_reviews, content_comment=" Too slow ", content_email="a@example.org")
    assert edited.content == {"comment": "Too slow", "email": "a@example.org"}
    event = Event.objects.get(tag=Tag.RESOURCE_EDITED)
    assert event.changes == {"content.comment": ["", "changed"], "content.email": ["", "changed"]}
    assert "slow" not in str(event.changes)
    with pytest.raises(NotAllowed):
        edit(cast, cast.mena_reviews, content_comment="x")


def test_custom_attributes_keep_their_type_and_free_text_stays_out_of_the_trail(cast: Cast) -> None:
    attribute("steward")
    attribute("retention", "choice", choices=[{"value": "short", "label": "Short"}, {"value": "long", "label": "Long"}])
    edited = edit(cast, cast.german_reviews, custom_steward="Maya Okafor", custom_retention="short")
    assert edited.custom == {"steward": "Maya Okafor", "retention": "short"}
    (event,) = Event.objects.filter(tag=Tag.RESOURCE_EDITED)
    assert event.changes == {"custom.steward": ["", "changed"], "custom.retention": [None, "short"]}
    with pytest.raises(Refused) as refused:
        edit(cast, edited, custom_retention="for ever")
    assert refused.value.field == "custom_retention"
    assert edit(cast, edited, custom_steward="").custom == {"retention": "short"}


@pytest.mark.parametrize(
    ("type_", "good", "bad"),
    [
        ("number", 3.5, "x"),
        ("number", -2, True),
        ("boolean", False, "no"),
        ("date", "2026-11-03", "2026-02-30"),
        ("set", ["a"], ["z"]),
        ("choice", "a", "z"),
        ("text", "anything", "x" * 501),
    ],
)
def test_a_value_is_of_its_attributes_type(cast: Cast, type_: str, good: object, bad: object) -> None:
    attribute("extra", type_, choices=[{"value": "a", "label": "A"}] if type_ in ("set", "choice") else [])
    assert register(cast, custom_extra=good).custom == {"extra": good}
    with pytest.raises(Refused):
        register(cast, custom_extra=bad)


def test_a_value_whose_choice_is_gone_may_stay(cast: Cast) -> None:
    row = attribute("retention", "choice", choices=[{"value": "short", "label": "Short"}])
    made = register(cast, custom_retention="short")
    row.choices = []
    row.save()
    assert edit(cast, made, custom_retention="short", channel="app").custom == {"retention": "short"}


def test_nobody_may_do_anything_with_what_an_archived_resource_holds(cast: Cast) -> None:
    archived = services.archive_resource(cast.priya, resource=cast.german_reviews, reason="Old", at=clock.now())
    at = clock.now()
    assert not gate.may(cast.maya, "feedback.view", archived, at=at)
    assert not gate.visible(cast.maya, "feedback.view", Resource.objects.all(), at=at).filter(pk=archived.pk).exists()
    assert not gate.who_can("feedback.view", archived, at=at).exists()
    assert archived in gate.visible(cast.rosa, "resource.view", Resource.objects.all(), at=at, as_type="resource")
    with pytest.raises(Stale):
        edit(cast, archived, name="New")
    services.reopen_resource(cast.priya, resource=archived, at=clock.now())
    back = Resource.objects.get(pk=archived.pk)
    assert gate.may(cast.maya, "feedback.view", back, at=clock.now())
    with pytest.raises(Stale):
        services.reopen_resource(cast.priya, resource=back, at=clock.now())


def test_when_it_was_archived_is_remembered(cast: Cast) -> None:
    """In 2025 it was put away for a while: then nobody could, before and after they could."""
    for since, archived in (("2024-01-01", False), ("2025-02-01", True), ("2025-03-01", False)):
        AttributeHistory.objects.create(
            of="resource", of_id=cast.german_reviews.pk, name="archived", value=archived,
            since=clock.datetime.fromisoformat(f"{since}T12:00:00+00:00"),
        )  # fmt: skip
    moments = [clock.datetime.fromisoformat(f"2025-{month:02}-15T12:00:00+00:00") for month in (1, 2, 3)]
    assert [gate.may(cast.maya, "feedback.view", cast.german_reviews, at=at) for at in moments] == [True, False, True]


def test_many_are_archived_together_or_not_at_all_and_come_back_by_one_click(cast: Cast) -> None:
    apac = world.resource("Far away", "feedback", region=world.node("APAC", cast.world_))
    ours = [cast.german_reviews.pk, cast.mena_reviews.pk]
    with pytest.raises(Refused):
        bulk.archive_many(cast.rosa, ids=[*ours, apac.pk], reason="Old", at=clock.now())
    assert not Resource.objects.exclude(archived_at=None).exists()
    rows = bulk.archive_many(cast.rosa, ids=ours, reason="Old", at=clock.now())
    assert sorted(row.pk for row in rows) == sorted(ours)
    assert Event.objects.filter(tag=Tag.RESOURCE_ARCHIVED).count() == 2
    assert bulk.undo(cast.rosa, token=bulk.undo_archive_token(rows), at=clock.now()) == 2
    assert not Resource.objects.exclude(archived_at=None).exists()


def test_undoing_a_change_of_owners_leaves_what_somebody_changed_since(cast: Cast) -> None:
    edit(cast, cast.german_reviews, owner=cast.jonas)
    ids = [cast.german_reviews.pk, cast.mena_reviews.pk]
    before = bulk.change_owner(cast.rosa, ids=ids, owner=cast.maya, at=clock.now())
    token = bulk.undo_owner_token(before, cast.maya)
    edit(cast, Resource.objects.get(pk=cast.mena_reviews.pk), owner=cast.rosa)
    assert bulk.undo(cast.rosa, token=token, at=clock.now()) == 1
    owners = dict(Resource.objects.filter(pk__in=ids).values_list("pk", "owner"))
    assert owners == {cast.german_reviews.pk: cast.jonas.pk, cast.mena_reviews.pk: cast.rosa.pk}
    with pytest.raises(NotVisible):
        bulk.undo(cast.chiara, token=token, at=clock.now())
    with pytest.raises(Refused):
        bulk.undo(cast.rosa, token=token[:-2], at=clock.now())


def test_every_dimension_counts_as_a_place(cast: Cast) -> None:
    line = world.node("Cooling", kind=NodeKind.PRODUCT_LINE)
    world.give(cast.chiara, world.role("Keeper", {"resource.edit"}), product_line=line)
    thing = world.resource("Cooling launch", "report", product_line=line)
    assert edit(cast, thing, cast.chiara, channel="mail").channel == "mail"
    with pytest.raises(NotAllowed):
        edit(cast, Resource.objects.get(pk=thing.pk), cast.chiara, product_line=None)
    assert Node.objects.filter(kind=NodeKind.PRODUCT_LINE).count() == 1
    assert thing.sensitivity == Sensitivity.INTERNAL


def test_somebody_keeps_exactly_the_resource_that_was_given_to_them(cast: Cast) -> None:
    """An owner's right is a grant on this very resource: it opens, edits and archives that, and no other."""
    for action in ("resource.edit", "resource.archive"):
        world.give_on(cast.chiara, action, cast.german_reviews)
    at = clock.now()
    assert list(seen(cast.chiara, at=at)) == [cast.german_reviews]
    assert opened(cast.chiara, cast.german_reviews, at=at).attributes
    edited = edit(cast, cast.german_reviews, cast.chiara, channel="app")
    services.archive_resource(cast.chiara, resource=edited, reason="Old", at=clock.now())
    with pytest.raises(NotVisible):
        edit(cast, cast.mena_reviews, cast.chiara, channel="app")
    with pytest.raises(Refused):
        bulk.archive_many(cast.chiara, ids=[cast.mena_reviews.pk], reason="Old", at=clock.now())


def test_a_grant_on_a_resource_opens_what_it_holds(cast: Cast) -> None:
    world.give_on(cast.chiara, "feedback.view", cast.german_reviews)
    opening = opened(cast.chiara, cast.german_reviews, at=clock.now())
    assert opening.content.allowed
    assert not opening.attributes
    services.archive_resource(cast.priya, resource=cast.german_reviews, reason="Old", at=clock.now())
    with pytest.raises(NotVisible):
        opened(cast.chiara, Resource.objects.get(pk=cast.german_reviews.pk), at=clock.now())
