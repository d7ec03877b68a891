"""Refusals: recorded once, after whatever was refused is rolled back; hidden and absent read the same."""

import re

import pytest
from django.urls import reverse

from accounts.models import Person
from audits.models import Event
from audits.trail.tags import Tag
from cxaccess.lib import clock
from permissions.guards import NotAllowed, require, use_case
from tests.cast import Cast
from tests.sessions import signed_in


def refusals() -> list[Event]:
    return list(Event.objects.filter(tag=Tag.ACCESS_REFUSED))


def shown(html: bytes) -> str:
    """Return a page without what differs between any two requests."""
    return re.sub(r"[0-9a-f]{32}|[A-Za-z0-9]{64}|\d\d:\d\d(:\d\d)?", "", html.decode())


def test_a_refused_page_is_recorded_once(cast: Cast) -> None:
    answer = signed_in(cast.chiara).get(reverse("check:index"))
    assert answer.status_code == 404
    (event,) = refusals()
    assert (event.actor, event.about_person_id) == (cast.chiara, cast.chiara.pk)
    assert (event.decision["action"], event.decision["allowed"]) == ("access.check", False)


def test_what_is_hidden_and_what_is_absent_read_the_same(cast: Cast) -> None:
    client = signed_in(cast.maya)
    question = {"action": "feedback.export"}
    hidden = client.get(reverse("my-access-why"), question | {"resource": cast.mena_reviews.pk})
    absent = client.get(reverse("my-access-why"), question | {"resource": 999_999})
    assert (hidden.status_code, absent.status_code) == (404, 404)
    assert shown(hidden.content) == shown(absent.content)


def test_a_refusal_survives_what_it_rolled_back(cast: Cast) -> None:
    @use_case
    def rename(actor: Person) -> None:
        Person.objects.filter(pk=cast.maya.pk).update(name="Somebody Else")
        require(actor, "person.edit", cast.maya, at=clock.now())

    with pytest.raises(NotAllowed) as caught:
        rename(cast.otto)
    assert caught.value.status == 403, "Otto may see Maya, so he is told no"
    assert caught.value.recorded
    assert len(refusals()) == 1
    cast.maya.refresh_from_db()
    assert cast.maya.name == "Maya Okafor"


def test_a_refusal_within_another_use_case_is_recorded_once(cast: Cast) -> None:
    @use_case
    def inner(actor: Person) -> None:
        require(actor, "person.edit", cast.maya, at=clock.now())

    @use_case
    def outer(actor: Person) -> None:
        inner(actor)

    with pytest.raises(NotAllowed):
        outer(cast.otto)
    assert len(refusals()) == 1


def test_asking_for_a_menu_or_a_list_is_no_refusal(cast: Cast) -> None:
    assert signed_in(cast.chiara).get(reverse("my-access")).status_code == 200
    assert refusals() == []
