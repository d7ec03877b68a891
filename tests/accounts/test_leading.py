"""A lead who holds nothing else: sees their one team, keeps its members, and nobody else's."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Person
from accounts.people import lookups
from accounts.teams import memberships
from audits.models import Event
from audits.trail.tags import Tag
from cxaccess.lib import clock
from permissions import gate
from tests import world
from tests.cast import Cast
from tests.sessions import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def chiara(cast: Cast) -> Client:
    """Chiara held nothing at all; now she leads Care DACH, which holds the agent's role in DACH."""
    world.give(cast.care_dach, cast.agent, region=cast.dach)
    memberships.add_member(cast.priya, team=cast.care_dach, person=cast.chiara, part="lead", at=clock.now())
    return signed_in(cast.chiara)


def page(client: Client, name: str, *args: object) -> str:
    answer = client.get(reverse(name, args=args))
    assert answer.status_code == 200, (name, answer.status_code)
    return answer.content.decode()


def test_they_see_their_team_and_no_other(cast: Cast, chiara: Client) -> None:
    listed = page(chiara, "teams:list")
    assert "Care DACH" in listed
    assert "Insights DACH" not in listed
    assert "New team" not in listed
    here = page(chiara, "teams:detail", cast.care_dach.pk)
    assert reverse("teams:add", args=[cast.care_dach.pk]) in here
    assert reverse("teams:edit", args=[cast.care_dach.pk]) not in here
    for name in ("teams:members", "teams:roles", "teams:abilities"):
        page(chiara, name, cast.care_dach.pk)
        assert chiara.get(reverse(name, args=[cast.insights_dach.pk])).status_code == 404
    assert chiara.get(reverse("people:list")).status_code == 404
    menu = chiara.get("/").content.decode()
    assert reverse("teams:list") in menu
    assert f'href="{reverse("people:list")}"' not in menu


def test_they_add_a_colleague_by_the_whole_mail_address(cast: Cast, chiara: Client) -> None:
    add = reverse("teams:add", args=[cast.care_dach.pk])
    form = chiara.get(add).context["form"]
    assert set(form.fields) == {"mail", "starts_at", "until", "reason"}, "nobody to choose from, no leads to make"
    assert "You cannot give all of this" not in chiara.get(add).content.decode()
    wrong = chiara.post(add, {"mail": "ali@elsewhere.example"})
    assert "Nobody here has this address" in wrong.content.decode()
    for unspoken in (cast.lena, cast.nils, cast.sofia):  # left, not started, suspended: they read like nobody
        assert "Nobody here has this address" in chiara.post(add, {"mail": unspoken.email}).content.decode()
    answer = chiara.post(add, {"mail": cast.ali.email.upper(), "reason": "Helps out"})
    assert answer.url == reverse("teams:members", args=[cast.care_dach.pk])
    assert "Ali Haddad" in page(chiara, "teams:members", cast.care_dach.pk)
    queue = world.resource("Queue DACH", "ticket", region=cast.dach)
    assert gate.may(cast.ali, "ticket.reply", queue, at=clock.now())


def test_they_end_memberships_but_make_no_leads(cast: Cast, chiara: Client) -> None:
    row = world.join(cast.ali, cast.care_dach)
    shown = page(chiara, "teams:members", cast.care_dach.pk)
    assert reverse("teams:turn", args=[row.pk]) not in shown
    assert chiara.post(reverse("teams:turn", args=[row.pk])).status_code == 403
    assert chiara.post(reverse("teams:end", args=[row.pk]), {"reason": "Moves on"}).status_code == 302
    row.refresh_from_db()
    assert row.ended_by == cast.chiara


def test_addresses_cannot_be_tried_one_after_another(cast: Cast, chiara: Client) -> None:
    add = reverse("teams:add", args=[cast.care_dach.pk])
    for number in range(lookups.TRIES.most):
        assert "Nobody here" in chiara.post(add, {"mail": f"nobody{number}@kestrelhome.example"}).content.decode()
    answer = chiara.post(add, {"mail": cast.ali.email})
    assert (answer.status_code, "Too many tries" in answer.content.decode()) == (422, True)
    assert not cast.ali.memberships.exists()


def test_a_lead_who_finds_somebody_is_on_record(cast: Cast, chiara: Client) -> None:
    chiara.post(reverse("teams:add", args=[cast.care_dach.pk]), {"mail": cast.ali.email, "reason": "Helps out"})
    told = Event.objects.get(tag=Tag.PERSON_FOUND)
    assert (told.actor, told.about_person_id) == (cast.chiara, cast.ali.pk)


def test_another_team_is_not_theirs_to_keep(cast: Cast, chiara: Client) -> None:
    add = reverse("teams:add", args=[cast.insights_dach.pk])
    assert chiara.get(add).status_code == 404
    assert chiara.post(add, {"mail": cast.ali.email}).status_code == 404
    assert chiara.post(reverse("teams:end", args=[cast.maya.memberships.get().pk])).status_code == 404


def test_an_id_without_the_address_adds_nobody(cast: Cast, chiara: Client) -> None:
    add = reverse("teams:add", args=[cast.care_dach.pk])
    assert chiara.post(add, {"person": cast.ali.pk}).status_code == 422
    given = {"team": cast.care_dach, "person": cast.ali, "at": clock.now()}
    for mail in ("", cast.maya.email):
        with pytest.raises(Exception, match=r"person\.view refused"):
            memberships.add_member(Person.objects.get(pk=cast.chiara.pk), mail=mail, **given)


def test_who_sees_people_chooses_them_from_the_list(cast: Cast) -> None:
    add = reverse("teams:add", args=[cast.insights_dach.pk])
    form = signed_in(cast.priya).get(add).context["form"]
    assert {"person", "mail", "part"} <= set(form.fields)
    empty = signed_in(cast.priya).post(add, {"part": "member"})
    assert "Choose somebody, or type their mail address" in empty.content.decode()
