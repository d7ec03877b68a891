"""Types of resources of one's own, their fields and permissions, and attributes beyond the built-in ones."""

import pytest
from django.urls import reverse

from accounts.models import Person
from accounts.signin.guards import PROVED
from audits.models import Event
from audits.trail.tags import Tag
from cxaccess.lib import clock
from cxaccess.lib.errors import Refused, Stale
from cxaccess.lib.models import Risk
from permissions import gate
from permissions.attributes import services as attributes
from permissions.attributes import values
from permissions.catalogue import types
from permissions.catalogue.services import install_catalogue
from permissions.guards import NotAllowed
from permissions.models import Action, AttributeDefinition, Resource, ResourceType
from permissions.starter.pack import ADMINISTRATOR
from tests import world
from tests.cast import Cast
from tests.sessions import signed_in

pytestmark = pytest.mark.realdb


def voucher(cast: Cast, **more: object) -> ResourceType:
    said = {"key": "voucher", "label": "Voucher", "plural": "Vouchers", "area": "Customers", **more}
    return types.create_type(cast.priya, at=clock.now(), **said)


def feedback() -> ResourceType:
    return ResourceType.objects.get(key="feedback")


def test_a_type_of_ones_own_is_protected_like_a_built_in_one(cast: Cast) -> None:
    made = voucher(cast)
    refund = types.add_action(
        cast.priya, type_=made, name="refund", label="Refund", risk=3, purpose="Pay it back",
        implies=[made.actions.get(name="view")], at=clock.now(),
    )  # fmt: skip
    thing = world.resource("Christmas vouchers", "voucher", region=cast.germany)
    assert not gate.may(cast.chiara, "voucher.view", thing, at=clock.now())
    world.give(cast.chiara, world.role("Voucher desk", {"voucher.refund"}), region=cast.dach)
    at = clock.now()
    assert gate.may(cast.chiara, "voucher.refund", thing, at=at)
    assert gate.may(cast.chiara, "voucher.view", thing, at=at)  # implied
    assert list(gate.who_can("voucher.view", thing, at=at)) == [cast.chiara]
    assert refund.auth_permission is not None
    assert refund.auth_permission.codename == "voucher_refund"
    assert set(Event.objects.values_list("tag", flat=True)) == {Tag.TYPE_CREATED, Tag.CATALOGUE_ADDED}


@pytest.mark.parametrize("key", ["", "Voucher", "gift_voucher", "gift-voucher", "1st", "feedback", "x" * 41, "a.b"])
def test_a_key_is_one_short_word_that_nobody_has(cast: Cast, key: str) -> None:
    with pytest.raises(Refused) as refused:
        voucher(cast, key=key)
    assert refused.value.field == "key"


def test_types_of_the_console_are_for_nobody_to_change(cast: Cast) -> None:
    with pytest.raises(Refused):
        types.add_action(
            cast.priya, type_=ResourceType.objects.get(key="role"), name="own", label="Own", risk=1, purpose="x",
            at=clock.now(),
        )  # fmt: skip
    with pytest.raises(NotAllowed):
        types.add_field(cast.otto, type_=feedback(), name="x", label="X", data_class="other", at=clock.now())


def test_what_an_administrator_wrote_of_a_built_in_type_survives_an_upgrade(cast: Cast) -> None:
    types.edit_type(cast.priya, type_=feedback(), row_version=1, changes={"label": "Voice"}, at=clock.now())
    types.add_field(cast.priya, type_=feedback(), name="phone", label="Phone", data_class="phone", at=clock.now())
    install_catalogue()
    row = feedback()
    assert row.label == "Voice"
    assert "phone" in [field["name"] for field in row.fields]
    with pytest.raises(Stale):
        types.edit_type(cast.priya, type_=row, row_version=1, changes={"label": "Mine"}, at=clock.now())


def test_a_field_goes_with_its_values_and_only_those(cast: Cast) -> None:
    Resource.objects.filter(pk=cast.german_reviews.pk).update(content={"email": "a@example.org", "score": "4"})
    Resource.objects.filter(pk=cast.mena_reviews.pk).update(content={"score": "5"})
    other = world.resource("Returns", "ticket")
    Resource.objects.filter(pk=other.pk).update(content={"email": "b@example.org"})
    assert types.remove_field(cast.priya, type_=feedback(), name="email", reason="Moved", at=clock.now()) == 1
    held = {row.pk: row.content for row in Resource.objects.exclude(content=None)}
    assert held == {
        cast.german_reviews.pk: {"score": "4"},
        cast.mena_reviews.pk: {"score": "5"},
        other.pk: {"email": "b@example.org"},
    }
    event = Event.objects.get(tag=Tag.TYPE_EDITED)
    assert event.additional_data == {"reason": "Moved", "resources": 1}
    with pytest.raises(Stale):
        types.remove_field(cast.priya, type_=feedback(), name="email", reason="Again", at=clock.now())


@pytest.fixture
def editor(cast: Cast) -> Person:
    """Chiara keeps the catalogue, and classifies nothing."""
    world.give(cast.chiara, world.role("Catalogue keeper", {"catalogue.edit"}))
    return cast.chiara


def test_classifying_is_critical_and_the_administrators_to_do(cast: Cast) -> None:
    assert Action.objects.get(key="catalogue.classify").risk == Risk.CRITICAL
    assert "catalogue.classify" in ADMINISTRATOR.actions
    assert gate.may(cast.priya, "catalogue.classify", at=clock.now())


