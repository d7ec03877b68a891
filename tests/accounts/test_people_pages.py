"""The pages of people: what the list keeps, what a form says, what a file holds."""

import csv
import re
from html import unescape
from io import StringIO

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Person, PersonState
from accounts.people import services
from audits.models import Event
from cxaccess.lib import clock
from tests import world
from tests.cast import Cast
from tests.sessions import signed_in

LIST = reverse("people:list")


@pytest.fixture
def priya(cast: Cast) -> Client:
    return signed_in(cast.priya)


def names(client: Client, query: str = "") -> list[str]:
    rows = client.get(f"{LIST}?{query}").context["rows"]
    return [row.person.name for row in rows]


def profile(person: Person, **changes: object) -> dict[str, object]:
    places = {name: getattr(person, f"{name}_id") or "" for name in ("department", "region", "manager")}
    same = {name: getattr(person, name) for name in ("name", "email", "title", "time_zone", "language")}
    return {"row_version": person.row_version, **same, **places, **changes}


def queries(client: Client, url: str) -> int:
    client.get(url)
    with CaptureQueriesContext(
        connection,
    ) as found:
        assert client.get(url).status_code == 200
    return len(found)


def crowd(cast: Cast, n: int, start: int = 0) -> list[Person]:
    places = {"region": cast.germany, "department": cast.care, "manager": cast.jonas}
    made = [world.person(f"Crowd {i:03}", **places) for i in range(start, start + n)]
    for i, person in enumerate(made):
        world.join(person, (cast.care_dach, cast.care_emea, cast.insights_dach)[i % 3])
        world.give(person, cast.agent, region=cast.dach)
    return made


def test_the_list_costs_the_same_for_one_person_and_for_a_full_page(cast: Cast, priya: Client) -> None:
    crowd(cast, 1)
    few = queries(priya, f"{LIST}?q=crowd&sort=-risk")
    crowd(cast, 24, 1)
    assert len(names(priya, "q=crowd")) == 25
    assert queries(priya, f"{LIST}?q=crowd&sort=-risk") == few


def test_everybody_sees_only_whom_they_may(cast: Cast) -> None:
    assert "Priya Raman" not in names(signed_in(cast.rosa))
    assert set(names(signed_in(cast.jonas))) == {"Jonas Weber", "Lena Horn", "Maya Okafor", "Nils Berg"}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=maya", ["Maya Okafor"]),
        ("q=insights+dach", ["Jonas Weber", "Maya Okafor"]),
        ("q=senior+analyst", ["Maya Okafor"]),
        ("q=ali.haddad@", ["Ali Haddad"]),
        ("state=suspended", ["Sofia Lindqvist"]),
        ("view=away", ["Sofia Lindqvist"]),
        ("view=unclaimed", ["Ivy Park"]),
        ("sign_in=unclaimed", ["Ivy Park"]),
        ("risk=4", ["Priya Raman", "Sofia Lindqvist"]),
        ("q=nobody+at+all", []),
    ],
)
def test_the_list_keeps_what_the_address_asks_for(cast: Cast, priya: Client, query: str, found: list[str]) -> None:
    assert names(priya, query) == found


def test_a_place_team_or_role_filters_with_all_below_it(cast: Cast, priya: Client) -> None:
    assert names(priya, f"region={cast.dach.pk}") == ["Jonas Weber", "Lena Horn", "Maya Okafor", "Nils Berg"]
    assert "Otto Lang" in names(priya, f"department={cast.insights.pk}")
    world.join(cast.ali, cast.care_dach)
    assert names(priya, f"team={cast.care_emea.pk}") == ["Ali Haddad"]
    assert names(priya, f"role={cast.analyst.pk}") == ["Jonas Weber", "Maya Okafor"]


def test_who_starts_or_leaves_within_a_month_is_soon(cast: Cast, priya: Client) -> None:
    Person.objects.filter(pk=cast.nils.pk).update(employed_from=world.soon(days=9).date())
    Person.objects.filter(pk=cast.ali.pk).update(employed_until=world.soon(days=40).date())
    assert names(priya, "view=soon") == ["Nils Berg"]


@pytest.mark.parametrize("query", ["region=x", "role=99999999999", "state=gone", "sort=evil", "page=-1", "view=%00"])
def test_nothing_typed_into_the_address_fails(priya: Client, query: str) -> None:
    assert priya.get(f"{LIST}?{query}").status_code == 200


