"""Several questions in one request: defaults, the three semantics, one write, as many queries for many as for few."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audits.models import Event
from audits.trail.tags import Tag
from permissions import facts
from tests import world
from tests.api.test_evaluation import of
from tests.cast import Cast
from tests.integrations import Caller, integration, question

pytestmark = pytest.mark.django_db


@pytest.fixture
def caller(cast: Cast) -> Caller:
    return Caller()


def batch(cast: Cast, *rows: Any, semantic: str | None = None, **more: Any) -> dict[str, Any]:
    """Maya, who sees feedback of Germany and not of MENA, is the default subject."""
    body = {"subject": {"type": "user", "id": cast.maya.email}, "action": {"name": "view"}, "evaluations": list(rows)}
    return body | ({"options": {"evaluations_semantic": semantic}} if semantic else {}) | more


def on(resource: Any) -> dict[str, Any]:
    kind, pk = of(resource)
    return {"resource": {"type": kind, "id": pk}}


def decisions(answer: tuple[int, Any]) -> list[bool]:
    status, said = answer
    assert status == 200, said
    assert "decision" not in said
    return [one["decision"] for one in said["evaluations"]]


@pytest.mark.parametrize(
    ("semantic", "expected"),
    [
        (None, [True, False, True]),
        ("execute_all", [True, False, True]),
        ("deny_on_first_deny", [True, False]),
        ("permit_on_first_permit", [True]),
    ],
)
def test_the_semantics(caller: Caller, cast: Cast, semantic: str | None, expected: list[bool]) -> None:
    rows = [on(cast.german_reviews), on(cast.mena_reviews), on(cast.german_reviews)]
    assert decisions(caller.ask("evaluations", batch(cast, *rows, semantic=semantic))) == expected


def test_permit_on_first_permit_goes_on_while_the_answer_is_no(caller: Caller, cast: Cast) -> None:
    rows = [on(cast.mena_reviews), on(cast.german_reviews), on(cast.german_reviews)]
    assert decisions(caller.ask("evaluations", batch(cast, *rows, semantic="permit_on_first_permit"))) == [False, True]


def test_what_an_evaluation_states_overrides_the_default_as_a_whole(caller: Caller, cast: Cast) -> None:
    chiara = {"subject": {"type": "user", "id": cast.chiara.email}}
    rows = [
        on(cast.german_reviews),
        on(cast.german_reviews) | chiara,
        on(cast.german_reviews) | {"action": {"name": "export"}},
    ]
    assert decisions(caller.ask("evaluations", batch(cast, *rows))) == [True, False, True]
    halved = on(cast.german_reviews) | {"subject": {"id": cast.maya.email}}
    status, message = caller.ask("evaluations", batch(cast, halved))
    assert (status, message) == (400, "evaluations[0].subject.type is missing.")


@pytest.mark.parametrize("absent", [{}, {"evaluations": []}, {"evaluations": None}])
def test_without_evaluations_it_is_one_question(caller: Caller, cast: Cast, absent: Any) -> None:
    status, answer = caller.ask("evaluations", question(cast.maya.email, "view", of(cast.german_reviews)) | absent)
    assert (status, answer["decision"]) == (200, True)


@pytest.mark.parametrize(
    "change",
    [{"evaluations": "all"}, {"evaluations": ["x"]}, {"options": {"evaluations_semantic": "some"}}, {"options": []},
     {"options": {"evaluations_semantic": ["execute_all"]}}],
)  # fmt: skip
def test_what_cannot_be_read_refuses_the_whole(caller: Caller, cast: Cast, change: Any) -> None:
    assert caller.ask("evaluations", batch(cast, on(cast.german_reviews)) | change)[0] == 400


def test_a_missing_part_refuses_the_whole_and_names_the_place(caller: Caller, cast: Cast) -> None:
    status, message = caller.ask("evaluations", batch(cast, on(cast.german_reviews), {}))
    assert (status, message) == (400, "evaluations[1].resource is missing.")


def test_too_many_are_refused(caller: Caller, cast: Cast) -> None:
    assert caller.ask("evaluations", batch(cast, *[on(cast.german_reviews)] * 1001))[0] == 400


def test_what_it_may_not_ask_is_an_error_of_that_evaluation(cast: Cast) -> None:
    caller = Caller(integration(asks=["feedback.view"]))
    rows = [on(cast.german_reviews), on(cast.german_reviews) | {"action": {"name": "export"}}]
    _status, answer = caller.ask("evaluations", batch(cast, *rows))
    assert [one["decision"] for one in answer["evaluations"]] == [True, False]
    assert answer["evaluations"][1]["context"]["error"]["status"] == 403


def test_every_no_of_a_batch_is_on_record_in_one_write(caller: Caller, cast: Cast) -> None:
    rows = [on(cast.mena_reviews)] * 3 + [on(cast.german_reviews)]
    with CaptureQueriesContext(connection) as queries:
        caller.ask("evaluations", batch(cast, *rows))
    assert Event.objects.filter(tag=Tag.API_REFUSED, about_person_id=cast.maya.pk).count() == 3
    writes = ('INSERT INTO "audits_event"', 'COPY "audits_event"')  # as each database takes rows
    assert len([query for query in queries if any(one in query["sql"] for one in writes)]) == 1


def test_what_was_not_reached_is_not_on_record(caller: Caller, cast: Cast) -> None:
    rows = [on(cast.mena_reviews)] * 3
    caller.ask("evaluations", batch(cast, *rows, semantic="deny_on_first_deny"))
    assert Event.objects.filter(tag=Tag.API_REFUSED).count() == 1


@pytest.mark.parametrize("ruled", [False, True])
def test_many_questions_ask_the_database_as_often_as_few(cast: Cast, ruled: bool) -> None:
    from tests import policies

    if ruled:
        own = {"attribute": "resource.region", "operator": "within", "other": "subject.region"}
        policies.enact("only", types=["feedback"], condition=own)
    caller, counts = Caller(), []
    everybody = [cast.maya, cast.chiara, cast.jonas, cast.ali, cast.rosa, cast.otto]
    things = [world.resource(f"Stream {n}", "feedback", region=cast.germany) for n in range(8)]
    caller.ask("evaluations", batch(cast, on(things[0])))  # content types and the like are read once
    for people, resources in ((everybody[:2], things[:2]), (everybody, things)):
        facts.kept.clear()
        rows = [on(thing) | {"subject": {"type": "user", "id": one.email}} for one in people for thing in resources]
        with CaptureQueriesContext(connection) as queries:
            decisions(caller.ask("evaluations", batch(cast, *rows)))
        counts.append(len(queries))
    assert counts[0] == counts[1]
