"""One question over HTTP: the gate's own answer, in the form of the specification."""

from typing import Any

import pytest

from audits.models import Event
from audits.trail.tags import Tag
from permissions.models import Resource, ResourceType, Sensitivity
from tests import policies, world
from tests.cast import Cast
from tests.integrations import Caller, integration, question

pytestmark = pytest.mark.django_db


@pytest.fixture
def caller(cast: Cast) -> Caller:
    return Caller()


def of(resource: Resource) -> tuple[str, str]:
    return resource.type.key, resource.external_id


def test_a_yes_and_a_no_are_both_200_with_their_reason(caller: Caller, cast: Cast) -> None:
    status, yes = caller.ask("evaluation", question(cast.maya.email, "view", of(cast.german_reviews)))
    assert (status, yes["decision"], yes["context"]["reason"]) == (200, True, "granted")
    status, no = caller.ask("evaluation", question(cast.maya.email, "view", of(cast.mena_reviews)))
    assert (status, no["decision"], no["context"]["reason"]) == (200, False, "out_of_scope")
    assert no["context"]["reason_user"] == {"en": "What they hold does not reach there."}


def test_a_permission_may_be_named_whole(caller: Caller, cast: Cast) -> None:
    assert caller.may(cast.maya.email, "feedback.view", of(cast.german_reviews))
    status, answer = caller.ask("evaluation", question(cast.maya.email, "report.view", of(cast.german_reviews)))
    assert (status, answer["context"]["reason"]) == (200, "wrong_type")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"subject": {"type": "user", "id": "nobody@kestrel.example"}}, "unknown_subject"),
        ({"subject": {"type": "robot", "id": "maya.okafor@kestrel.example"}}, "unknown_subject"),
        ({"subject": {"type": "user", "id": ""}}, "unknown_subject"),
        ({"resource": {"type": "feedback", "id": "nothing"}}, "unknown_resource"),
        ({"resource": {"type": "feedback", "id": "x" * 5000}}, "unknown_resource"),
        ({"resource": {"type": "spaceship", "id": "1"}}, "unknown_type"),
        ({"action": {"name": "levitate"}}, "unknown_action"),
        ({"action": {"name": ""}}, "unknown_action"),
    ],
)
def test_what_is_not_known_is_a_no_that_says_what(caller: Caller, cast: Cast, change: Any, reason: str) -> None:
    status, answer = caller.ask("evaluation", question(cast.maya.email, "view", of(cast.german_reviews)) | change)
    assert (status, answer["decision"], answer["context"]["reason"]) == (200, False, reason)


def test_an_id_that_is_another_things_is_never_that_thing(caller: Caller, cast: Cast) -> None:
    ResourceType.objects.filter(key="survey").update(unregistered=True)
    world.give(cast.maya, world.role("Surveyor", {"survey.view"}))
    assert caller.may(cast.maya.email, "view", ("survey", "not registered"))
    assert not caller.may(cast.maya.email, "view", ("survey", cast.german_reviews.external_id))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("[]", "object"),
        ("{", "JSON"),
        ('{"subject": {"type": "user", "id": "a", "id": "b"}}', "twice"),
        ({"subject": None}, "subject is missing"),
        ({"subject": "maya"}, "subject must be an object"),
        ({"subject": {"type": "user"}}, "subject.id is missing"),
        ({"subject": {"id": "maya"}}, "subject.type is missing"),
        ({"subject": {"type": "user", "id": 7}}, "subject.id must be a string"),
        ({"subject": {"type": "user", "id": "maya", "properties": []}}, "subject.properties must be an object"),
        ({"action": {}}, "action.name is missing"),
        ({"resource": {"type": "feedback"}}, "resource.id is missing"),
        ({"context": "now"}, "context must be an object"),
    ],
)
def test_a_request_that_does_not_say_what_it_must_is_400(caller: Caller, cast: Cast, body: Any, said: str) -> None:
    whole = question(cast.maya.email, "view", of(cast.german_reviews))
    status, message = caller.ask("evaluation", body if isinstance(body, str) else whole | body)
    assert status == 400
    assert said in message


