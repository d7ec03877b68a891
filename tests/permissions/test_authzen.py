"""Questions in AuthZEN's shape: what is read, whom and what it names, and how the answer says why."""

import pytest

from cxaccess.lib import clock
from permissions import authzen
from permissions.authzen import Malformed
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
    return authzen.evaluated(authzen.parsed(raw), at=clock.now(), **more)


def code(answer):
    return authzen.reasons(answer)[0]["code"]


def test_it_answers_what_the_gate_answers_and_says_by_which_grant(cast):
    answer = ask(question())
    assert answer.allowed
    first, *grants = authzen.reasons(answer)
    assert first == {"code": "granted"}
    assert {tuple(each["via"]) for each in grants} == {("Maya Okafor", "Insights DACH")}
    assert [(each["roles"], each["permissions"]) for each in grants] == [
        (["analyst"], ["feedback.export", "feedback.view"]),
        (["analyst", "feedback-reader"], ["feedback.view"]),
    ]
    assert authzen.obligations(answer) == []


def test_an_action_may_carry_its_type(cast):
    assert ask(question(action="feedback.view")).allowed
    assert code(ask(question(action="report.view"))) == "wrong_type"
    assert code(ask(question(action="fly"))) == "unknown_action"


def test_a_no_names_the_near_miss(cast):
    mena = Resource.objects.get(name="App reviews MENA").external_id
    answer = ask(question(thing=mena))
    first, *near = authzen.reasons(answer)
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
        said = authzen.reasons(answer)[-1]
        assert (answer.allowed, code(answer)) == (False, "blocked")
        assert (said["policy"], said["effect"], said["version"]) == ("Managed devices", "block", 1)


def test_the_caller_does_not_choose_the_time(cast):
    condition = {"attribute": "context.at", "operator": "before", "value": "2020-01-01T00:00:00+00:00"}
    policies.enact("only", types=["feedback"], condition=condition)
    assert not ask(question(context={"at": "2019-01-01T00:00:00+00:00"})).allowed


def test_obligations_are_told(cast):
    owed = [{"kind": "mask", "fields": [], "data_classes": ["phone"]}, {"kind": "step_up", "minutes": 15}]
    policies.enact("only", types=["feedback"], obligations=[*owed, {"kind": "reason"}])
    assert authzen.obligations(ask(question())) == [*owed, {"kind": "reason"}]
    met = authzen.obligations(ask(question(context={"factor_minutes": 3, "reason": "Case 12"})))
    assert met == owed[:1]


@pytest.mark.parametrize(
    ("raw", "place"),
    [
        (None, ""),
        ([], ""),
        ({}, "subject"),
        ({"subject": "maya"}, "subject"),
        ({"subject": {"type": "user"}}, "subject.id"),
        ({"subject": {"type": 1, "id": "x"}}, "subject.type"),
        ({"subject": {"type": "user", "id": "x" * 500}}, "subject.id"),
        ({"subject": {"type": "user", "id": "\ud800"}}, "subject.id"),
        ({"subject": {"type": "user", "id": "a\x00"}}, "subject.id"),
        ({"subject": {"type": "user", "id": "x", "properties": []}}, "subject.properties"),
        ({"subject": {"type": "user", "id": "x", "properties": {"system": 1}}}, "subject.properties.system"),
    ],
)
def test_what_is_no_question_is_refused_with_its_place(raw, place):
    if isinstance(raw, dict) and "subject" in raw:
        raw = {"action": {"name": "view"}, "resource": {"type": "feedback", "id": "1"}, **raw}
    with pytest.raises(Malformed) as refused:
        authzen.parsed(raw)
    assert refused.value.place == place


def test_action_resource_and_context_are_read_as_strictly(cast):
    for member, wrong, place in (
        ("action", {}, "action.name"),
        ("action", None, "action"),
        ("resource", {"type": "feedback"}, "resource.id"),
        ("context", [], "context"),
    ):
        with pytest.raises(Malformed) as refused:
            authzen.parsed({**question(), member: wrong})
        assert refused.value.place == place
