"""Questions in AuthZEN's shape: what is read, whom and what it names, and how the answer says why."""

import pytest

from cxaccess.lib import clock
from permissions.authzen import answering, questions
from permissions.authzen.reading import Malformed, parsed
from permissions.models import Resource
from tests import policies, world

pytestmark = pytest.mark.django_db
MAYA, CHIARA = "maya.okafor@kestrelhome.example", "chiara.bellini@kestrelhome.example"


def question(who=MAYA, action="view", thing="", kind="feedback", **more):
    return {
        "subject": {"type": "user", "id": who},
        "action": {"name": action},
        "resource": {"type": kind, "id": thing or Resource.objects.get(name="App reviews Germany").external_id},
        **more,
    }


def ask(raw, **more):
    return answering.evaluated(questions.ask(raw), at=clock.now(), **more)


def code(answer):
    return answering.reasons(answer)[0]["code"]


def test_it_answers_what_the_gate_answers_and_says_by_which_grant(cast):
    answer = ask(question())
    assert answer.allowed
    first, *grants = answering.reasons(answer)
    assert first == {"code": "granted"}
    assert {tuple(each["via"]) for each in grants} == {("Maya Okafor", "Insights DACH")}
    assert [(each["roles"], each["permissions"]) for each in grants] == [
        (["analyst"], ["feedback.export", "feedback.view"]),
        (["analyst", "feedback-reader"], ["feedback.view"]),
    ]
    assert answering.obligations(answer) == []


def test_an_action_may_carry_its_type(cast):
    assert ask(question(action="feedback.view")).allowed
    assert code(ask(question(action="report.view"))) == "wrong_type"
    assert code(ask(question(action="fly"))) == "unknown_action"


def test_a_no_names_the_near_miss(cast):
    mena = Resource.objects.get(name="App reviews MENA").external_id
    answer = ask(question(thing=mena))
    first, *near = answering.reasons(answer)
    assert (answer.allowed, first["code"]) == (False, "out_of_scope")
    assert {each["code"] for each in near} == {"out_of_scope"}


@pytest.mark.parametrize("kind", ["robot", "team", "User"])
def test_whoever_is_not_known_may_do_nothing(cast, kind):
    assert code(ask(question(who="nobody@kestrelhome.example"))) == "unknown_subject"
    raw = question()
    raw["subject"]["type"] = kind
    assert code(ask(raw)) == "unknown_subject"


def test_a_person_is_found_by_their_id_in_a_system(cast):
    world.identity(cast.maya, "hr", "4711")
    raw = question(who="4711")
    assert code(ask(raw)) == "unknown_subject"
    raw["subject"]["properties"] = {"system": "hr"}
    assert ask(raw).allowed


def test_an_id_of_two_systems_needs_its_system(cast):
    germany = cast.german_reviews
    Resource.objects.filter(pk=cast.mena_reviews.pk).update(external_id=germany.external_id, system="crm")
    assert code(ask(question(thing=germany.external_id))) == "unknown_resource"
    assert ask(question(thing=germany.external_id), system="voice").allowed
    raw = question(thing=germany.external_id)
    raw["resource"]["properties"] = {"system": "crm"}
    assert not ask(raw, system="voice").allowed


def test_things_of_the_console_are_asked_by_name(cast):
    jonas = "jonas.weber@kestrelhome.example"
    assert ask(question(jonas, "manage_members", "insights dach", "team")).allowed
    assert ask(question(jonas, "view", MAYA, "person")).allowed
    assert not ask(question(jonas, "view", "ali.haddad@kestrelhome.example", "person")).allowed
    assert code(ask(question(jonas, "view", "analyst", "role"))) == "no_grant"


def test_a_star_asks_about_all_of_a_type(cast):
    assert not ask(question(thing="*")).allowed  # her team holds it in DACH alone
    assert ask(question("priya.raman@kestrelhome.example", "view", "*", "person")).allowed


def test_properties_never_override_what_is_registered(cast):
    raw = question(thing=cast.mena_reviews.external_id)
    raw["resource"]["properties"] = {"region": cast.germany.code, "owner": MAYA}
    raw["subject"]["properties"] = {"state": "active", "roles": ["administrator"]}
    assert not ask(raw).allowed