@pytest.mark.parametrize("sign", ["\\u0000", "\\ud800"])
def test_a_text_that_no_database_holds_is_400(caller: Caller, sign: str) -> None:
    body = '{"subject": {"type": "user", "id": "%s"}, "action": {"name": "x"}, "resource": {"type": "y", "id": "z"}}'
    assert caller.ask("evaluation", body % sign)[0] == 400


@pytest.mark.parametrize("number", ["1e999", "NaN", "99999999999999999999", "9" * 5000])
def test_a_number_that_is_not_the_same_to_everybody_is_400(caller: Caller, number: str) -> None:
    assert caller.ask("evaluation", f'{{"context": {{"factor_minutes": {number}}}}}')[0] == 400


def test_deep_nesting_is_400(caller: Caller) -> None:
    assert caller.ask("evaluation", "[" * 100_000)[0] == 400


def test_a_body_that_is_no_json_by_its_header_is_400(caller: Caller) -> None:
    sent = {"Authorization": f"Bearer {caller.text}"}
    response = caller.client.post("/access/v1/evaluation", b"{}", content_type="text/plain", headers=sent)
    assert (response.status_code, response.headers["Content-Type"]) == (400, "application/json")


def test_a_body_past_the_limit_is_413(caller: Caller) -> None:
    assert caller.ask("evaluation", {"subject": "x" * 1_100_000})[0] == 413


def test_fields_that_nobody_knows_are_ignored(caller: Caller, cast: Cast) -> None:
    body = question(cast.maya.email, "view", of(cast.german_reviews), weather="fine", context={"moon": "full"})
    body["subject"]["properties"] = {"department": "Sales"}
    assert caller.ask("evaluation", body)[1]["decision"]


def test_the_identifier_of_a_request_comes_back_whatever_is_answered(caller: Caller, cast: Cast) -> None:
    good = caller.send("evaluation", question(cast.maya.email, "view", of(cast.german_reviews)), X_Request_ID="bfe9 é")
    bad = caller.send("evaluation", {}, X_Request_ID="7")
    stranger = Caller(text="cxa_nothing").send("evaluation", {}, X_Request_ID="8")
    assert [one.headers["X-Request-ID"] for one in (good, bad, stranger)] == ["bfe9 é", "7", "8"]
    assert "X-Request-ID" not in caller.send("evaluation", {}).headers


def test_registered_resources_answer_with_what_is_registered(caller: Caller, cast: Cast) -> None:
    claims = {"type": "feedback", "id": cast.mena_reviews.external_id, "properties": {"region": cast.germany.code}}
    body = question(cast.maya.email, "view", of(cast.mena_reviews)) | {"resource": claims}
    assert caller.ask("evaluation", body)[1]["decision"] is False


def test_unregistered_resources_are_decided_on_their_properties_where_the_type_allows(cast: Cast) -> None:
    caller = Caller()
    said = {"type": "feedback", "id": "new", "properties": {"region": cast.germany.code}}
    body = question(cast.maya.email, "view", ("feedback", "new")) | {"resource": said}
    assert caller.ask("evaluation", body)[1]["context"]["reason"] == "unknown_resource"
    ResourceType.objects.filter(key="feedback").update(unregistered=True)
    assert caller.ask("evaluation", body)[1]["decision"] is True
    for properties in ({}, {"region": cast.mena.code}, {"region": "nowhere"}, {"region": 7}, {"region": None}):
        elsewhere = body | {"resource": said | {"properties": properties}}
        assert caller.ask("evaluation", elsewhere)[1]["decision"] is False


def test_policies_read_what_is_said_of_an_unregistered_thing(cast: Cast) -> None:
    caller = Caller()
    ResourceType.objects.filter(key="feedback").update(unregistered=True)
    world.give(cast.chiara, cast.feedback_reader)
    low = {"attribute": "resource.sensitivity", "operator": "at_most", "value": 2}
    policies.enact("only", permissions=["feedback.view"], condition=low)

    def sees(**properties: Any) -> bool:
        said = {"type": "feedback", "id": "new", "properties": properties}
        body = question(cast.chiara.email, "view", ("feedback", "new")) | {"resource": said}
        return bool(caller.ask("evaluation", body)[1]["decision"])

    assert sees(sensitivity="internal")
    assert sees(sensitivity=1)
    assert not sees(sensitivity="restricted")
    assert not sees(sensitivity=True)
    assert not sees()


