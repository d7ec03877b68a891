"""The pages of grants: giving, the summary before a high risk, moving ends, ending, the list and its file."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audits.models import Event
from audits.trail.tags import Tag
from cxaccess.lib import clock
from permissions.models import Role, RoleGrant
from tests import world
from tests.cast import Cast
from tests.sessions import signed_in


@pytest.fixture
def priya(cast: Cast) -> Client:
    return signed_in(cast.priya)


def gift(cast: Cast, **more: object) -> dict[str, object]:
    return {"to": cast.chiara.principal_id, "role": cast.agent.pk, "lasts": "30", "reason": "Helps out"} | more


def the_grant(cast: Cast) -> RoleGrant:
    return RoleGrant.objects.get(principal=cast.chiara.principal)


def test_a_role_is_given_for_a_length_within_a_scope(cast: Cast, priya: Client) -> None:
    answer = priya.post(reverse("grants:give"), gift(cast, region=cast.dach.pk, department=cast.care.pk))
    grant = the_grant(cast)
    assert answer.url == reverse("grants:detail", args=[grant.pk])
    assert grant.scope.terms.count() == 2
    assert timedelta(days=30) <= grant.until - grant.starts_at <= timedelta(days=31)


def test_a_date_alone_is_the_end_of_that_day_where_the_giver_is(cast: Cast) -> None:
    cast.priya.time_zone = "Asia/Tokyo"
    cast.priya.save()
    day = (clock.now() + timedelta(days=10)).date()
    signed_in(cast.priya).post(reverse("grants:give"), gift(cast, lasts="date", until_date=day.isoformat()))
    assert the_grant(cast).until == clock.end_of_day(day, "Asia/Tokyo")


def test_until_a_date_without_a_date_is_told_at_the_field(cast: Cast, priya: Client) -> None:
    answer = priya.post(reverse("grants:give"), gift(cast, lasts="date"))
    assert "Choose the date on which it ends" in answer.content.decode()


def test_a_high_risk_is_summed_up_before_it_is_given(cast: Cast, priya: Client) -> None:
    answer = priya.post(reverse("grants:give"), gift(cast, role=cast.analyst.pk, lasts="none"))
    assert answer.url.startswith(reverse("grants:confirm"))
    assert not RoleGrant.objects.filter(principal=cast.chiara.principal).exists()
    page = priya.get(answer.url).content.decode()
    assert "feedback.export" in page
    assert "It would not end by itself" in page
    assert priya.post(reverse("grants:confirm"), gift(cast, role=cast.analyst.pk, lasts="none")).status_code == 302
    assert the_grant(cast).until is None


def test_a_stale_proof_leads_back_to_the_summary_with_everything_typed(cast: Cast) -> None:
    client = signed_in(cast.priya)
    session = client.session
    session["proved_at"] = world.soon(hours=-3).isoformat()
    session.save()
    summary = client.post(reverse("grants:give"), gift(cast, role=cast.analyst.pk)).url
    answer = client.get(summary)
    assert "/confirm/" in answer.url
    assert "Helps%2Bout" in answer.url or "Helps" in answer.url


def test_a_twin_is_refused_with_a_link_to_the_first(cast: Cast, priya: Client) -> None:
    priya.post(reverse("grants:give"), gift(cast))
    answer = priya.post(reverse("grants:give"), gift(cast))
    assert reverse("grants:detail", args=[the_grant(cast).pk]) in answer.content.decode()


def test_the_form_offers_only_where_the_giver_may_give(cast: Cast) -> None:
    page = signed_in(cast.rosa).get(reverse("grants:give"), {"to": cast.maya.principal_id})
    form = page.context["form"]
    regions = {value for value, _label in form.fields["region"].choices}
    assert regions == {cast.emea.pk, cast.dach.pk, cast.germany.pk, cast.mena.pk}
    assert "" in {value for value, _label in form.fields["department"].choices}
    roles = {role.name for role in form.fields["role"].queryset}
    assert "Analyst" in roles
    assert "Administrator" not in roles


def test_whom_the_giver_may_not_see_cannot_be_chosen(cast: Cast) -> None:
    client = signed_in(cast.rosa)
    found = client.get(reverse("grants:give"), {"q": "Priya"})
    assert list(found.context["page"]) == []
    assert client.get(reverse("grants:give"), {"to": cast.priya.principal_id}).url == reverse("grants:give")


def test_ending_shows_what_is_lost_and_what_stays(cast: Cast, priya: Client) -> None:
    world.give(cast.chiara, cast.analyst)
    grant = the_grant(cast)
    world.give(cast.chiara, cast.feedback_reader)
    page = priya.get(reverse("grants:end", args=[grant.pk])).content.decode()
    assert "Chiara Bellini loses 3 permissions" in page
    assert "1 permission stays" in page
    assert "through Feedback reader" in page


def test_ending_twice_is_told(cast: Cast, priya: Client) -> None:
    world.give(cast.chiara, cast.agent)
    url = reverse("grants:end", args=[the_grant(cast).pk])
    assert priya.post(url, {"reason": "Over"}).status_code == 302
    assert "already ended this grant" in priya.post(url, {"reason": "Over"}).content.decode()


def test_the_last_administrator_is_told_why_they_stay(cast: Cast, priya: Client) -> None:
    grant = RoleGrant.objects.get(role=cast.administrator, principal=cast.priya.principal)
    answer = priya.post(reverse("grants:end", args=[grant.pk]), {"reason": "Tired of it"})
    assert "nobody who can administer" in answer.content.decode()


def test_an_end_is_moved_on_its_page(cast: Cast, priya: Client) -> None:
    world.give(cast.chiara, cast.agent)
    grant = the_grant(cast)
    priya.post(reverse("grants:change_end", args=[grant.pk]), {"lasts": "7", "reason": "Until the move"})
    grant.refresh_from_db()
    assert timedelta(days=7) <= grant.until - clock.now() <= timedelta(days=8)


def names(client: Client, query: str = "") -> list[str]:
    page = client.get(f"{reverse('grants:list')}?{query}").context["page"]
    return [f"{grant.principal.label}: {grant.role.name}" for grant in page]


def test_the_list_shows_what_is_in_force_ends_soon_starts_later_or_ended(cast: Cast, priya: Client) -> None:
    world.give(cast.chiara, cast.agent, until=world.soon(days=5))
    world.give(cast.chiara, cast.auditor, starts=world.soon(days=5))
    world.give(cast.chiara, cast.analyst, until=world.soon(days=-5))
    assert "Chiara Bellini: Agent" in names(priya)
    assert names(priya, "view=soon") == ["Chiara Bellini: Agent"]
    assert names(priya, "view=later") == ["Chiara Bellini: Auditor"]
    assert names(priya, "view=ended") == ["Chiara Bellini: Analyst"]


def test_the_list_narrows_by_role_source_region_and_text(cast: Cast, priya: Client) -> None:
    assert names(priya, f"role={cast.agent.pk}") == ["Ali Haddad: Agent"]
    assert names(priya, "source=request") == []
    assert names(priya, f"region={cast.emea.pk}") == [
        "Ali Haddad: Agent", "Insights DACH: Analyst", "Jonas Weber: Team lead", "Rosa Lind: Regional administrator",
    ]  # fmt: skip
    assert names(priya, "q=haddad") == ["Ali Haddad: Agent"]
    assert len(names(priya, "role=nonsense&region=0&source=%00&view=x")) > 3


def test_a_regional_administrator_sees_the_grants_of_the_region(cast: Cast) -> None:
    seen = names(signed_in(cast.rosa))
    assert "Ali Haddad: Agent" in seen
    assert "Priya Raman: Administrator" not in seen


def test_the_file_holds_what_the_filters_keep_and_is_recorded(cast: Cast, priya: Client) -> None:
    answer = priya.post(f"{reverse('grants:export')}?role={cast.agent.pk}")
    text = b"".join(answer.streaming_content).decode()
    assert "Ali Haddad" in text
    assert "Priya" not in text
    event = Event.objects.get(tag=Tag.ACCESS_EXPORTED)
    assert event.additional_data["rows"] == 1
    assert "Haddad" not in str(event.additional_data)


def test_the_list_costs_the_same_however_long_it_is(cast: Cast, priya: Client) -> None:
    url = reverse("grants:list")
    priya.get(url)
    with CaptureQueriesContext(connection) as few:
        priya.get(url)
    for number in range(20):
        world.give(world.person(f"Person {number}"), cast.agent, region=cast.dach)
    with CaptureQueriesContext(connection) as many:
        assert len(names(priya)) > 20
    assert len(many) <= len(few) + 1


def test_the_history_of_a_grant_stands_on_its_page(cast: Cast, priya: Client) -> None:
    priya.post(reverse("grants:give"), gift(cast))
    page = priya.get(reverse("grants:detail", args=[the_grant(cast).pk])).content.decode()
    assert "gave" in page
    assert "Helps out" in page


def test_the_form_names_no_team_and_no_role_that_its_reader_cannot_see(cast: Cast) -> None:
    secret = world.role("Merger desk", {"feedback.view"})
    Role.objects.filter(pk=secret.pk).update(retired_at=clock.now())
    team = world.team("Works council")
    page = signed_in(cast.rosa).get(f"{reverse('grants:give')}?to={cast.chiara.principal_id}&role={secret.pk}")
    assert page.status_code == 200
    assert "Care EMEA" in page.content.decode()
    assert team.name not in page.content.decode()
    assert "Merger desk" not in page.content.decode()


def test_the_filter_of_regions_offers_what_the_reader_sees(cast: Cast) -> None:
    world.give(cast.chiara, world.role("Grant reader", {"grant.view"}), region=cast.dach)
    page = signed_in(cast.chiara).get(reverse("grants:list")).content.decode()
    assert "MENA" not in page
    assert "MENA" in signed_in(cast.otto).get(reverse("grants:list")).content.decode()


@pytest.mark.parametrize("odd", ["²", "9" * 40])
def test_an_odd_number_in_the_address_fails_nothing(cast: Cast, priya: Client, odd: str) -> None:
    assert priya.get(f"{reverse('grants:give')}?to={odd}&role={odd}").status_code == 302
    assert priya.get(f"{reverse('grants:give')}?to={cast.chiara.principal_id}&role={odd}").status_code == 200


def test_moving_the_end_of_a_grant_asks_who_is_there(cast: Cast) -> None:
    grant = world.give(cast.chiara, cast.analyst, until=world.soon(days=1))
    client = signed_in(cast.priya)
    session = client.session
    session["proved_at"] = world.soon(hours=-3).isoformat()
    session.save()
    address = reverse("grants:change_end", args=[grant.pk])
    answer = client.post(address, {"lasts": "none", "reason": "Stays"})
    grant.refresh_from_db()
    assert answer.url.startswith(reverse("signin:confirm"))
    assert grant.until is not None
