"""The first page, as each member of the cast sees it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Person
from audits.overview.desk import desk
from audits.overview.selectors import greeting, own
from audits.overview.steps import steps
from cxaccess.lib import clock
from cxaccess.lib.models import Risk
from permissions.grants.services import give_role
from permissions.models import Role
from permissions.starter.services import bootstrap
from tests import world
from tests.cast import Cast
from tests.sessions import signed_in

NEXT_WEEK = world.soon(days=5)


def page(person: Person) -> str:
    answer = signed_in(person).get("/")
    assert answer.status_code == 200
    return answer.content.decode()


def figures(person: Person) -> dict[str, str]:
    return {figure.label: figure.value for figure in desk(person, at=clock.now()).figures}


def test_somebody_who_holds_nothing_is_told_whom_to_ask(cast: Cast) -> None:
    cast.chiara.manager = cast.rosa
    cast.chiara.save()
    seen = page(cast.chiara)
    assert "You hold nothing yet" in seen
    assert "Your manager is Rosa Lind" in seen
    assert desk(cast.chiara, at=clock.now()).is_empty
    for words in ("Active people", "Latest changes", "Needs a look", "First steps"):
        assert words not in seen


def test_what_a_team_has_is_shown_as_held_through_it(cast: Cast) -> None:
    seen = page(cast.maya)
    assert "through Insights DACH" in seen
    assert "DACH" in seen


def test_what_ends_soon_is_announced_and_what_is_over_is_not(cast: Cast) -> None:
    world.give(cast.ali, cast.feedback_reader, until=NEXT_WEEK, region=cast.mena)
    world.give(cast.ali, cast.analyst, until=world.soon(days=-1))
    found = own(cast.ali, at=clock.now())
    assert [holding.grant.role.name for holding in found.ending] == ["Feedback reader"]
    assert {holding.grant.role.name for holding in found.held} == {"Feedback reader", "Agent"}
    assert "One of your roles ends within 14 days" in page(cast.ali)


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


def test_an_administrator_sees_figures_that_agree_with_the_lists_behind_them(cast: Cast) -> None:
    world.give(cast.chiara, cast.feedback_reader, until=NEXT_WEEK)
    found = desk(cast.priya, at=clock.now())
    assert len(found.figures) == 4
    client = signed_in(cast.priya)
    for link in (*found.figures, *found.concerns, *found.days):
        assert client.get(link.url).status_code == 200, link.url
    total = Person.objects.filter(state="active").count()
    assert figures(cast.priya)["Active people"] == str(total)


def test_a_regional_administrator_counts_only_the_region(cast: Cast) -> None:
    here = Person.objects.filter(state="active").exclude(region=cast.world_)
    assert figures(cast.rosa)["Active people"] == str(here.count())
    assert desk(cast.rosa, at=clock.now()).recent is None
    assert "Latest changes" not in page(cast.rosa)


def test_the_strip_counts_an_end_at_midnight_on_the_day_that_it_closes(cast: Cast) -> None:
    with timezone.override("Asia/Tokyo"):
        today = timezone.localtime(clock.now()).date()
        end = clock.end_of_day(today + timedelta(days=3), "Asia/Tokyo")
        world.give(cast.chiara, cast.feedback_reader, until=end)
        counts = [day.count for day in desk(cast.priya, at=clock.now()).days]
        link = desk(cast.priya, at=clock.now()).days[3].url
    assert counts == [0, 0, 0, 1, *[0] * 10]
    cast.priya.time_zone = "Asia/Tokyo"
    cast.priya.save()
    assert "Chiara Bellini" in signed_in(cast.priya).get(link).content.decode()


def test_what_is_worth_a_look(cast: Cast) -> None:
    Role.objects.filter(pk=cast.administrator.pk).update(risk=Risk.CRITICAL)
    texts = {concern.text for concern in desk(cast.priya, at=clock.now()).concerns}
    assert "8 roles have no owner" in texts
    assert "1 suspended person holds a high-risk role" in texts
    assert "1 unclaimed account" in texts
    assert "2 teams have no lead" in texts


def test_the_cost_does_not_grow_with_the_company(cast: Cast) -> None:
    client = signed_in(cast.priya)
    client.get("/")
    with CaptureQueriesContext(connection) as few:
        client.get("/")
    for number in range(15):
        one = world.person(f"Person {number}", region=cast.dach)
        world.join(one, cast.care_dach)
        world.give(one, cast.agent, until=NEXT_WEEK, region=cast.dach)
        world.team(f"Team {number}", region=cast.dach)
    client.get("/")
    with CaptureQueriesContext(connection) as many:
        client.get("/")
    assert len(many) <= len(few)
    assert len(many) < 60


def test_a_new_console_says_what_to_do_first(db: None) -> None:
    first = world.person("Priya Raman")
    bootstrap(first, at=clock.now())
    found = steps(first, at=clock.now())
    assert [step.done for step in found] == [False] * 5
    seen = page(first)
    assert "First steps" in seen
    for step in found:
        assert signed_in(first).get(step.url).status_code == 200


def test_nobody_else_is_given_the_first_steps(cast: Cast) -> None:
    assert steps(cast.otto, at=clock.now()) == []


@pytest.mark.parametrize(
    ("hour", "words"), [(5, "Good morning, Priya"), (13, "Good afternoon, Priya"), (22, "Good evening, Priya")]
)
def test_the_greeting_knows_the_hour_of_the_reader(cast: Cast, hour: int, words: str) -> None:
    with timezone.override(UTC):
        assert greeting(cast.priya, at=datetime(2026, 3, 3, hour, tzinfo=UTC)) == words