@pytest.mark.parametrize(
    ("condition", "yes", "no"),
    [
        ({"attribute": "context.managed_device", "operator": "equals", "value": True},
         {"managed_device": True}, {"managed_device": "yes"}),
        ({"attribute": "context.address", "operator": "network", "value": ["10.0.0.0/8"]},
         {"ip_address": "10.1.2.3"}, {"ip_address": "192.0.2.1"}),
        ({"attribute": "context.country", "operator": "equals", "value": "DE"}, {"country": "DE"}, {"country": ["DE"]}),
        ({"attribute": "context.purpose", "operator": "equals", "value": "audit"}, {"purpose": "audit"}, {}),
        ({"attribute": "context.at", "operator": "hours", "value": {"from": "08:00", "until": "18:00", "zone": "UTC"}},
         {"time": "2026-03-03T12:00:00Z"}, {"time": "2026-03-03T23:00:00Z"}),
        ({"attribute": "context.at", "operator": "hours", "value": {"from": "00:00", "until": "23:59", "zone": "UTC"}},
         {"time": "2024-05-31T15:22-07:00"}, {"time": "noon"}),
        ({"attribute": "context.at", "operator": "hours", "value": {"from": "00:00", "until": "23:59", "zone": "UTC"}},
         {"time": "2024-05-31T15:22Z"}, {"time": "2024-05-31T15:22"}),
        ({"attribute": "context.at", "operator": "hours", "value": {"from": "00:00", "until": "23:59", "zone": "UTC"}},
         {"time": "1900-01-01T00:00+14:00"}, {"time": "0001-01-01T00:00+14:00"}),
        ({"attribute": "context.at", "operator": "hours", "value": {"from": "00:00", "until": "23:59", "zone": "UTC"}},
         {"time": "9000-12-31T23:00-14:00"}, {"time": "9999-12-31T23:00-14:00"}),
    ],
)  # fmt: skip
def test_the_context_is_what_policies_know_of_the_moment(
    caller: Caller, cast: Cast, condition: Any, yes: Any, no: Any
) -> None:
    policies.enact("only", permissions=["feedback.view"], condition=condition)
    assert caller.may(cast.maya.email, "view", of(cast.german_reviews), context=yes)
    assert not caller.may(cast.maya.email, "view", of(cast.german_reviews), context=no)


def test_the_time_that_is_sent_brings_no_grant_back(caller: Caller, cast: Cast) -> None:
    over = world.give(cast.chiara, cast.feedback_reader, until=world.LONG_AGO.replace(year=2025))
    then = (over.starts_at.replace(year=2024)).isoformat()
    assert not caller.may(cast.chiara.email, "view", of(cast.german_reviews), context={"time": then})


def test_masks_name_the_fields_of_an_unregistered_thing_too(cast: Cast) -> None:
    ResourceType.objects.filter(key="feedback").update(unregistered=True)
    policies.enact("only", permissions=["feedback.view"], obligations=[{"kind": "mask", "data_classes": ["email"]}])
    said = {"type": "feedback", "id": "new", "properties": {"region": cast.germany.code}}
    body = question(cast.maya.email, "view", ("feedback", "new")) | {"resource": said}
    answer = Caller().ask("evaluation", body)[1]
    assert answer["context"]["obligations"] == [{"kind": "mask", "data_classes": ["email"], "fields": ["email"]}]


def test_masks_come_with_a_yes(caller: Caller, cast: Cast) -> None:
    policies.enact("only", permissions=["feedback.view"], obligations=[{"kind": "mask", "data_classes": ["email"]}])
    _status, answer = caller.ask("evaluation", question(cast.maya.email, "view", of(cast.german_reviews)))
    assert answer["decision"] is True
    assert answer["context"]["obligations"] == [{"kind": "mask", "data_classes": ["email"], "fields": ["email"]}]