def test_editing_the_catalogue_renames_a_field_and_leaves_its_data_alone(cast: Cast, editor: Person) -> None:
    """Masking goes by the kind of data, and what is taken out is lost."""
    Resource.objects.filter(pk=cast.german_reviews.pk).update(content={"email": "a@example.org"})
    at, mail = clock.now(), {"type_": feedback(), "name": "email", "label": "Mail of the customer"}
    types.edit_field(editor, data_class="email", at=at, **mail)
    with pytest.raises(NotAllowed):
        types.edit_field(editor, data_class="other", at=at, **mail)
    with pytest.raises(NotAllowed):
        types.remove_field(editor, type_=feedback(), name="email", reason="Gone", at=at)
    assert {"name": "email", "label": "Mail of the customer", "data_class": "email"} in feedback().fields
    assert Resource.objects.get(pk=cast.german_reviews.pk).content == {"email": "a@example.org"}
    world.give(editor, world.role("Classifier", {"catalogue.classify"}))
    types.edit_field(editor, data_class="other", at=clock.now(), **mail)
    assert types.remove_field(editor, type_=feedback(), name="email", reason="Gone", at=clock.now()) == 1


def test_pages_offer_an_editor_the_name_alone(cast: Cast, editor: Person) -> None:
    pk = feedback().pk
    edit, remove = (reverse(f"catalogue:{door}_field", args=[pk, "email"]) for door in ("edit", "remove"))
    client = signed_in(editor)
    shown = client.get(reverse("catalogue:type", args=[pk])).content.decode()
    assert edit in shown
    assert remove not in shown
    assert client.get(remove).status_code == 403
    assert client.get(edit).context["form"].fields["data_class"].disabled
    client.post(edit, {"label": "Post", "data_class": "other"})
    assert {"name": "email", "label": "Post", "data_class": "email"} in feedback().fields
    assert remove in signed_in(cast.priya).get(reverse("catalogue:type", args=[pk])).content.decode()


@pytest.mark.parametrize("door", ["edit", "remove"])
def test_classifying_asks_who_is_there(cast: Cast, door: str) -> None:
    client = signed_in(cast.priya)
    session = client.session
    del session[PROVED]
    session.save()
    answer = client.get(reverse(f"catalogue:{door}_field", args=[feedback().pk, "email"]))
    assert answer.status_code == 302
    assert answer.url.startswith(reverse("signin:confirm"))


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"name": "Mail"}, "name"),
        ({"name": "email"}, "name"),
        ({"label": " "}, "label"),
        ({"data_class": "x"}, "data_class"),
    ],
)
def test_a_field_that_cannot_be_is_refused(cast: Cast, said: dict[str, str], field: str) -> None:
    given = {"name": "phone", "label": "Phone", "data_class": "phone", **said}
    with pytest.raises(Refused) as refused:
        types.add_field(cast.priya, type_=feedback(), at=clock.now(), **given)
    assert refused.value.field == field


def test_a_permission_implies_only_others_of_its_type(cast: Cast) -> None:
    with pytest.raises(Refused):
        types.add_action(
            cast.priya, type_=feedback(), name="share", label="Share", risk=2, purpose="x",
            implies=[Action.objects.get(key="ticket.view")], at=clock.now(),
        )  # fmt: skip


def attribute(cast: Cast, **more: object) -> AttributeDefinition:
    said = {"entity": "resource", "name": "retention", "label": "Retention", "type": "choice",
            "choices": [{"value": "short", "label": "A month"}], **more}  # fmt: skip
    return attributes.create_attribute(cast.priya, at=clock.now(), **said)


def test_an_attribute_applies_to_its_types(cast: Cast) -> None:
    row = attribute(cast, types=[feedback()])
    assert list(values.of_type(feedback())) == [row]
    assert not values.of_type(ResourceType.objects.get(key="ticket")).exists()
    attributes.edit_attribute(cast.priya, attribute=row, row_version=1, changes={"types": []}, at=clock.now())
    assert values.of_type(ResourceType.objects.get(key="ticket")).exists()
    assert not values.of_people().exists()


def test_an_archived_attribute_is_offered_no_more_and_its_values_stay(cast: Cast) -> None:
    row = attribute(cast)
    Resource.objects.filter(pk=cast.german_reviews.pk).update(custom={"retention": "short"})
    attributes.archive_attribute(cast.priya, attribute=row, at=clock.now())
    assert not values.of_type(feedback()).exists()
    assert Resource.objects.get(pk=cast.german_reviews.pk).custom == {"retention": "short"}
    attributes.reopen_attribute(cast.priya, attribute=row, at=clock.now())
    assert values.of_type(feedback()).exists()
    assert Event.objects.filter(tag__startswith="attribute.").count() == 3


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"entity": "context"}, "entity"),
        ({"name": "Retention class"}, "name"),
        ({"label": ""}, "label"),
        ({"type": "x"}, "type"),
        ({"choices": []}, "choices"),
        ({"choices": [{"value": "a", "label": "A"}, {"value": "a", "label": "B"}]}, "choices"),
    ],
)
def test_an_attribute_that_cannot_be_is_refused(cast: Cast, said: dict[str, object], field: str) -> None:
    with pytest.raises(Refused) as refused:
        attribute(cast, **said)
    assert refused.value.field == field


def test_the_loser_of_a_race_on_an_attribute_is_told(cast: Cast) -> None:
    row = attribute(cast)
    attributes.edit_attribute(cast.priya, attribute=row, row_version=1, changes={"label": "Kept for"}, at=clock.now())
    with pytest.raises(Stale):
        attributes.edit_attribute(cast.priya, attribute=row, row_version=1, changes={"help": "x"}, at=clock.now())
