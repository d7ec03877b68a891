"""The first page, as each member of the cast sees it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Person
from audits.models import Event
from audits.overview.desk import Desk
from audits.overview.selectors import Page, desk_of, greeting
from audits.overview.selectors import page as page_of
from audits.overview.steps import Step
from audits.trail.record import System
from cxaccess.jobs.models import ImportBatch, ImportState
from cxaccess.lib import clock
from cxaccess.lib.models import Risk
from permissions import facts
from permissions.grants.services import give_role
from permissions.models import Resource, Role
from permissions.starter.services import bootstrap
from permissions.usage.reading import Row
from permissions.usage.services import ingest
from tests import integrations, world
from tests.cast import Cast
from tests.sessions import signed_in

NEXT_WEEK = world.soon(days=5)


def page(person: Person) -> str:
    answer = signed_in(person).get("/")
    assert answer.status_code == 200
    return answer.content.decode()


def shown(person: Person) -> Page:
    return page_of(person, at=clock.now())


def desk(person: Person) -> Desk:
    return desk_of(person, at=clock.now())[0]


def steps(person: Person) -> list[Step]:
    return desk_of(person, at=clock.now())[1]


def desk_page(person: Person) -> str:
    answer = signed_in(person).get("/overview/figures/")
    assert answer.status_code == 200
    return answer.content.decode()


def figures(person: Person) -> dict[str, str]:
    return {figure.label: str(figure.count) for figure in desk(person).figures}


def used(person: Person, thing: Resource, days: float) -> None:
    at = clock.now() - timedelta(days=days)
    row = Row(2, person.email, f"{thing.type.key}.view", thing.external_id, at.isoformat())
    ingest(System("usage-import"), system=thing.system, batch_key=at.isoformat(), rows=[row], at=clock.now())


def test_somebody_who_holds_nothing_is_told_whom_to_ask(cast: Cast) -> None:
    cast.chiara.manager = cast.rosa
    cast.chiara.save()
    seen = page(cast.chiara)
    assert "You hold nothing yet" in seen
    assert "Your manager is Rosa Lind" in seen
    assert not shown(cast.chiara).administers
    assert desk(cast.chiara).is_empty
    for words in ("Active people", "Latest changes", "Needs a look", "First steps"):
        assert words not in seen


def test_what_a_team_has_is_shown_as_held_through_it(cast: Cast) -> None:
    seen = page(cast.maya)
    assert "through Insights DACH" in seen
    assert "DACH" in seen


def test_what_ends_soon_is_announced_and_what_is_over_is_not(cast: Cast) -> None:
    world.give(cast.ali, cast.feedback_reader, until=NEXT_WEEK, region=cast.mena)
    world.give(cast.ali, cast.analyst, until=world.soon(days=-1))
    found = shown(cast.ali).own
    assert [holding.grant.role.name for holding in found.ending] == ["Feedback reader"]
    assert {holding.grant.role.name for holding in found.held} == {"Feedback reader", "Agent"}
    assert "One of your grants ends within 14 days" in page(cast.ali)


def test_people_read_what_changed_about_them_and_not_about_others(cast: Cast) -> None:
    for person in (cast.ali, cast.maya):
        give_role(
            cast.priya, principal=person.principal, role=cast.feedback_reader, scope=world.scope(region=cast.emea),
            starts_at=None, until=None, reason="Reads along", at=clock.now(),
        )  # fmt: skip
    seen = page(cast.ali)
    assert "Priya Raman gave Ali Haddad the role Feedback reader" in seen
    assert f'href="/people/{cast.priya.pk}/"' not in seen
    assert "Maya Okafor" not in seen


def listed(client: Client, url: str) -> str:
    """Return how many rows the list behind `url` says that it has."""
    answer = client.get(url)
    assert answer.status_code == 200, url
    context = answer.context
    return str(context["count"] if "count" in context else context["page"].count)


def links(page: Page, desk: Desk) -> dict[str, str]:
    """Return {address: how many rows the overview says are behind it}, of everything that it counts."""
    counted = [*desk.figures, *desk.concerns, *page.waiting, *page.owned.links]
    pictures = [picture for picture in (desk.people, desk.risks, desk.factors) if picture]
    counted += [share for picture in pictures for share in picture.shares]  # type: ignore[misc]  # all have both
    return {one.url: str(one.count) for one in counted if one.url} | {day.url: str(day.count) for day in desk.days}


def a_lot_to_look_at(cast: Cast) -> None:
    """Make something of everything that the overview counts."""
    world.give(cast.chiara, cast.feedback_reader, until=NEXT_WEEK)
    world.give(cast.maya, cast.analyst, until=NEXT_WEEK, region=cast.dach)
    Role.objects.filter(pk=cast.administrator.pk).update(risk=Risk.CRITICAL, owner=None)
    Role.objects.filter(pk=cast.analyst.pk).update(owner=cast.priya)
    Resource.objects.filter(pk=cast.german_reviews.pk).update(owner=cast.priya)
    used(cast.maya, cast.german_reviews, 100)
    used(cast.maya, cast.mena_reviews, 3)
    record_refusal_of(cast.chiara)
    for holder in (cast.maya, cast.otto, cast.care_dach):
        world.give_on(holder, "feedback.view", cast.mena_reviews)
    world.join(cast.priya, cast.care_dach, part="lead")
    world.join(cast.ali, cast.care_dach)
    world.give(cast.ali, cast.feedback_reader, until=NEXT_WEEK, region=cast.mena)
    world.person("Brand New", created_at=clock.now() - timedelta(days=2))
    for number, owner in enumerate((cast.priya, cast.jonas, None)):
        made = integrations.integration(f"System {number}")
        integrations.token(made)
        made.tokens.update(expires_at=clock.now() + timedelta(days=9 * number + 1))
        type(made).objects.filter(pk=made.pk).update(owner=owner)


def record_refusal_of(person: Person) -> None:
    signed_in(person).get("/trail/")


@pytest.mark.parametrize("name", ["priya", "rosa", "jonas", "otto", "maya"])
def test_every_figure_is_what_the_list_behind_it_shows(cast: Cast, name: str) -> None:
    a_lot_to_look_at(cast)
    reader = getattr(cast, name)
    client = signed_in(reader)
    found = links(shown(reader), desk(reader))
    if name == "priya":
        assert len(found) > 30
        assert sum(count != "0" for count in found.values()) > 20
    assert {url: listed(client, url) for url in found} == found


def test_what_systems_ask_is_no_change(cast: Cast) -> None:
    integrations.Caller().may(cast.maya.email, "view", ("feedback", cast.mena_reviews.external_id))
    assert Event.objects.filter(tag="api.refused").exists()
    assert "asked and was told no" not in page(cast.priya)


def test_only_who_may_see_how_the_console_is_set_reads_who_has_no_second_factor(cast: Cast) -> None:
    assert desk(cast.priya).factors is not None
    assert desk(cast.rosa).factors is None
    rows = signed_in(cast.rosa).get("/people/?sign_in=no-factor").context["page"]
    everybody = signed_in(cast.rosa).get("/people/").context["page"]
    assert str(rows.count) == str(everybody.count), "a filter that is not theirs narrows nothing and tells nothing"


def test_nothing_is_called_unused_before_use_was_counted_for_long_enough(cast: Cast) -> None:
    used(cast.maya, cast.german_reviews, 89)
    assert not any("not used" in concern.text for concern in desk(cast.priya).concerns)
    assert "Unused for 90 days" not in figures(cast.priya)
    used(cast.maya, cast.german_reviews, 90)
    assert any("not used" in concern.text for concern in desk(cast.priya).concerns)
    assert "Unused for 90 days" in figures(cast.priya)


def test_a_lead_is_told_what_ends_and_what_is_unused_in_the_team(cast: Cast) -> None:
    used(cast.ali, cast.mena_reviews, 100)
    world.give(cast.maya, cast.analyst, until=NEXT_WEEK, region=cast.dach)
    texts = [line.text for line in shown(cast.jonas).waiting]
    assert "1 grant in Insights DACH ends within 14 days" in texts
    assert "3 grants in Insights DACH were not used for 90 days" in texts
    assert "Waits for you" in page(cast.jonas)
    assert shown(cast.maya).waiting == []


def test_an_owner_sees_what_they_answer_for_the_longest_unused_first(cast: Cast) -> None:
    Resource.objects.filter(pk__in=[cast.german_reviews.pk, cast.mena_reviews.pk]).update(owner=cast.chiara)
    used(cast.maya, cast.german_reviews, 100)
    seen = page(cast.chiara)
    assert [one.name for one in shown(cast.chiara).owned.resources] == ["App reviews MENA", "App reviews Germany"]
    assert "You answer for" in seen
    assert "100 days ago" in seen


def test_a_checked_import_waits_for_who_brought_it(cast: Cast) -> None:
    ImportBatch.objects.create(
        kind="people", actor=cast.priya, state=ImportState.CHECKED, created_at=clock.now(), name="staff.csv", size=1
    )
    assert "1 import is checked and waits for you" in [line.text for line in shown(cast.priya).waiting]
    assert not any("import" in line.text for line in shown(cast.rosa).waiting)


def test_figures_come_after_the_page_and_are_a_page_of_their_own_without_scripts(cast: Cast) -> None:
    seen = page(cast.priya)
    assert 'hx-get="/overview/figures/"' in seen
    assert '<a href="/overview/figures/"' in seen
    assert "Active people" not in seen
    part = signed_in(cast.priya).get("/overview/figures/", headers={"HX-Request": "true"}).content.decode()
    assert "Active people" in part
    assert "<html" not in part
    whole = desk_page(cast.priya)
    assert "Active people" in whole
    assert "<html" in whole
    assert "/overview/figures/" not in page(cast.chiara)


def test_a_regional_administrator_counts_only_the_region(cast: Cast) -> None:
    here = Person.objects.filter(state="active").exclude(region=cast.world_)
    assert figures(cast.rosa)["Active people"] == str(here.count())
    assert not shown(cast.rosa).reads_trail
    assert "Latest changes" not in page(cast.rosa)


def test_the_strip_counts_an_end_at_midnight_on_the_day_that_it_closes(cast: Cast) -> None:
    with timezone.override("Asia/Tokyo"):
        today = timezone.localtime(clock.now()).date()
        end = clock.end_of_day(today + timedelta(days=3), "Asia/Tokyo")
        world.give(cast.chiara, cast.feedback_reader, until=end)
        days = desk(cast.priya).days
    counts = [day.count for day in days]
    link = days[3].url
    assert counts == [0, 0, 0, 1, *[0] * 10]
    cast.priya.time_zone = "Asia/Tokyo"
    cast.priya.save()
    assert "Chiara Bellini" in signed_in(cast.priya).get(link).content.decode()


def test_what_is_worth_a_look(cast: Cast) -> None:
    Role.objects.filter(pk=cast.administrator.pk).update(risk=Risk.CRITICAL)
    texts = {concern.text for concern in desk(cast.priya).concerns}
    assert "8 roles have no owner" in texts
    assert "1 suspended person holds a high-risk role" in texts
    assert "1 unclaimed account" in texts
    assert "2 teams have no lead" in texts


@pytest.mark.parametrize("address", ["/", "/overview/figures/"])
def test_the_cost_does_not_grow_with_the_company(cast: Cast, monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setattr(facts, "_may_keep", lambda: True)  # as outside of a test's transaction
    client = signed_in(cast.priya)
    client.get(address)
    with CaptureQueriesContext(connection) as few:
        client.get(address)
    for number in range(15):
        one = world.person(f"Person {number}", region=cast.dach)
        world.join(one, cast.care_dach)
        world.give(one, cast.agent, until=NEXT_WEEK, region=cast.dach)
        world.team(f"Team {number}", region=cast.dach)
    client.get(address)
    with CaptureQueriesContext(connection) as many:
        client.get(address)
    assert len(many) <= len(few)
    assert len(many) <= 20


def test_a_new_console_says_what_to_do_first(db: None) -> None:
    first = world.person("Priya Raman")
    bootstrap(first, at=clock.now())
    found = steps(first)
    assert [step.done for step in found] == [False] * 5
    assert "First steps" in desk_page(first)
    for step in found:
        assert signed_in(first).get(step.url).status_code == 200


def test_nobody_else_is_given_the_first_steps(cast: Cast) -> None:
    assert steps(cast.otto) == []


@pytest.mark.parametrize(
    ("hour", "words"), [(5, "Good morning, Priya"), (13, "Good afternoon, Priya"), (22, "Good evening, Priya")]
)
def test_the_greeting_knows_the_hour_of_the_reader(cast: Cast, hour: int, words: str) -> None:
    with timezone.override(UTC):
        assert greeting(cast.priya, at=datetime(2026, 3, 3, hour, tzinfo=UTC)) == words