@pytest.mark.parametrize(
    ("owed", "reason", "met", "said"),
    [
        ({"kind": "step_up", "minutes": 15}, "step_up", {"factor_minutes": 3}, {"kind": "step_up", "minutes": 15}),
        ({"kind": "reason"}, "no_reason", {"reason": "A customer called"}, {"kind": "reason"}),
    ],
)
def test_what_must_be_met_first_is_a_no_until_it_is(
    caller: Caller, cast: Cast, owed: Any, reason: str, met: Any, said: Any
) -> None:
    policies.enact("only", permissions=["feedback.view"], obligations=[owed])
    body = question(cast.maya.email, "view", of(cast.german_reviews))
    _status, answer = caller.ask("evaluation", body)
    assert (answer["decision"], answer["context"]["reason"]) == (False, reason)
    assert answer["context"]["obligations"] == [said]
    assert caller.ask("evaluation", body | {"context": met})[1]["decision"] is True


def test_a_no_is_on_record_before_it_is_answered(caller: Caller, cast: Cast) -> None:
    caller.send("evaluation", question(cast.maya.email, "view", of(cast.mena_reviews)), X_Request_ID="r-1")
    event = Event.objects.get(tag=Tag.API_REFUSED)
    assert (event.about_person_id, event.actor_id) == (cast.maya.pk, None)
    assert event.system.startswith("integration:")
    assert event.decision["target"] == ["feedback", cast.mena_reviews.pk]
    assert event.decision["reason"] == "out_of_scope"
    assert event.additional_data["request"] == "r-1"


def test_of_the_yeses_those_about_something_guarded_are_on_record(caller: Caller, cast: Cast) -> None:
    caller.may(cast.maya.email, "view", of(cast.german_reviews))
    assert not Event.objects.filter(tag=Tag.API_ALLOWED).exists()
    secret = world.resource("Board", "feedback", region=cast.germany, sensitivity=Sensitivity.RESTRICTED)
    assert caller.may(cast.maya.email, "view", of(secret))
    assert Event.objects.get(tag=Tag.API_ALLOWED).decision["target"] == ["feedback", secret.pk]


def test_no_answer_without_its_record(caller: Caller, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: Any, **_kwargs: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr("permissions.api.services.record_many", broken)
    status, answer = caller.ask("evaluation", question(cast.maya.email, "view", of(cast.mena_reviews)))
    assert (status, answer) == (500, "Something broke here. Nothing was decided.")


def test_nothing_of_mails_or_names_is_in_the_record(caller: Caller, cast: Cast) -> None:
    caller.may("stranger@example.org", "view", of(cast.german_reviews))
    event = Event.objects.get(tag=Tag.API_REFUSED)
    assert "stranger" not in f"{event.decision} {event.additional_data}"


def test_a_system_asks_only_about_what_it_was_let(cast: Cast) -> None:
    caller = Caller(integration(asks=["feedback.view"]))
    assert caller.may(cast.maya.email, "view", of(cast.german_reviews))
    for action, resource in (("export", of(cast.german_reviews)), ("view", ("ticket", "1"))):
        status, message = caller.ask("evaluation", question(cast.maya.email, action, resource))
        assert (status, type(message)) == (403, str)
    assert Event.objects.filter(tag=Tag.API_REFUSED, decision__reason="may_not_ask").count() == 2


def test_a_system_that_was_let_ask_nothing_is_refused_whole(cast: Cast) -> None:
    caller = Caller(integration(asks=[]))
    assert caller.ask("evaluation", question(cast.maya.email, "view", of(cast.german_reviews)))[0] == 403


def test_ids_are_those_of_the_systems_own(cast: Cast) -> None:
    caller = Caller(integration(system="zendesk"))
    assert not caller.may(cast.maya.email, "view", of(cast.german_reviews))
    cast.maya.identities.create(system="zendesk", external_id="u-7")
    Resource.objects.filter(pk=cast.german_reviews.pk).update(system="zendesk", external_id="q-1")
    assert caller.may("u-7", "view", ("feedback", "q-1"))
    assert caller.may(cast.maya.email.upper(), "view", ("feedback", "q-1"))
