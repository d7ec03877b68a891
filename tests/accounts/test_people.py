"""Use cases on people."""

from datetime import date

import pytest
from allauth.socialaccount.models import SocialAccount

from accounts.models import AttributeHistory, Person, PersonState
from accounts.people import services
from audits.models import Event
from cxaccess.lib import clock
from cxaccess.lib.errors import Refused, Stale
from permissions import gate
from permissions.guards import NotAllowed, NotVisible
from permissions.models import AttributeDefinition
from tests import world
from tests.cast import Cast


def edit(actor: Person, person: Person, **changes: object) -> Person:
    return services.edit_person(
        actor, person=person, row_version=person.row_version, changes=changes, at=clock.now()
    )  # fmt: skip


def create(actor: Person, **fields: object) -> Person:
    fields.setdefault("name", "Yara Nakamura")
    return services.create_person(actor, at=clock.now(), **fields)


def suspend(actor: Person, person: Person, reason: str = "Laptop stolen") -> Person:
    return services.suspend(actor, person=person, reason=reason, at=clock.now())


def reactivate(actor: Person, person: Person) -> Person:
    return services.reactivate(actor, person=person, reason="Back again", at=clock.now())


def test_somebody_new_is_unclaimed_and_holds_nothing(cast: Cast) -> None:
    yara = create(cast.priya, email="Yara@KestrelHome.example", region=cast.mena, department=cast.care)
    assert (yara.claimed_at, yara.email, yara.has_usable_password()) == (None, "yara@kestrelhome.example", False)
    assert gate.held(yara, at=clock.now()) == frozenset()
    event = Event.objects.get(tag="person.created")
    assert (event.actor, event.about_person_id) == (cast.priya, yara.pk)


def test_people_are_added_only_where_one_may(cast: Cast) -> None:
    assert create(cast.rosa, region=cast.germany).region == cast.germany
    for elsewhere in (cast.world_, None):
        with pytest.raises((NotAllowed, NotVisible)):
            create(cast.rosa, name="Elsewhere", region=elsewhere)
    with pytest.raises(NotVisible):
        create(cast.chiara, name="Never", region=cast.germany)
    assert Event.objects.filter(tag="access.refused").count() == 3


def test_one_mail_belongs_to_one_person_whatever_its_case(cast: Cast) -> None:
    with pytest.raises(Refused, match="belongs to Maya Okafor already") as refusal:
        create(cast.priya, email="MAYA.okafor@kestrelhome.example")
    assert refusal.value.field == "email"


def test_whose_mail_it_is_stays_hidden_from_who_cannot_see_them(cast: Cast) -> None:
    with pytest.raises(Refused) as refusal:
        create(cast.rosa, email=cast.priya.email, region=cast.emea)
    assert "Priya" not in refusal.value.message


def test_several_people_may_have_no_mail(cast: Cast) -> None:
    create(cast.priya, name="One")
    create(cast.priya, name="Two")


def test_moving_somebody_takes_the_right_before_and_after(cast: Cast) -> None:
    assert edit(cast.rosa, cast.maya, region=cast.mena).region == cast.mena
    cast.maya.refresh_from_db()
    with pytest.raises(NotAllowed) as refusal:
        edit(cast.rosa, cast.maya, region=cast.world_)
    assert refusal.value.status == 403
    with pytest.raises(NotVisible):
        edit(cast.rosa, cast.priya, region=cast.emea)
    cast.maya.refresh_from_db()
    assert cast.maya.region == cast.mena


def test_the_first_move_also_writes_where_somebody_was(cast: Cast) -> None:
    edit(cast.priya, cast.maya, region=cast.mena, title="Lead analyst")
    rows = AttributeHistory.objects.filter(of="person", of_id=cast.maya.pk, name="region").order_by("since")
    assert [(row.name, row.value) for row in rows] == [("region", cast.germany.pk), ("region", cast.mena.pk)]
    assert rows[0].since == cast.maya.created_at
    cast.maya.refresh_from_db()
    edit(cast.priya, cast.maya, region=cast.germany)
    assert rows.all().count() == 3
    yesterday = world.soon(days=-1)
    assert gate.may(cast.rosa, "person.view", cast.maya, at=yesterday)


