"""Files of resources: found by their id, at places where their bringer may register them."""

import pytest

from accounts.models import AttributeHistory
from audits.models import Event
from cxaccess.lib import clock
from permissions import gate, places
from permissions.models import AttributeDefinition, Resource, ResourceType
from tests import world
from tests.importing import applied, checked, said

pytestmark = [pytest.mark.django_db, pytest.mark.realdb]
HEAD = "external_id,type,name,region,sensitivity,owner,owner_team,channel\n"


def file(*lines):
    return HEAD + "\n".join(lines) + "\n"


ROW = "q-1,ticket,Returns Germany,Germany,confidential,jonas.weber@kestrelhome.example,Care EMEA,mail"


def test_a_resource_is_registered_where_it_belongs_and_whose_it_is(cast):
    applied(cast.priya, "resources", file(ROW), system="helpdesk")
    row = Resource.objects.get(system="helpdesk", external_id="q-1")
    assert (row.type.key, row.name, row.region, row.owner, row.owner_team) == (
        "ticket", "Returns Germany", cast.germany, cast.jonas, cast.care_emea,
    )  # fmt: skip
    assert (row.get_sensitivity_display(), row.channel) == ("Confidential", "mail")
    assert Event.objects.filter(tag="resource.created", object_id=row.pk, actor=cast.priya).exists()
    assert checked(cast.priya, "resources", file(ROW), system="helpdesk").counts["skip"] == 1


def test_a_move_is_written_with_its_history(cast):
    applied(cast.priya, "resources", file(ROW), system="helpdesk")
    applied(cast.priya, "resources", file("q-1,,,MENA,,-,,"), system="helpdesk")
    row = Resource.objects.get(system="helpdesk", external_id="q-1")
    assert (row.region, row.owner, row.name) == (cast.mena, None, "Returns Germany")
    history = AttributeHistory.objects.filter(of="resource", of_id=row.pk, name="region").order_by("since")
    assert list(history.values_list("value", flat=True)) == [cast.germany.pk, cast.mena.pk]
    told = Event.objects.get(tag="resource.edited", object_id=row.pk).changes
    assert told["region"] == [cast.germany.pk, cast.mena.pk]


@pytest.mark.parametrize(
    ("row", "words", "column"),
    [
        (",ticket,X,,,,,", "needs an id", "external_id"),
        ("x,ticket,,,,,,", "needs a name", "name"),
        ("x,nonsense,X,,,,,", "no type", "type"),
        ("x,team,X,,,,,", "no type", "type"),
        ("x,ticket,X,Nowhere,,,,", "no place", "region"),
        ("x,ticket,X,,secret,,,", "not one of", "sensitivity"),
        ("x,ticket,X,,,nobody@kestrelhome.example,,", "Nobody you may see", "owner"),
        ("x,ticket,X,,,,No Such,", "no team", "owner_team"),
    ],
)
def test_a_row_that_is_wrong_is_refused_with_its_column(cast, row, words, column):
    refused = checked(cast.priya, "resources", file(row)).rows.get()
    assert (refused.verdict, refused.column) == ("refuse", column)
    assert words in refused.message


def test_the_consoles_own_resources_are_not_touched(cast):
    own = cast.care_emea.resource
    batch = checked(cast.priya, "resources", file(f"{own.external_id},,Mine now,,,,,"), system="cxaccess")
    assert "console's own" in said(batch)[2]


def test_who_registers_in_a_region_does_so_there_alone(cast):
    role = world.role("Registrar", {"import.run", "resource.create", "resource.edit"})
    world.give(cast.rosa, role, region=cast.emea)
    theirs = world.resource("World wide", "ticket", system="helpdesk", region=cast.world_)
    ours = world.resource("Ours", "ticket", system="helpdesk", region=cast.mena)
    text = file(
        "new-1,ticket,New,Germany,,,,",
        "new-2,ticket,New,World,,,,",
        f"{theirs.external_id},,Changed,,,,,",
        f"{ours.external_id},,Changed,,,,,",
        f"{ours.external_id}-,ticket,New,,,,,",
    )
    assert sorted(said(checked(cast.rosa, "resources", text, system="helpdesk"))) == [3, 4, 6]
    moved = checked(cast.rosa, "resources", file(f"{ours.external_id},,,World,,,,"), system="helpdesk")
    assert "may not change" in said(moved)[2]


def test_custom_attributes_belong_to_their_types(cast):
    made = AttributeDefinition.objects.create(
        entity="resource", name="tier", label="Tier", type="choice", created_at=clock.now(),
        choices=[{"value": "gold", "label": "Gold"}, {"value": "silver", "label": "Silver"}],
    )  # fmt: skip
    made.types.add(ResourceType.objects.get(key="ticket"))
    head = "external_id,type,name,tier\n"
    batch = checked(cast.priya, "resources", head + "a,ticket,A,Gold\nb,ticket,B,bronze\nc,survey,C,gold\n")
    assert sorted(said(batch)) == [3, 4]
    assert batch.rows.get(line=2).plan["set"]["custom"] == {"tier": "gold"}


def test_whoever_is_made_owner_may_edit_and_share_it_until_somebody_else_is(cast):
    applied(cast.priya, "resources", file(ROW), system="helpdesk")
    row = Resource.objects.get(system="helpdesk", external_id="q-1")
    as_resource = places.target(row, clock.now(), as_type="resource")
    assert gate.may(cast.jonas, "resource.give", as_resource, at=clock.now())
    applied(cast.priya, "resources", file("q-1,,,,,ali.haddad@kestrelhome.example,,"), system="helpdesk")
    assert not gate.may(cast.jonas, "resource.give", as_resource, at=world.soon(seconds=1))
    assert gate.may(cast.ali, "resource.give", as_resource, at=world.soon(seconds=1))


def test_who_may_not_give_makes_nobody_an_owner(cast):
    world.give(cast.rosa, world.role("Registrar", {"import.run", "resource.create"}))
    batch = checked(cast.rosa, "resources", file("q-9,ticket,World,,,ali.haddad@kestrelhome.example,,"))
    assert "may not make owners" in said(batch)[2]
