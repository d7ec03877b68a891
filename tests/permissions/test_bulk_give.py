"""One role for many people: who gets it and who does not, all or nothing, and exactly that taken back."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Person, PersonState
from audits.models import Event
from audits.trail.selectors import history_of
from audits.trail.stories import describe
from audits.trail.tags import Tag
from cxaccess.lib import clock
from cxaccess.lib.errors import Refused, Stale
from permissions import gate
from permissions.grants.bulk.plan import preview
from permissions.grants.bulk.services import MOST, draft_gift, draft_people, give_many, undo_many
from permissions.grants.services import change_end, end_grant
from permissions.guards import NotAllowed, NotVisible
from permissions.models import GrantBatch, Role, RoleGrant
from permissions.roles.services import retire_role
from tests import world
from tests.cast import Cast
from tests.sessions import signed_in


@pytest.fixture
def priya(cast: Cast) -> Client:
    return signed_in(cast.priya)


def drafted(actor: Person, people, role: Role, **more: Any) -> GrantBatch:
    at = clock.now()
    batch = draft_people(actor, people=people, at=at)
    gift = {"terms": {}, "starts_at": None, "until": None, "reason": "The season begins", "at": at}
    return draft_gift(actor, batch=batch, role=role, **(gift | more))


def seen(batch: GrantBatch):
    row = GrantBatch.objects.select_related("role", "scope").get(pk=batch.pk)
    return preview(row, row.role, row.scope, at=clock.now())


def give(actor: Person, batch: GrantBatch) -> GrantBatch:
    return give_many(actor, batch=batch, seen=seen(batch).digest, at=clock.now())


def holders(role: Role) -> set[str]:
    rows = RoleGrant.objects.in_force(clock.now()).filter(role=role)
    return set(rows.values_list("principal__label", flat=True))


def test_many_get_one_role_and_each_grant_has_its_event(cast: Cast) -> None:
    people = [cast.chiara, cast.maya, cast.jonas]
    batch = give(cast.priya, drafted(cast.priya, people, cast.feedback_reader, terms={"region": cast.dach.pk}))
    grants = list(RoleGrant.objects.filter(source_ref=batch.ref))
    assert {grant.principal_id for grant in grants} == {person.principal_id for person in people}
    assert {(grant.reason, grant.given_by, grant.scope) for grant in grants} == {
        ("The season begins", cast.priya, world.scope(region=cast.dach))
    }
    events = Event.objects.filter(tag=Tag.GRANT_GIVEN)
    assert {event.object_id for event in events} == {grant.pk for grant in grants}
    assert gate.may(cast.chiara, "feedback.view", cast.german_reviews, at=clock.now())
    summary = describe(Event.objects.filter(tag=Tag.GRANTS_GIVEN))[0]
    assert str(summary.sentence) == "Priya Raman gave 3 people the role Feedback reader in DACH, together"
    assert summary.reason == "The season begins"


def test_who_holds_it_there_is_skipped_and_who_left_cannot(cast: Cast) -> None:
    world.give(cast.chiara, cast.agent, region=cast.mena)
    batch = drafted(
        cast.priya, [cast.chiara, cast.ali, cast.lena, cast.maya], cast.agent, terms={"region": cast.mena.pk}
    )
    found = seen(batch)
    assert [gain.verdict.person for gain in found.gains] == [cast.maya]
    assert {verdict.person for verdict in found.holds} == {cast.ali, cast.chiara}
    assert [(verdict.person, verdict.why) for verdict in found.cannot] == [(cast.lena, "has left")]
    given = give(cast.priya, batch)
    assert RoleGrant.objects.filter(source_ref=given.ref).count() == 1
    assert set(given.skipped) == {cast.ali.principal_id, cast.chiara.principal_id}


def test_the_preview_counts_what_each_does_not_hold_there_yet(cast: Cast) -> None:
    world.give(cast.chiara, cast.feedback_reader)
    found = seen(drafted(cast.priya, [cast.chiara, cast.maya, cast.ali, cast.nils], cast.analyst,
                         terms={"region": cast.germany.pk}))  # fmt: skip
    gains = {gain.verdict.person.name: (gain.permissions, gain.risk) for gain in found.gains}
    assert gains["Ali Haddad"] == (4, 3)
    assert gains["Chiara Bellini"] == (3, 3)  # she reads feedback everywhere
    assert gains["Maya Okafor"] == (0, None)  # her team holds all of it in DACH
    assert gains["Nils Berg"] == (4, 3)
    notes = {gain.verdict.person.name: gain.note for gain in found.gains}
    assert "once they are active" in notes["Nils Berg"]
    assert found.idle == 1


def test_what_changed_since_the_look_stops_everything(cast: Cast) -> None:
    batch = drafted(cast.priya, [cast.chiara, cast.maya], cast.agent)
    looked = seen(batch).digest
    Person.objects.filter(pk=cast.maya.pk).update(state=PersonState.LEFT)
    with pytest.raises(Stale):
        give_many(cast.priya, batch=batch, seen=looked, at=clock.now())
    assert holders(cast.agent) == {"Ali Haddad"}
    Person.objects.filter(pk=cast.maya.pk).update(state=PersonState.ACTIVE)
    world.reversion(cast.agent, {"profile.export"})
    with pytest.raises(Stale):
        give_many(cast.priya, batch=batch, seen=looked, at=clock.now())


def test_the_same_is_not_given_twice(cast: Cast) -> None:
    batch = drafted(cast.priya, [cast.chiara], cast.agent)
    looked = seen(batch).digest
    give_many(cast.priya, batch=batch, seen=looked, at=clock.now())
    with pytest.raises(Refused, match="given already"):
        give_many(cast.priya, batch=batch, seen=looked, at=clock.now())
    with pytest.raises(Refused, match="Nobody of these gets it"):
        give(cast.priya, drafted(cast.priya, [cast.chiara], cast.agent))


def test_nobody_gives_to_many_what_they_could_not_give_to_one(cast: Cast) -> None:
    with pytest.raises(NotVisible):
        drafted(cast.rosa, [cast.chiara], cast.agent)  # everywhere: rosa gives in EMEA
    with pytest.raises(NotAllowed):
        drafted(cast.rosa, [cast.chiara], cast.regional_admin, terms={"region": cast.dach.pk})
    batch = drafted(cast.rosa, [cast.chiara], cast.agent, terms={"region": cast.dach.pk})
    grant = RoleGrant.objects.get(principal=cast.rosa.principal)
    end_grant(cast.priya, grant=grant, reason="Moves on", at=clock.now())
    with pytest.raises(NotVisible):
        give(cast.rosa, batch)
    assert holders(cast.agent) == {"Ali Haddad"}
    for member in (cast.otto, cast.maya):
        with pytest.raises(NotAllowed):
            draft_people(member, people=[cast.chiara], at=clock.now())


def test_whom_one_does_not_see_one_does_not_choose(cast: Cast) -> None:
    with pytest.raises(Refused, match="not yours to see"):
        draft_people(cast.rosa, people=[cast.priya], at=clock.now())


def test_a_role_that_was_retired_since_is_not_given(cast: Cast) -> None:
    role = world.role("Short-lived", {"report.view"})
    batch = drafted(cast.priya, [cast.chiara], role)
    looked = seen(batch).digest
    retire_role(cast.priya, role=role, reason="Over", at=clock.now())
    with pytest.raises(Refused, match="retired"):
        give_many(cast.priya, batch=batch, seen=looked, at=clock.now())
    assert not holders(role)


def test_a_draft_is_its_makers_alone(cast: Cast) -> None:
    batch = drafted(cast.priya, [cast.chiara], cast.agent)
    with pytest.raises(GrantBatch.DoesNotExist):
        draft_people(cast.rosa, people=[cast.ali], batch=batch, at=clock.now())
    assert signed_in(cast.rosa).get(reverse("grants:bulk_detail", args=[batch.pk])).status_code == 404


def test_more_than_so_many_are_told_to_come_in_parts(cast: Cast) -> None:
    people = [Person(principal=made, name=f"P {n}", email=f"p{n}@x.example", created_at=world.LONG_AGO)
              for n, made in enumerate(_principals(MOST + 1))]  # fmt: skip
    Person.objects.bulk_create(people)
    with pytest.raises(Refused, match="At most 500"):
        draft_people(cast.priya, people=people, at=clock.now())


def _principals(count: int):
    from accounts.models import Principal

    return Principal.objects.bulk_create(Principal(kind="person", label=f"P {n}") for n in range(count))


def test_five_hundred_are_given_it_in_a_steady_number_of_statements(cast: Cast) -> None:
    costs = []
    for size in (5, 200):
        people = [Person(principal=made, name=f"P {size} {n}", email=f"p{size}{n}@x.example", created_at=clock.now(),
                         state=PersonState.ACTIVE) for n, made in enumerate(_principals(size))]  # fmt: skip
        Person.objects.bulk_create(people)
        batch = drafted(cast.priya, people, cast.agent)
        with CaptureQueriesContext(connection) as looking:
            looked = seen(batch).digest
        with CaptureQueriesContext(connection) as giving:
            give_many(cast.priya, batch=batch, seen=looked, at=clock.now())
        costs.append((len(looking), len(giving)))
    (look, gave), (look_many, gave_many) = costs
    assert look_many <= look + 1
    assert gave_many <= gave + 12  # an insert holds so many rows: 200 grants and their stamps are a dozen statements


def test_undo_ends_exactly_what_still_stands(cast: Cast) -> None:
    world.give(cast.ali, cast.feedback_reader)
    people = [cast.chiara, cast.maya, cast.jonas, cast.ali]
    batch = give(cast.priya, drafted(cast.priya, people, cast.feedback_reader))
    grants = {grant.principal_id: grant for grant in RoleGrant.objects.filter(source_ref=batch.ref)}
    end_grant(cast.priya, grant=grants[cast.maya.principal_id], reason="Not her", at=clock.now())
    change_end(cast.priya, grant=grants[cast.jonas.principal_id], until=world.soon(days=3), reason="Short",
               at=clock.now())  # fmt: skip
    assert undo_many(cast.priya, batch=batch, reason="The wrong list", at=clock.now()) == 2
    assert holders(cast.feedback_reader) == {"Ali Haddad"}
    maya = RoleGrant.objects.get(pk=grants[cast.maya.principal_id].pk)
    assert maya.end_reason == "Not her"
    undone = Event.objects.get(tag=Tag.GRANTS_UNDONE)
    assert "took back the role Feedback reader" in str(describe([undone])[0].sentence)
    assert undone.additional_data["people"] == 2
    ended = Event.objects.filter(tag=Tag.GRANT_ENDED, additional_data__undo=batch.pk)
    assert {event.object_id for event in ended} == {
        grants[cast.chiara.principal_id].pk, grants[cast.jonas.principal_id].pk,
    }  # fmt: skip
    with pytest.raises(Refused, match="undone already"):
        undo_many(cast.priya, batch=batch, reason="Again", at=clock.now())


def test_undo_takes_the_right_to_end_all_of_it(cast: Cast) -> None:
    batch = give(cast.priya, drafted(cast.priya, [cast.chiara, cast.otto], cast.agent))
    with pytest.raises(NotAllowed):
        undo_many(cast.rosa, batch=batch, reason="Mine are in EMEA", at=clock.now())
    assert {"Chiara Bellini", "Otto Lang"} <= holders(cast.agent)


def test_undo_keeps_the_last_administrator(cast: Cast) -> None:
    batch = give(cast.priya, drafted(cast.priya, [cast.rosa], cast.administrator))
    first = RoleGrant.objects.get(principal=cast.priya.principal, role=cast.administrator)
    end_grant(cast.rosa, grant=first, reason="I take over", at=clock.now())
    with pytest.raises(Refused, match="nobody who can administer"):
        undo_many(cast.rosa, batch=batch, reason="Back", at=clock.now())
    assert "Rosa Lind" in holders(cast.administrator)


def test_a_whole_gift_by_its_pages_and_back(cast: Cast, priya: Client) -> None:
    mails = f"Chiara <{cast.chiara.email.upper()}>, {cast.maya.email}\n{cast.maya.email}"
    answer = priya.post(reverse("grants:bulk"), {"mails": mails, "person": [cast.jonas.pk]})
    batch = GrantBatch.objects.get()
    assert answer.url == reverse("grants:bulk_role", args=[batch.pk])
    gift = {"role": cast.agent.pk, "region": cast.dach.pk, "lasts": "30", "reason": "The season begins"}
    look = priya.post(answer.url, gift).url
    page = priya.get(look)
    assert "3 people get it" in page.content.decode()
    answer = priya.post(reverse("grants:bulk_give", args=[batch.pk]), {"seen": page.context["found"].digest})
    assert answer.url == look
    page = priya.get(look)
    text = page.content.decode()
    assert "3 people now hold Agent." in text
    assert text.count(reverse("grants:bulk_undo", args=[batch.pk])) == 2  # in the notice and on the page
    assert priya.post(reverse("grants:bulk_undo", args=[batch.pk])).url == look
    assert "3 grants have ended again." in priya.get(look).content.decode()
    assert holders(cast.agent) == {"Ali Haddad"}
    assert priya.post(reverse("grants:bulk_undo", args=[batch.pk])).status_code == 422


def test_mails_that_nobody_has_are_named_and_what_was_typed_stays(cast: Cast) -> None:
    text = f"nobody@else.example, {cast.priya.email}\nmaya okafor\n{cast.chiara.email}"
    page = signed_in(cast.rosa).post(reverse("grants:bulk"), {"mails": text}).content.decode()
    assert "nobody@else.example, priya.raman@kestrelhome.example, maya okafor." in page
    assert cast.chiara.email in page
    assert not GrantBatch.objects.exists()


def test_nobody_chosen_is_told(cast: Cast, priya: Client) -> None:
    assert "Choose at least one" in priya.post(reverse("grants:bulk"), {"mails": " "}).content.decode()


def test_people_are_found_added_and_taken_out(cast: Cast, priya: Client) -> None:
    batch = drafted(cast.priya, [cast.chiara, cast.maya], cast.agent)
    url = reverse("grants:bulk_people", args=[batch.pk])
    found = priya.get(url, {"q": "a"}).context["people"]
    assert cast.ali in found
    assert {"Chiara Bellini", "Maya Okafor"}.isdisjoint({person.name for person in found})
    priya.post(url, {"person": [cast.ali.pk]})
    priya.post(reverse("grants:bulk_drop", args=[batch.pk]), {"person": [cast.maya.pk, "²"]})
    batch.refresh_from_db()
    assert set(batch.people) == {cast.chiara.principal_id, cast.ali.principal_id}


def test_everybody_whom_the_filters_of_people_keep_can_be_chosen(cast: Cast, priya: Client) -> None:
    address = f"{reverse('grants:bulk')}?q=kestrelhome&region={cast.mena.pk}"
    assert priya.post(address, {"all": "1"}).status_code == 302
    people = Person.objects.filter(principal__in=GrantBatch.objects.get().people)
    assert {person.name for person in people} == {"Ali Haddad", "Ivy Park"}
    page = priya.get(reverse("people:list")).content.decode()
    assert 'form="give-many"' in page
    assert 'form="give-many"' not in signed_in(cast.otto).get(reverse("people:list")).content.decode()


def test_a_role_of_high_risk_asks_who_is_there_and_takes_the_number_typed(cast: Cast, priya: Client) -> None:
    people = [world.person(f"Person {number}") for number in range(11)]
    batch = drafted(cast.priya, people, cast.analyst)
    look, url = reverse("grants:bulk_detail", args=[batch.pk]), reverse("grants:bulk_give", args=[batch.pk])
    page = priya.get(look)
    assert "Type <b>11</b> to confirm" in page.content.decode()
    assert "It would not end by itself" in page.content.decode()
    wanted = {"seen": page.context["found"].digest}
    answer = priya.post(url, wanted | {"typed": "12"})
    assert (answer.status_code, "Type 11 to confirm." in answer.content.decode()) == (422, True)
    session = priya.session
    session["proved_at"] = world.soon(hours=-3).isoformat()
    session.save()
    assert "/confirm/" in priya.get(look).url
    assert "/confirm/" in priya.post(url, wanted | {"typed": "11"}).url
    session["proved_at"] = clock.now().isoformat()
    session.save()
    assert priya.post(url, wanted | {"typed": "11"}).status_code == 302
    assert RoleGrant.objects.filter(role=cast.analyst, source_ref=batch.ref).count() == 11


def test_a_low_risk_asks_for_no_proof(cast: Cast, priya: Client) -> None:
    batch = drafted(cast.priya, [cast.chiara], cast.agent)
    session = priya.session
    session["proved_at"] = world.soon(hours=-3).isoformat()
    session.save()
    assert priya.get(reverse("grants:bulk_detail", args=[batch.pk])).status_code == 200


def test_a_preview_that_is_old_comes_again_with_the_new_one(cast: Cast, priya: Client) -> None:
    batch = drafted(cast.priya, [cast.chiara, cast.maya], cast.agent)
    url = reverse("grants:bulk_give", args=[batch.pk])
    answer = priya.post(url, {"seen": "f" * 32})
    assert (answer.status_code, "Look once more" in answer.content.decode()) == (409, True)
    assert priya.post(url, {"seen": answer.context["found"].digest}).status_code == 302
    assert priya.post(url, {"seen": answer.context["found"].digest}).url == reverse(
        "grants:bulk_detail", args=[batch.pk]
    )


def test_an_end_that_went_by_while_nobody_looked_leads_back_to_the_form(cast: Cast, priya: Client) -> None:
    batch = drafted(cast.priya, [cast.chiara], cast.agent, until=world.soon(days=1))
    GrantBatch.objects.filter(pk=batch.pk).update(until=clock.now() - timedelta(hours=1))
    assert priya.get(reverse("grants:bulk_detail", args=[batch.pk])).url == reverse("grants:bulk_role", args=[batch.pk])
    answer = priya.post(reverse("grants:bulk_give", args=[batch.pk]), {"seen": "f"})
    assert answer.status_code in (302, 422)


def test_a_grant_leads_to_what_was_given_with_it(cast: Cast, priya: Client) -> None:
    batch = give(cast.priya, drafted(cast.priya, [cast.chiara, cast.maya], cast.agent))
    grant = RoleGrant.objects.filter(source_ref=batch.ref).first()
    page = priya.get(reverse("grants:detail", args=[grant.pk])).content.decode()
    assert reverse("grants:bulk_detail", args=[batch.pk]) in page
    told = history_of(cast.agent).stories
    assert any("gave 2 people the role Agent" in str(story.sentence) for story in told)


def test_who_sees_none_of_the_grants_sees_nothing_of_the_batch(cast: Cast) -> None:
    batch = give(cast.priya, drafted(cast.priya, [cast.otto], cast.agent))
    url = reverse("grants:bulk_detail", args=[batch.pk])
    assert signed_in(cast.rosa).get(url).status_code == 404
    assert signed_in(cast.rosa).post(reverse("grants:bulk_undo", args=[batch.pk])).status_code == 404
    assert signed_in(cast.otto).get(url).status_code == 200


def test_who_may_give_and_not_look_is_led_back_to_where_they_began(cast: Cast) -> None:
    world.give(cast.chiara, world.role("Giver", {"role.give", "person.view"}), region=cast.dach)
    client = signed_in(cast.chiara)
    batch = drafted(cast.chiara, [cast.maya], cast.agent, terms={"region": cast.dach.pk})
    answer = client.post(reverse("grants:bulk_give", args=[batch.pk]), {"seen": seen(batch).digest})
    assert answer.url == reverse("grants:bulk")
    page = client.get(answer.url).content.decode()
    assert "1 person now holds Agent." in page
    assert reverse("grants:bulk_undo", args=[batch.pk]) not in page