@pytest.mark.parametrize("field", ["region", "department", "manager"])
def test_nobody_changes_what_their_own_access_depends_on(cast: Cast, field: str) -> None:
    new = {"region": cast.germany, "department": cast.care, "manager": cast.jonas}[field]
    with pytest.raises(Refused, match="own department, region or manager") as refusal:
        edit(cast.priya, cast.priya, **{field: new})
    assert refusal.value.field == field
    assert edit(cast.priya, cast.priya, title="Head of access").title == "Head of access"


def test_the_second_of_two_edits_is_told_what_changed(cast: Cast) -> None:
    seen = Person.objects.get(pk=cast.maya.pk)
    edit(cast.priya, cast.maya, title="Lead analyst")
    with pytest.raises(Stale) as stale:
        edit(cast.rosa, seen, title="Junior analyst")
    assert stale.value.status == 409
    assert stale.value.facts["now"]["title"] == "Lead analyst"
    assert Person.objects.get(pk=cast.maya.pk).title == "Lead analyst"


def test_saving_without_a_change_writes_nothing(cast: Cast) -> None:
    edit(cast.priya, cast.maya, title=cast.maya.title)
    assert not Event.objects.exists()


def test_the_trail_says_that_a_name_changed_but_not_to_what(cast: Cast) -> None:
    edit(cast.priya, cast.maya, name="Maya Okafor-Weber", title="Lead")
    changes = Event.objects.get(tag="person.edited").changes
    assert changes["name"] == ["", "changed"]
    assert changes["title"] == ["Senior CX analyst", "Lead"]
    cast.maya.principal.refresh_from_db()
    assert cast.maya.principal.label == "Maya Okafor-Weber"


def test_nobody_reports_to_themselves_however_indirectly(cast: Cast) -> None:
    edit(cast.priya, cast.jonas, manager=cast.rosa)
    with pytest.raises(Refused, match="Maya Okafor > Jonas Weber > Rosa Lind"):
        edit(cast.priya, cast.rosa, manager=cast.maya)


def test_somebody_who_left_manages_nobody(cast: Cast) -> None:
    with pytest.raises(Refused, match="has left"):
        edit(cast.priya, cast.maya, manager=cast.lena)


def test_the_last_day_is_not_before_the_first(cast: Cast) -> None:
    with pytest.raises(Refused) as refusal:
        create(cast.priya, employed_from=date(2026, 5, 2), employed_until=date(2026, 5, 1))
    assert refusal.value.field == "employed_until"


def test_whoever_cannot_give_what_somebody_holds_cannot_take_over_their_mail(cast: Cast) -> None:
    clerk = world.person("Cleo Clerk", region=cast.world_)
    world.give(clerk, world.role("Clerk", {"person.edit"}))
    with pytest.raises(NotAllowed):
        edit(clerk, cast.priya, email="cleo+priya@kestrelhome.example")
    assert edit(clerk, cast.chiara, email="chiara.b@kestrelhome.example").email == "chiara.b@kestrelhome.example"
    assert edit(clerk, clerk, email="cleo@kestrelhome.example").email == "cleo@kestrelhome.example"


def test_a_suspended_person_may_nothing_from_that_moment(cast: Cast) -> None:
    assert gate.may(cast.maya, "feedback.view", cast.german_reviews, at=clock.now())
    suspend(cast.rosa, cast.maya)
    assert not gate.may(cast.maya, "feedback.view", cast.german_reviews, at=clock.now())
    event = Event.objects.get(tag="person.suspended")
    assert event.additional_data == {"reason": "Laptop stolen"}
    assert gate.may(cast.maya, "feedback.view", cast.german_reviews, at=world.soon(days=-1))


