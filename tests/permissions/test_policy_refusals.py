"""The three kinds of no: nothing gives it, a policy blocks it, something is missing; each with the nearest yes."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.models import Person
from accounts.signin.guards import FACTOR, PROVED
from audits.models import Event
from audits.trail.stories import describe
from audits.trail.tags import Tag
from cxaccess.lib import clock
from permissions.models import Action, Policy, Resource, Role
from permissions.policies import verdicts
from tests import world
from tests.cast import Cast
from tests.policies import enact
from tests.sessions import signed_in

pytestmark = pytest.mark.django_db
MANAGED = {"attribute": "context.managed_device", "operator": "equals", "value": True}


def refused(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 403
    return unescape(re.sub(r"\s+", " ", answer.content.decode()))


def edit(person: Person) -> str:
    return reverse("people:edit", args=[person.pk])


def owned(version: Any, person: Person) -> None:
    Policy.objects.filter(pk=version.policy_id).update(owner=person)


def over(version: Any) -> None:
    version.states.update(until=clock.now())
    world._changed(0)


def test_who_may_see_policies_is_told_which_one_and_why(cast: Cast) -> None:
    version = enact("only", permissions=["person.edit"], condition=MANAGED, name="Only from our devices")
    text = refused(signed_in(cast.priya), edit(cast.ali))
    assert "A policy blocks this" in text
    assert "“Only from our devices” says no. Managed device is yes: nobody knows." in text
    assert reverse("policies:detail", args=[version.policy_id]) in text


def test_who_may_not_is_told_whom_to_ask_and_nothing_else(cast: Cast) -> None:
    version = enact("only", permissions=["person.edit"], condition=MANAGED, name="Only from our devices")
    owned(version, cast.priya)
    text = refused(signed_in(cast.rosa), edit(cast.ali))
    assert "Ask Priya Raman, who answers for the policy" in text
    assert "Only from our devices" not in text
    assert "Managed device" not in text
    owned(version, cast.lena)  # who has left
    assert "Lena" not in refused(signed_in(cast.rosa), edit(cast.ali))


def test_every_clause_says_what_it_came_to(cast: Cast) -> None:
    title = {"attribute": "subject.title", "operator": "equals", "value": "CX administrator"}
    strict = enact("block", permissions=["person.edit"], condition={"all": [title, {"not": MANAGED}]}, name="Strict")
    text = refused(signed_in(cast.priya), edit(cast.ali))
    assert "Managed device is yes: nobody knows" in text
    over(strict)
    enact("block", permissions=["person.edit"], condition={"not": title | {"value": "Clerk"}}, name="No clerks")
    assert "Job title is “Clerk”: does not hold" in refused(signed_in(cast.priya), edit(cast.ali))


def test_a_condition_out_of_date_is_said_to_be_so(cast: Cast) -> None:
    gone = {"attribute": "subject.custom.badge", "operator": "is_set"}
    enact("block", permissions=["person.edit"], condition=gone, name="Badges")
    assert "can no longer be read" in refused(signed_in(cast.priya), edit(cast.ali))


def test_a_step_up_is_one_button_and_comes_back(cast: Cast) -> None:
    enact("only", permissions=["person.edit"], condition=None, obligations=[{"kind": "step_up", "minutes": 5}])
    client, url = signed_in(cast.priya), edit(cast.ali)
    assert client.get(url).status_code == 200
    session = client.session
    session[FACTOR] = (clock.now() - timedelta(minutes=10)).isoformat()
    session.save()
    text = refused(client, url)
    assert "Yes, once you confirm it is you" in text
    assert "within the last 5 minutes" in text
    assert f"{reverse('signin:confirm')}?next=%2Fpeople%2F{cast.ali.pk}%2Fedit%2F" in text
    session[FACTOR] = clock.now().isoformat()
    session.save()
    assert client.get(url).status_code == 200


def token(text: str) -> str:
    found = re.search(r'name="token" value="([^"]+)"', text)
    assert found
    return found[1]


def test_a_reason_is_asked_for_on_the_page_and_counts_there_for_a_while(cast: Cast) -> None:
    enact("only", permissions=["person.edit"], condition=None, obligations=[{"kind": "reason"}], name="Say why")
    client, url = signed_in(cast.priya), edit(cast.ali)
    text = refused(client, url)
    assert "Yes, once you say why" in text
    say = reverse("policies:reason")
    empty = client.post(say, {"token": token(text), "reason": " "})
    assert empty.status_code == 422
    answer = client.post(say, {"token": token(text), "reason": "He moved to Rabat"})
    assert (answer.status_code, answer["Location"]) == (302, url)
    assert client.get(url).status_code == 200
    assert client.get(edit(cast.maya)).status_code == 403  # that is another matter
    story = describe(Event.objects.filter(tag=Tag.REASON_STATED))[0]
    assert str(story.sentence) == "Priya Raman said why they use person.edit on Ali Haddad"
    assert story.reason == "He moved to Rabat"
    with time_machine.travel(clock.now() + timedelta(minutes=16), tick=False):
        session = client.session
        session[PROVED] = clock.now().isoformat()
        session.save()
        assert client.get(url).status_code == 403


def test_what_a_page_was_about_to_do_is_done_after_the_reason(cast: Cast) -> None:
    """The address that was refused counts, and the page that led there."""
    enact("only", permissions=["person.suspend"], condition=None, obligations=[{"kind": "reason"}])
    client, url = signed_in(cast.priya), reverse("people:suspend", args=[cast.ali.pk])
    page = f"http://testserver{reverse('people:detail', args=[cast.ali.pk])}"
    answer = client.post(url, {"reason": "Lost laptop"}, headers={"referer": page})
    assert answer.status_code == 403
    given = {"token": token(answer.content.decode()), "reason": "Lost laptop"}
    back = client.post(reverse("policies:reason"), given)
    assert back["Location"] == reverse("people:detail", args=[cast.ali.pk])
    assert client.post(url, {"reason": "Lost laptop"}).status_code == 302


def test_nobody_answers_for_somebody_else(cast: Cast) -> None:
    enact("only", permissions=["person.edit"], condition=None, obligations=[{"kind": "reason"}])
    text = refused(signed_in(cast.priya), edit(cast.ali))
    say = reverse("policies:reason")
    assert signed_in(cast.rosa).post(say, {"token": token(text), "reason": "x"}).status_code == 400
    assert signed_in(cast.priya).post(say, {"token": "made up", "reason": "x"}).status_code == 400
    assert not Event.objects.filter(tag=Tag.REASON_STATED).exists()


def test_what_nothing_gives_names_who_answers_for_it(cast: Cast) -> None:
    url = edit(cast.ali)
    jonas = signed_in(cast.jonas)  # who sees people of DACH
    world.give(cast.jonas, cast.people_reader, region=cast.mena)
    assert "Ask somebody who administers access" in refused(jonas, url)
    Role.objects.filter(pk=cast.administrator.pk).update(owner=cast.priya)
    text = refused(jonas, url)
    assert "Ask Priya Raman, who answers for a role that gives it" in text
    Action.objects.filter(key="person.edit").update(owner=cast.rosa)
    assert "Ask Rosa Lind, who answers for the permission" in refused(jonas, url)
    world.give(cast.jonas, cast.auditor)
    thing = reverse("resources:edit", args=[cast.german_reviews.pk])
    Resource.objects.filter(pk=cast.german_reviews.pk).update(owner=cast.chiara)
    assert "Ask Chiara Bellini, who answers for it" in refused(jonas, thing)
    Resource.objects.filter(pk=cast.german_reviews.pk).update(owner=cast.jonas, owner_team=cast.insights_dach)
    assert "Ask Jonas" not in refused(jonas, thing)


def page(client: Client, url: str, **query: Any) -> str:
    answer = client.get(url, query)
    assert answer.status_code == 200
    return unescape(re.sub(r"\s+", " ", answer.content.decode()))


def test_content_that_a_policy_keeps_back_says_why_and_how_to_go_on(cast: Cast) -> None:
    world.give(cast.maya, world.role("Registrar", {"resource.view"}))
    url, maya = reverse("resources:detail", args=[cast.german_reviews.pk]), signed_in(cast.maya)
    step = enact("only", types=["feedback"], condition=None, obligations=[{"kind": "step_up", "minutes": 1}])
    session = maya.session
    session[FACTOR] = (clock.now() - timedelta(minutes=10)).isoformat()
    session.save()
    text = page(maya, url)
    assert "Yes, once you confirm it is you" in text
    over(step)
    version = enact("block", types=["feedback"], condition=None, name="Closed")
    owned(version, cast.priya)
    text = page(maya, url)
    assert "A policy blocks this" in text
    assert "Ask Priya Raman, who answers for the policy" in text


def check(client: Client, person: Person, action: str, thing: Any = None) -> str:
    more = {} if thing is None else {"resource": thing.pk}
    return page(client, reverse("check:index"), person=person.pk, action=action, **more)


def test_check_access_says_first_which_policy_decided(cast: Cast) -> None:
    priya = signed_in(cast.priya)
    inside = {"attribute": "resource.region", "operator": "within", "other": "subject.region"}
    version = enact("only", types=["feedback"], condition=inside, name="Own region")
    world.give(cast.maya, cast.feedback_reader)
    text = check(priya, cast.maya, "feedback.view", cast.mena_reviews)
    told = "“Own region” blocks it: Region of the resource is within the person's region: does not hold."
    assert told in text
    assert text.index(told) < text.index("What policies say")
    text = check(priya, cast.maya, "feedback.view", cast.german_reviews)
    assert "lets it pass" in text
    assert "paths allow it." in text
    text = check(priya, cast.maya, "feedback.view")
    assert "What it says depends on the thing" in text
    version.states.update(stage="recording")
    world._changed(0)
    assert "It would be a no" in check(priya, cast.maya, "feedback.view", cast.mena_reviews)


def test_who_answers_for_a_policy_is_a_link_for_whoever_may_see_them(cast: Cast) -> None:
    version = enact("only", permissions=["person.edit"], condition=MANAGED, name="Only from our devices")
    owned(version, cast.maya)
    link = reverse("people:detail", args=[cast.maya.pk])
    assert f'<a href="{link}">Maya Okafor</a>' in refused(signed_in(cast.rosa), edit(cast.ali))
    owned(version, cast.priya)  # whom Rosa does not see
    assert reverse("people:detail", args=[cast.priya.pk]) not in refused(signed_in(cast.rosa), edit(cast.ali))


def test_check_access_says_of_any_thing_that_a_policy_closes_it(cast: Cast) -> None:
    enact("only", permissions=["person.edit"], condition=MANAGED, name="Only from our devices")
    url = f"{reverse('check:index')}?person={cast.rosa.pk}&action=person.edit"
    text = unescape(re.sub(r"\s+", " ", signed_in(cast.priya).get(url).content.decode()))
    assert "A policy about this closes it, whatever the thing is:" in text
    assert "The path that is held, and closed" in text


def test_check_access_tells_what_is_allowed_by_a_policy_alone_and_what_is_owed(cast: Cast) -> None:
    priya = signed_in(cast.priya)
    mine = {"attribute": "subject.title", "operator": "equals", "value": "CX researcher"}
    duties = [{"kind": "step_up", "minutes": 15}, {"kind": "mask", "data_classes": ["email"], "fields": []}]
    enact("allow", permissions=["feedback.view"], condition=mine, obligations=duties, name="Research")
    text = check(priya, cast.chiara, "feedback.view", cast.german_reviews)
    assert "“Research” allows it, without any grant. A second factor of the last 15 minutes is asked for first." in text
    assert "Yes, once something is met" in text
    assert "Masked: Mail" in text


def test_whoever_asks_about_themselves_sees_no_policy_that_is_not_theirs(cast: Cast) -> None:
    version = enact("block", types=["feedback"], condition=None, name="Secret plan")
    owned(version, cast.priya)
    url = reverse("my-access-why")
    maya = signed_in(cast.maya)
    world.give(cast.maya, world.role("Registrar", {"resource.view"}))
    text = page(maya, url, action="feedback.view")
    assert "Secret plan" not in text
    told = verdicts.told(cast.maya, _verdicts(cast), zone="UTC", at=clock.now())
    assert [(one.policy, one.owner, one.blocks) for one in told] == [(None, cast.priya, True)]


def _verdicts(cast: Cast) -> Any:
    from permissions import gate

    return gate.decide(cast.maya, "feedback.view", cast.german_reviews, at=clock.now()).verdicts


def test_whoever_has_no_second_factor_is_led_to_set_one_up(cast: Cast) -> None:
    world.give(cast.chiara, world.role("Editor of people", {"person.edit", "person.view"}))
    enact("only", permissions=["person.edit"], condition=None, obligations=[{"kind": "step_up", "minutes": 5}])
    text = refused(signed_in(cast.chiara, factor=False), edit(cast.ali))
    assert "Set up an authenticator app" in text
    assert reverse("me:enrol") in text


def test_a_form_leads_to_what_is_missing_first(cast: Cast) -> None:
    """The use case asks for more than its page: what is owed is said as anywhere else, not as a plain no."""
    enact("only", permissions=["grant.end"], condition=None, obligations=[{"kind": "reason"}], name="Why end it")
    client = signed_in(cast.priya)
    url = reverse("grants:end", args=[world.give(cast.maya, cast.feedback_reader).pk])
    answer = client.post(url, {"reason": "Over"})
    assert answer.status_code == 403
    assert "Yes, once you say why" in answer.content.decode()