def test_the_row_says_the_riskiest_role_whichever_way_it_comes(cast: Cast, priya: Client) -> None:
    world.give(cast.maya, cast.agent)
    (row,) = priya.get(f"{LIST}?q=maya").context["rows"]
    assert (row.held.roles, row.held.risk) == (["Analyst", "Agent"], 3)


def test_the_file_holds_exactly_the_filtered_list_and_runs_nothing(cast: Cast, priya: Client) -> None:
    Person.objects.filter(pk=cast.maya.pk).update(title="=HYPERLINK(evil)")
    world.answers(cast.maya, cast.germany)
    answer = priya.post(f"{reverse('people:export')}?region={cast.dach.pk}&state=active")
    text = b"".join(answer.streaming_content).decode()
    rows = list(csv.reader(StringIO(text.removeprefix("\ufeff"))))
    assert text.startswith("\ufeff")
    assert [row[0] for row in rows[1:]] == ["Jonas Weber", "Maya Okafor"]
    assert rows[2][2] == "'=HYPERLINK(evil)"
    assert rows[2][5:11] == ["Germany", "", "", "Insights DACH", "Analyst", "High"]
    event = Event.objects.get(tag="access.exported")
    assert event.additional_data == {
        "list": "People",
        "rows": 2,
        "filters": {"state": "active", "region": cast.dach.pk},
    }


def test_who_exports_one_region_takes_out_only_that_region(cast: Cast) -> None:
    world.give(cast.jonas, world.role("Exporter", {"person.export"}), region=cast.germany)
    answer = signed_in(cast.jonas).post(reverse("people:export"))
    text = b"".join(answer.streaming_content).decode()
    assert "Maya Okafor" in text
    assert "Nils Berg" not in text


def test_the_loser_of_a_race_gets_409_with_the_difference_and_keeps_what_was_typed(cast: Cast, priya: Client) -> None:
    url = reverse("people:edit", args=[cast.maya.pk])
    seen = {f"initial-{name}": value for name, value in profile(cast.maya).items()}
    services.edit_person(cast.rosa, person=cast.maya, row_version=1, changes={"title": "Theirs"}, at=clock.now())
    answer = priya.post(url, seen | profile(cast.maya, title="Mine"))
    assert answer.status_code == 409
    (conflict,) = answer.context["conflicts"]
    assert (conflict.label, conflict.seen, conflict.now, conflict.typed) == (
        "Job title", "Senior CX analyst", "Theirs", "Mine",
    )  # fmt: skip
    page = answer.content.decode()
    assert 'value="Mine"' in page
    assert 'name="row_version" value="2"' in page
    again = priya.post(url, profile(cast.maya, title="Mine", row_version=2))
    assert again.status_code == 302
    cast.maya.refresh_from_db()
    assert cast.maya.title == "Mine"


def test_moving_somebody_out_of_ones_reach_is_refused_beside_the_form(cast: Cast) -> None:
    world.give(cast.rosa, world.role("Finder", {"person.edit"}), region=cast.world_, department=cast.care)
    url = reverse("people:edit", args=[cast.maya.pk])
    answer = signed_in(cast.rosa).post(url, profile(cast.maya, region=cast.world_.pk, title="Kept"))
    assert answer.status_code == 403
    assert "(person.edit)" in answer.content.decode()
    assert 'value="Kept"' in answer.content.decode()
    assert Event.objects.filter(tag="access.refused", actor=cast.rosa).count() == 1


def test_nobody_is_offered_places_they_may_not_use(cast: Cast) -> None:
    form = signed_in(cast.rosa).get(reverse("people:new")).context["form"]
    assert cast.world_ not in form.fields["region"].queryset
    assert cast.germany in form.fields["region"].queryset


def test_ones_own_page_offers_no_change_of_ones_place(cast: Cast, priya: Client) -> None:
    form = priya.get(reverse("people:edit", args=[cast.priya.pk])).context["form"]
    assert not {"region", "department", "manager"} & set(form.fields)
    assert not priya.get(reverse("people:detail", args=[cast.priya.pk])).context["may_suspend"]