def test_policies_read_the_context_and_tell_their_clause(cast):
    condition = {"attribute": "context.managed_device", "operator": "equals", "value": True}
    policies.enact("only", types=["feedback"], condition=condition, name="Managed devices")
    assert ask(question(context={"managed_device": True, "weather": "fine"})).allowed
    for known in ({}, {"managed_device": False}, {"managed_device": "yes"}, {"managed_device": [True]}):
        answer = ask(question(context=known))
        said = answering.reasons(answer)[-1]
        assert (answer.allowed, code(answer)) == (False, "blocked")
        assert (said["policy"], said["effect"], said["version"]) == ("Managed devices", "block", 1)


def test_the_caller_does_not_choose_the_time(cast):
    condition = {"attribute": "context.at", "operator": "before", "value": "2020-01-01T00:00:00+00:00"}
    policies.enact("only", types=["feedback"], condition=condition)
    assert not ask(question(context={"at": "2019-01-01T00:00:00+00:00"})).allowed


def test_obligations_are_told(cast):
    owed = [{"kind": "mask", "fields": [], "data_classes": ["phone"]}, {"kind": "step_up", "minutes": 15}]
    policies.enact("only", types=["feedback"], obligations=[*owed, {"kind": "reason"}])
    assert answering.obligations(ask(question())) == [*owed, {"kind": "reason"}]
    met = answering.obligations(ask(question(context={"factor_minutes": 3, "reason": "Case 12"})))
    assert met == owed[:1]


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"subject": None}, "subject"),
        ({"subject": "maya"}, "subject"),
        ({"subject": {"type": "user"}}, "subject.id"),
        ({"subject": {"type": 1, "id": "x"}}, "subject.type"),
        ({"subject": {"type": "user", "id": "x", "properties": []}}, "subject.properties"),
        ({"subject": {"type": "user", "id": "x", "properties": {"system": 1}}}, "subject.properties.system"),
        ({"subject": {"type": "robot", "id": "x", "properties": {"system": 1}}}, "subject.properties.system"),
        ({"action": {}}, "action.name"),
        ({"action": None}, "action"),
        ({"resource": {"type": "feedback"}}, "resource.id"),
        ({"resource": {"type": "feedback", "id": "x", "properties": {"system": []}}}, "resource.properties.system"),
        ({"context": []}, "context"),
    ],
)
def test_what_is_no_question_is_refused_with_its_place(cast, change, place):
    with pytest.raises(Malformed) as refused:
        ask({**question(), **change})
    assert refused.value.place == place
    assert str(refused.value).startswith(f"{place} ")


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b"null", b'"x"', b'{"a": 1, "a": 2}', b'{"a": "\\ud800"}', b'{"a": "\\u0000"}', b'{"a": 1e999}']
)
def test_what_is_no_object_or_reads_differently_to_different_readers_is_refused(raw):
    with pytest.raises(Malformed):
        parsed(raw)


def test_an_empty_id_names_nobody_and_nothing(cast):
    type(cast.ali).objects.filter(pk=cast.ali.pk).update(email="")
    assert code(ask(question(who=""))) == "unknown_subject"
    raw = question()
    raw["resource"]["id"] = ""
    assert code(ask(raw)) == "unknown_resource"


def test_a_null_says_nothing(cast):
    assert ask(question(context=None)).allowed
    raw = question()
    raw["subject"]["properties"] = raw["resource"]["properties"] = None
    assert ask(raw).allowed


def test_the_time_and_the_network_are_told_as_to_the_api(cast):
    office = {"attribute": "context.address", "operator": "network", "value": ["10.0.0.0/8"]}
    day = {"from": "08:00", "until": "18:00", "zone": "UTC"}
    policies.enact("only", types=["feedback"], condition=office)
    policies.enact("only", types=["feedback"], condition={"attribute": "context.at", "operator": "hours", "value": day})
    noon, night = "2026-03-03T12:00:00Z", "2026-03-03T23:00:00Z"
    assert ask(question(context={"ip_address": "10.1.2.3", "time": noon})).allowed
    assert ask(question(context={"address": "10.1.2.3", "time": noon})).allowed
    assert not ask(question(context={"ip_address": "10.1.2.3", "time": night})).allowed
    assert not ask(question(context={"ip_address": "10.1.2.3", "time": "noon"})).allowed
