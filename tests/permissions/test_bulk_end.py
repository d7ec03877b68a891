"""Many grants ended at once: what that takes, all or nothing, each with its event."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audits.models import Event
from audits.trail.tags import Tag
from cxaccess.lib import clock
from cxaccess.lib.errors import Refused
from permissions import gate
from permissions.grants.bulk import services
from permissions.grants.bulk.ending import ending
from permissions.grants.bulk.services import end_many
from permissions.grants.services import end_grant
from permissions.guards import NotAllowed, NotVisible
from permissions.models import RoleGrant
from tests import world
from tests.cast import Cast
from tests.sessions import signed_in


@pytest.fixture
def priya(cast: Cast) -> Client:
    return signed_in(cast.priya)


def of(person) -> RoleGrant:
    return RoleGrant.objects.get(principal=person.principal)


def ended(cast: Cast, *grants: RoleGrant, by=None) -> int:
    return end_many(
        by or cast.priya, grants=[grant.pk for grant in grants], reason="The season is over", at=clock.now()
    )


def test_each_grant_ends_with_its_own_event_as_a_single_one_would(cast: Cast) -> None:
    later = world.give(cast.chiara, cast.agent, starts=world.soon(days=3))
    single = world.give(cast.maya, cast.agent)
    end_grant(cast.priya, grant=single, reason="The season is over", at=clock.now())
    assert ended(cast, of(cast.ali), later) == 2
    assert not gate.may_somewhere(cast.ali, "ticket.reply", at=clock.now())
    later.refresh_from_db()
    assert (later.until, later.ended_by, later.end_reason) == (later.starts_at, cast.priya, "The season is over")
    one, *many = Event.objects.filter(tag=Tag.GRANT_ENDED).order_by("pk")
    assert {event.object_id for event in many} == {of(cast.ali).pk, later.pk}
    assert {event.about_person_id for event in many} == {cast.ali.pk, cast.chiara.pk}
    for event in many:
        assert event.changes.keys() == one.changes.keys()
        assert one.additional_data.items() >= {"role": cast.agent.pk}.items()
        assert event.additional_data.keys() >= one.additional_data.keys()
        assert event.changes["ended_by"] == one.changes["ended_by"]


def test_one_that_is_not_ones_own_to_end_stops_all(cast: Cast) -> None:
    grants = [of(cast.ali), RoleGrant.objects.get(principal=cast.priya.principal)]
    with pytest.raises(NotVisible):
        ended(cast, *grants, by=cast.rosa)
    with pytest.raises(NotAllowed):
        ended(cast, of(cast.ali), by=cast.otto)
    assert gate.may_somewhere(cast.ali, "ticket.reply", at=clock.now())


def test_what_is_over_by_now_is_left_as_it_is(cast: Cast) -> None:
    first, second = of(cast.ali), world.give(cast.chiara, cast.agent)
    end_grant(cast.rosa, grant=first, reason="I was quicker", at=clock.now())
    assert ended(cast, first, second) == 1
    first.refresh_from_db()
    assert first.end_reason == "I was quicker"
    with pytest.raises(Refused, match="ended already"):
        ended(cast, first, second)


def test_the_last_administrator_stays_and_so_does_all_the_rest(cast: Cast) -> None:
    with pytest.raises(Refused, match="nobody who can administer"):
        ended(cast, of(cast.ali), RoleGrant.objects.get(principal=cast.priya.principal))
    assert of(cast.ali).until is None


def test_a_reason_is_needed_and_there_is_a_most(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Refused, match="Say why"):
        end_many(cast.priya, grants=[of(cast.ali).pk], reason=" ", at=clock.now())
    monkeypatch.setattr(services, "MOST", 1)
    with pytest.raises(Refused, match="At most 1"):
        ended(cast, of(cast.ali), of(cast.otto))


def test_the_preview_says_who_loses_what_and_who_keeps_it(cast: Cast) -> None:
    world.give(cast.ali, cast.feedback_reader)
    world.give(cast.maya, cast.feedback_reader)  # her team reads it in DACH only
    world.give(cast.chiara, cast.feedback_reader, region=cast.dach)
    world.give(cast.chiara, cast.analyst)
    rows = RoleGrant.objects.filter(role=cast.feedback_reader)
    found = ending(cast.priya, rows, at=clock.now())
    lost = {person.name for line in found.told if not line.gains for person in line.people}
    assert lost == {"Ali Haddad", "Maya Okafor"}
    assert (found.losers, [line.kept for line in found.told]) == (2, [1])


def test_the_list_ends_what_is_ticked(cast: Cast, priya: Client) -> None:
    world.give(cast.chiara, cast.agent)
    url, ids = reverse("grants:end_many"), [of(cast.ali).pk, of(cast.chiara).pk]
    listed = priya.get(reverse("grants:list")).content.decode()
    assert f'value="{ids[0]}" form="end-many"' in listed
    page = priya.get(url, {"grant": ids})
    assert "2 people lose something" in page.content.decode()
    assert priya.post(url, {"grant": ids}).status_code == 422
    answer = priya.post(url, {"grant": ids, "reason": "The season is over"})
    assert answer.url == reverse("grants:list")
    assert "2 grants have ended." in priya.get(answer.url).content.decode()


def test_whoever_may_not_end_ticks_nothing(cast: Cast) -> None:
    assert "end-many" not in signed_in(cast.otto).get(reverse("grants:list")).content.decode()
    over = signed_in(cast.priya).get(reverse("grants:list"), {"view": "ended"}).content.decode()
    assert "end-many" not in over


def test_all_that_the_filters_keep_can_end_at_once(cast: Cast, priya: Client) -> None:
    for number in range(30):
        world.give(world.person(f"Person {number:02}"), cast.agent, region=cast.dach)
    address = f"?role={cast.agent.pk}&region={cast.dach.pk}"
    listed = priya.get(f"{reverse('grants:list')}{address}").content.decode()
    assert "End all 30 that match" in listed
    url = reverse("grants:end_many")
    page = priya.get(f"{url}{address}&all=1")
    ids = page.context["found"].ids
    assert len(ids) == 30
    text = page.content.decode()
    assert "Type <b>30</b> to confirm" in text
    assert priya.post(url, {"grant": ids, "reason": "Over", "typed": "12"}).status_code == 422
    assert priya.post(url, {"grant": ids, "reason": "Over", "typed": "30"}).status_code == 302
    assert RoleGrant.objects.filter(ended_by=cast.priya).count() == 30
    assert of(cast.ali).until is None


def test_past_the_most_the_page_says_so(cast: Cast, priya: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from permissions.grants.bulk import ending as looking

    monkeypatch.setattr(looking, "MOST", 2)
    page = priya.get(reverse("grants:end_many"), {"all": "1"})
    assert len(page.context["found"].ids) == 2
    assert "These are the first" in page.content.decode()


def test_ending_many_takes_a_fresh_proof_and_a_few_do_not(cast: Cast, priya: Client) -> None:
    grants = [world.give(world.person(f"Person {number}"), cast.agent).pk for number in range(11)]
    session = priya.session
    session["proved_at"] = world.soon(hours=-3).isoformat()
    session.save()
    url = reverse("grants:end_many")
    assert priya.get(url, {"grant": grants[:10]}).status_code == 200
    assert "/confirm/" in priya.get(url, {"grant": grants}).url
    assert "/confirm/" in priya.post(url, {"grant": grants, "reason": "Over", "typed": "11"}).url
    assert not RoleGrant.objects.filter(ended_by=cast.priya).exists()


def test_what_is_not_ones_own_to_end_is_left_out_and_counted(cast: Cast) -> None:
    world.give(cast.chiara, world.role("Ender", {"grant.view"}))
    world.give(cast.chiara, world.role("Ender in MENA", {"grant.end"}), region=cast.mena)
    page = signed_in(cast.chiara).get(reverse("grants:end_many"), {"grant": [of(cast.ali).pk, of(cast.otto).pk, "²"]})
    found = page.context["found"]
    assert (found.ids, found.left_out) == ([of(cast.ali).pk], 1)


def test_odd_addresses_end_nothing(cast: Cast, priya: Client) -> None:
    for odd in ({"grant": "²"}, {"grant": "9" * 40}, {}, {"all": "1", "view": "ended"}):
        assert "No grant to end" in priya.get(reverse("grants:end_many"), odd).content.decode()


def test_ending_costs_the_same_however_many_there_are(cast: Cast, priya: Client) -> None:
    costs = []
    for size in (3, 60):
        grants = [world.give(world.person(f"P {size} {number}"), cast.agent).pk for number in range(size)]
        priya.get(reverse("grants:end_many"), {"grant": grants})
        with CaptureQueriesContext(connection) as looking:
            priya.get(reverse("grants:end_many"), {"grant": grants})
        with CaptureQueriesContext(connection) as writing:
            end_many(cast.priya, grants=grants, reason="Over", at=clock.now())
        costs.append((len(looking), len(writing)))
    assert costs[1][0] <= costs[0][0] + 1
    assert costs[1][1] <= costs[0][1] + 3  # an insert of events holds so many rows