def test_a_suspension_needs_a_reason(cast: Cast) -> None:
    with pytest.raises(Refused) as refusal:
        suspend(cast.priya, cast.maya, reason="  ")
    assert refusal.value.field == "reason"
    cast.maya.refresh_from_db()
    assert cast.maya.state == PersonState.ACTIVE


def test_nobody_suspends_themselves(cast: Cast) -> None:
    with pytest.raises(Refused, match="own state"):
        suspend(cast.rosa, cast.rosa)


def test_the_last_administrator_is_never_suspended(cast: Cast) -> None:
    guard = world.person("Gita Guard", region=cast.world_)
    world.give(guard, world.role("Guard", {"person.suspend", "person.view"}))
    with pytest.raises(Refused, match="nobody who can administer"):
        suspend(guard, cast.priya)
    world.give(cast.otto, cast.administrator)
    assert suspend(guard, cast.priya).state == PersonState.SUSPENDED


def test_suspending_twice_is_told_to_the_second(cast: Cast) -> None:
    suspend(cast.priya, cast.maya)
    with pytest.raises(Stale, match="suspended already"):
        suspend(cast.rosa, cast.maya)


def test_coming_back_gives_back_what_they_hold(cast: Cast) -> None:
    suspend(cast.priya, cast.maya)
    assert reactivate(cast.priya, cast.maya).state == PersonState.ACTIVE
    assert gate.may(cast.maya, "feedback.view", cast.german_reviews, at=clock.now())
    states = AttributeHistory.objects.filter(of_id=cast.maya.pk, name="state").order_by("since", "id")
    assert [row.value for row in states] == ["active", "suspended", "active"]


def test_who_cannot_give_what_somebody_holds_cannot_bring_them_back(cast: Cast) -> None:
    with pytest.raises(NotAllowed) as refusal:
        reactivate(cast.rosa, cast.sofia)
    assert refusal.value.decision.action.startswith("role.give")
    cast.sofia.refresh_from_db()
    assert cast.sofia.state == PersonState.SUSPENDED
    assert reactivate(cast.priya, cast.sofia).state == PersonState.ACTIVE


def test_otto_who_only_reads_changes_nobody(cast: Cast) -> None:
    for attempt in (
        lambda: edit(cast.otto, cast.maya, title="X"),
        lambda: suspend(cast.otto, cast.maya),
        lambda: reactivate(cast.otto, cast.sofia),
        lambda: create(cast.otto),
    ):
        with pytest.raises(NotAllowed) as refusal:
            attempt()
        assert refusal.value.status == 403


def test_the_last_administrator_keeps_a_way_to_sign_in(cast: Cast) -> None:
    with pytest.raises(Refused, match="nobody who can administer access"):
        edit(cast.priya, cast.priya, email="")
    world.give(cast.otto, cast.administrator)
    assert edit(cast.priya, cast.priya, email="").email == ""
    cast.otto.refresh_from_db()
    with pytest.raises(Refused, match="nobody who can administer access"):
        edit(cast.priya, cast.otto, email="")


def test_an_administrator_without_a_mail_counts_where_single_sign_on_lets_them_in(cast: Cast) -> None:
    SocialAccount.objects.create(user=cast.priya, provider="idp", uid="priya")
    assert edit(cast.priya, cast.priya, email="").email == ""


def test_the_past_of_a_custom_attribute_is_kept_by_its_whole_name(cast: Cast) -> None:
    name = "how_the_shift_of_somebody_is_planned"
    AttributeDefinition.objects.create(
        entity="subject", name=name, label="How shifts are planned", type="text", created_at=clock.now()
    )
    edit(cast.priya, cast.maya, custom={name: "early"})
    kept = AttributeHistory.objects.filter(of="person", of_id=cast.maya.pk, name=f"custom.{name}").order_by("pk")
    assert list(kept.values_list("value", flat=True)) == [None, "early"]
