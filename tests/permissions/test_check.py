"""Check access: the page answers, shows every step, and asking is itself recorded."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audits.models import Event
from audits.trail.tags import Tag
from cxaccess.lib import clock
from permissions.check.graph import draw
from permissions.check.names import Names
from permissions.check.questions import Question
from permissions.check.selectors import Answer, answer, who_else
from permissions.check.services import check_access, explain
from permissions.check.ways import ways
from permissions.engine import cuts
from permissions.guards import NotAllowed
from permissions.models import Action, RoleGrant
from tests import world
from tests.cast import Cast
from tests.sessions import signed_in


def asked(person, action: str, thing=None, when=None) -> Question:
    row = Action.objects.select_related("type").get(key=action)
    return Question(person, row, thing, when or clock.now())


def answered(*question, **more) -> Answer:
    found = asked(*question, **more)
    return answer(found, explain(found), found.person, at=clock.now())


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def page(client: Client, **question) -> str:
    answer = client.get(reverse("check:index"), question)
    assert answer.status_code == 200
    return words(answer.content.decode())


def test_the_verdict_comes_first_and_names_every_path(cast: Cast) -> None:
    said = page(
        signed_in(cast.priya), person=cast.maya.pk, action="feedback.view", resource=cast.german_reviews.pk
    )  # fmt: skip
    assert "Yes Maya Okafor may do this on “App reviews Germany”. 2 paths allow it." in said
    assert said.index("Yes Maya") < said.index("The 2 paths")
    assert "includes Feedback reader" in said
    assert "DACH, no end" in said


def test_without_a_thing_the_answer_says_where(cast: Cast) -> None:
    found = answered(cast.maya, "feedback.export")
    assert (found.kind, found.headline) == ("yes", "Yes, in DACH")
    assert (answered(cast.priya, "person.edit").kind, answered(cast.priya, "person.edit").headline) == (
        "yes",
        "Yes, everywhere",
    )
    assert answered(cast.chiara, "person.edit").kind == "no"


def test_a_no_names_what_nearly_allows(cast: Cast) -> None:
    ended, starts = world.soon(days=-3), world.soon(days=4)
    world.give(cast.maya, cast.feedback_reader, starts=world.soon(days=-9), until=ended, region=cast.mena)
    world.give(cast.maya, cast.feedback_reader, starts=starts, region=cast.mena)
    found = answered(cast.maya, "feedback.view", cast.mena_reviews)
    assert found.kind == "no"
    assert found.whereabouts == "This is in MENA."
    near = {(way.missing, way.where, way.when) for way in found.near}
    assert near == {("Reaches elsewhere", "DACH", None), ("Is over", "MENA", ended), ("Has not begun", "MENA", starts)}


def test_who_is_not_active_learns_what_waits_for_them(cast: Cast) -> None:
    found = answered(cast.sofia, "person.view", cast.maya)
    assert "Sofia Lindqvist is not active" in found.sentence
    assert {way.missing for way in found.near} == {"Waits until they are active"}


def test_the_past_is_answered_as_it_was(cast: Cast) -> None:
    world.give(cast.chiara, cast.feedback_reader, starts=world.soon(days=-9), until=world.soon(days=-3))
    then = timezone.localtime(world.soon(days=-5)).strftime("%Y-%m-%dT%H:%M")
    question = {"person": cast.chiara.pk, "action": "feedback.view", "resource": cast.mena_reviews.pk}
    assert "Yes Chiara" in page(signed_in(cast.otto), **question, at=then)
    assert "No Chiara Bellini may not" in page(signed_in(cast.otto), **question)


def test_the_cut_that_ends_it_is_named(cast: Cast) -> None:
    found = answered(cast.maya, "feedback.export", cast.german_reviews)
    assert list(found.cuts) == [
        "End the membership in Insights DACH",
        "End the grant of Analyst to Insights DACH",
        "Take feedback.export out of Analyst",
    ]
    world.give(cast.maya, cast.feedback_reader)
    assert list(answered(cast.maya, "feedback.view", cast.german_reviews).cuts) == []


def test_who_else_is_listed_as_far_as_the_reader_may_ask(cast: Cast) -> None:
    world.give(cast.ali, cast.feedback_reader)
    checker = world.role("Checker", {"access.check"})
    world.give(cast.chiara, checker, region=cast.dach)
    question = asked(cast.maya, "feedback.view", cast.german_reviews)
    everybody = {person.name for person in who_else(cast.priya, question, at=clock.now())}
    regional = {person.name for person in who_else(cast.chiara, question, at=clock.now())}
    assert (everybody, regional) == ({"Jonas Weber", "Ali Haddad"}, {"Jonas Weber"})


def test_a_regional_checker_asks_about_their_region_only(cast: Cast) -> None:
    checker = world.role("Checker", {"access.check"})
    world.give(cast.chiara, checker, region=cast.dach)
    at = clock.now()
    assert check_access(cast.chiara, question=asked(cast.maya, "feedback.view", cast.german_reviews), at=at).allowed
    for question in (asked(cast.ali, "ticket.reply"), asked(cast.maya, "feedback.view", cast.mena_reviews)):
        with pytest.raises(NotAllowed):
            check_access(cast.chiara, question=question, at=at)


def test_asking_about_somebody_is_recorded_asking_about_oneself_is_not(cast: Cast) -> None:
    at, then = clock.now(), world.soon(days=-2)
    check_access(cast.otto, question=asked(cast.maya, "feedback.view", cast.german_reviews, when=then), at=at)
    event = Event.objects.get(tag=Tag.ACCESS_CHECKED)
    assert (event.actor, event.about_person_id) == (cast.otto, cast.maya.pk)
    assert (event.decision["allowed"], event.decision["action"]) == (True, "feedback.view")
    assert event.additional_data == {"as_of": then.isoformat()}
    check_access(cast.otto, question=asked(cast.otto, "person.view", cast.maya), at=at)
    assert Event.objects.filter(tag=Tag.ACCESS_CHECKED).count() == 1


def test_a_question_that_makes_no_sense_is_a_form_with_errors(cast: Cast) -> None:
    client = signed_in(cast.priya)
    assert "Select a valid choice" in page(client, person=999_999, action="feedback.view")
    assert "Select a valid choice" in page(client, person=cast.maya.pk, action="feedback.fly")
    assert "Select a valid choice" in page(
        client, person=cast.maya.pk, action="person.view", resource=cast.german_reviews.pk + 10_000
    )
    assert "Enter a valid date/time" in page(client, person=cast.maya.pk, action="feedback.view", at="yesterday")
    assert "Who may do what" in page(client)
    assert not Event.objects.filter(tag=Tag.ACCESS_CHECKED).exists()


def test_the_drawer_gets_the_answer_alone(cast: Cast) -> None:
    question = {"person": cast.maya.pk, "action": "feedback.view"}
    answer = signed_in(cast.priya).get(
        reverse("check:index"), question, headers={"X-Requested-With": "drawer"}
    ).content.decode()  # fmt: skip
    assert "<html" not in answer
    assert answer.lstrip().startswith("{#") is False
    assert 'id="answer"' in answer


def test_the_number_of_queries_does_not_grow_with_paths(cast: Cast, django_assert_max_num_queries) -> None:
    for number in range(10):
        world.give(cast.maya, world.role(f"Reader {number}", {"feedback.view"}), region=cast.emea)
    question = asked(cast.maya, "feedback.view", cast.german_reviews)
    with django_assert_max_num_queries(32):
        found = answer(question, explain(question), question.person, at=clock.now())
    assert len(found.ways) == 12


def test_the_picture_has_a_box_for_each_thing_and_a_line_for_each_step(cast: Cast) -> None:
    world.give(cast.maya, cast.analyst, region=cast.emea, until=world.soon(days=5))
    question = asked(cast.maya, "feedback.export", cast.german_reviews)
    decision = explain(question)
    graph = draw(ways(decision.paths, Names(decision.paths)), frozenset(cuts(decision)))
    assert [box.label for box in graph.boxes] == ["Maya Okafor", "Insights DACH", "Analyst", "feedback.export"]
    assert len(graph.lines) == 4
    assert [line.label for line in graph.lines if line.cut] == ["cut here"]
    corners = {(box.x, box.y) for box in graph.boxes}
    assert len(corners) == 4
    assert all(x >= 0 and x + 220 <= graph.width and y + 46 <= graph.height for x, y in corners)
    assert [box.end for box in graph.boxes] == [False, False, False, True]


def test_my_access_needs_no_permission_and_marks_what_ends(cast: Cast) -> None:
    world.give(cast.maya, cast.agent, until=world.soon(days=5), reason="Holiday cover", region=cast.mena)
    world.give(cast.maya, cast.people_reader, starts=world.soon(days=3))
    said = words(signed_in(cast.maya).get(reverse("my-access")).content.decode())
    assert "Ends soon" in said
    assert "Holiday cover" in said
    assert "Starts later" in said
    assert "Insights DACH" in said
    assert "Export Take feedback out of the platform DACH" in said
    assert "Look at people" not in said
    assert "You hold no role yet" in words(signed_in(cast.chiara).get(reverse("my-access")).content.decode())


def test_my_access_shows_neither_what_is_over_nor_what_is_of_a_team_left(cast: Cast) -> None:
    left = world.soon(days=-1)
    membership = cast.maya.memberships.get()
    membership.until = left
    membership.save()
    RoleGrant.objects.create(
        principal=cast.maya.principal, role=cast.agent, scope=world.scope(), starts_at=world.LONG_AGO,
        until=clock.now() - timedelta(seconds=1), given_at=world.LONG_AGO,
    )  # fmt: skip
    world._changed(cast.maya.principal_id)
    assert "You hold no role yet" in words(signed_in(cast.maya).get(reverse("my-access")).content.decode())


def test_nobody_learns_the_name_of_what_they_cannot_see_by_asking_about_themselves(cast: Cast) -> None:
    client = signed_in(cast.maya)
    hidden = client.get(
        reverse("my-access-why"), {"action": "feedback.export", "resource": cast.mena_reviews.pk}
    )  # fmt: skip
    absent = client.get(reverse("my-access-why"), {"action": "feedback.export", "resource": 999_999})
    assert hidden.status_code == absent.status_code == 404
    assert "App reviews MENA" not in hidden.content.decode()
    seen = client.get(
        reverse("my-access-why"), {"action": "feedback.delete", "resource": cast.german_reviews.pk}
    )  # fmt: skip
    assert "No role of Maya Okafor holds this permission." in words(seen.content.decode())


@pytest.mark.parametrize("odd", ["²", "9" * 30, "9" * 5000, "x"])
def test_what_names_no_resource_is_asked_of_any(cast: Cast, odd: str) -> None:
    answer = signed_in(cast.maya).get(reverse("my-access-why"), {"action": "feedback.export", "resource": odd})
    assert answer.status_code == 200


@pytest.mark.realdb
def test_what_names_no_permission_is_not_found(cast: Cast) -> None:
    client = signed_in(cast.maya)
    for odd in ("feedback.fly", "\x00", ""):
        assert client.get(reverse("my-access-why"), {"action": odd}).status_code == 404