def test_an_error_stands_beside_its_field_and_what_was_typed_stays(cast: Cast, priya: Client) -> None:
    url = reverse("people:edit", args=[cast.maya.pk])
    answer = priya.post(url, profile(cast.maya, email=cast.ali.email, title="Typed"))
    assert answer.status_code == 422
    assert answer.context["form"].errors["email"] == ["This mail belongs to Ali Haddad already."]
    assert 'value="Typed"' in answer.content.decode()


def test_suspending_says_what_stops_before_it_does(cast: Cast, priya: Client) -> None:
    url = reverse("people:suspend", args=[cast.jonas.pk])
    page = priya.get(url).content.decode()
    assert "2 grants stop working at once." in page
    assert "1 person reports to them." in page
    assert priya.post(url, {"reason": " "}).status_code == 422
    assert priya.post(url, {"reason": "Laptop stolen"}).status_code == 302
    cast.jonas.refresh_from_db()
    assert cast.jonas.state == PersonState.SUSPENDED


def test_suspending_somebody_who_is_suspended_already_is_409(cast: Cast, priya: Client) -> None:
    assert priya.post(reverse("people:suspend", args=[cast.sofia.pk]), {"reason": "Again"}).status_code == 409


def test_the_access_tab_groups_by_where_it_comes_from(cast: Cast, priya: Client) -> None:
    world.give(cast.maya, cast.agent, until=world.soon(days=9))
    world.give(cast.maya, cast.feedback_reader, until=world.soon(days=-9))
    context = priya.get(reverse("people:access", args=[cast.maya.pk])).context
    found = {name: [held.grant.role.name for held in context[name]] for name in ("through", "direct", "ended")}
    assert found == {"through": ["Analyst"], "direct": ["Agent"], "ended": ["Feedback reader"]}


def test_a_team_somebody_was_to_join_but_never_did_is_not_shown(cast: Cast, priya: Client) -> None:
    later = world.soon(days=3)
    world.join(cast.maya, cast.care_dach, starts=later, until=later)
    world.join(cast.maya, cast.care_emea, starts=later)
    context = priya.get(reverse("people:teams", args=[cast.maya.pk])).context
    assert [row.principal.label for row in context["current"]] == ["Care EMEA", "Insights DACH"]
    assert context["ended"] == []


def test_suspending_ends_every_session_for_good(cast: Cast, priya: Client) -> None:
    rosas = signed_in(cast.rosa)
    assert rosas.get(LIST).status_code == 200
    services.suspend(cast.priya, person=cast.rosa, reason="Laptop stolen", at=clock.now())
    services.reactivate(cast.priya, person=cast.rosa, reason="Found again", at=clock.now())
    assert rosas.get(LIST).status_code == 302
    assert Event.objects.get(tag="session.ended").about_person_id == cast.rosa.pk


def test_only_who_cannot_sign_in_yet_is_offered_an_invitation(cast: Cast, priya: Client) -> None:
    assert "Invite Ivy Park" in priya.get(reverse("people:detail", args=[cast.ivy.pk])).content.decode()
    assert "Invite Maya" not in priya.get(reverse("people:detail", args=[cast.maya.pk])).content.decode()


@pytest.mark.parametrize("page", ["people:list", "grants:list", "trail:list"])
@pytest.mark.parametrize("query", ["", "?q=maya&sort=name"])
def test_the_export_button_of_a_list_leads_to_the_file_of_that_list(priya: Client, page: str, query: str) -> None:
    html = priya.get(reverse(page) + query).content.decode()
    (action,) = re.findall(r'action="([^"]*/export/[^"]*)"', html)
    answer = priya.post(unescape(action))
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/csv")


def test_changing_somebodys_mail_asks_who_is_there(cast: Cast) -> None:
    client = signed_in(cast.priya)
    session = client.session
    session["proved_at"] = world.soon(hours=-3).isoformat()
    session.save()
    address = reverse("people:edit", args=[cast.chiara.pk])
    assert client.get(address).url.startswith(reverse("signin:confirm"))
    assert client.post(address, {"email": "mallory@example.com"}).url.startswith(reverse("signin:confirm"))


def test_the_trail_of_an_export_keeps_no_name_that_was_searched_for(cast: Cast) -> None:
    signed_in(cast.priya).post(f"{reverse('people:export')}?q=Okafor&state=active")
    filters = Event.objects.get(tag="access.exported").additional_data["filters"]
    assert filters == {"q": "", "state": "active"}
