"""Leaving: at once or at a moment, what it ends and passes on, calling it off, and coming back."""

from zoneinfo import ZoneInfo

import pytest
from django.apps import apps
from django.core import mail
from django.db.models import F, Q

from accounts.groups import rules
from accounts.groups.services import create_group
from accounts.models import AttributeHistory, Leaving, Membership, Person, PersonDimension, PersonState, Session
from accounts.people.leaving import services
from accounts.people.services import put_on_leave, reactivate, suspend
from audits.models import Event
from audits.trail.tags import Tag
from cxaccess import lifecycle
from cxaccess.jobs.models import Job, Notice
from cxaccess.jobs.runner import make_ticks
from cxaccess.lib import clock
from cxaccess.lib.errors import Refused, Stale
from permissions import gate, places
from permissions.giving import lasting_administrators
from permissions.grants.services import give_role
from permissions.guards import NotAllowed, NotVisible
from permissions.models import PersonObjectGrant, Resource, RoleGrant
from tests import birthrights, world
from tests.cast import Cast
from tests.leaving import BERLIN, Laden, come_back, leave, next_week, schedule, work
from tests.sessions import signed_in


def standing(person: Person) -> dict[str, int]:
    """Return how many rows of each kind somebody still has."""
    at, begun = clock.now(), ~Q(until=F("starts_at"))
    return {
        "grants": RoleGrant.objects.filter(principal=person.principal_id).not_over(at).filter(begun).count(),
        "things": PersonObjectGrant.objects.filter(user=person).not_over(at).filter(begun).count(),
        "memberships": Membership.objects.filter(person=person).not_over(at).filter(begun).count(),
        "places": PersonDimension.objects.filter(person=person).not_over(at).filter(begun).count(),
        "sessions": Session.objects.filter(person=person, ended_at=None).count(),
    }


def edits(person: Person, thing: Resource) -> bool:
    at = clock.now()
    return gate.may(person, "resource.edit", places.target(thing, at, as_type="resource"), at=at)


NOTHING = dict.fromkeys(("grants", "things", "memberships", "places", "sessions"), 0)


def test_everything_ends_and_what_they_owned_goes_to_their_manager(cast: Cast) -> None:
    laden, client = Laden(cast), signed_in(cast.maya)
    assert all(standing(cast.maya).values())
    leaving = leave(cast.priya, cast.maya)
    cast.maya.refresh_from_db()
    assert (cast.maya.state, cast.maya.has_usable_password()) == (PersonState.LEFT, False)
    assert standing(cast.maya) == NOTHING
    assert client.get("/me/sessions/").status_code == 302
    for row in (laden.thing, laden.role, laden.team, laden.group, laden.system, laden.policy, laden.action):
        row.refresh_from_db()
        assert row.owner == cast.jonas, row
        thing = getattr(row, "resource", None)
        assert thing is None or Resource.objects.get(pk=thing.pk).owner == cast.jonas, row
    assert edits(cast.jonas, laden.thing)
    laden.report.refresh_from_db()
    assert laden.report.manager == cast.jonas
    laden.token.row.refresh_from_db()
    assert laden.token.row.revoked_at is not None
    kinds = {line["kind"] for line in leaving.report}
    assert kinds == {
        "sessions", "password", "factor", "token", "role", "thing", "membership", "place", "report", "owned_role",
        "owned_policy", "owned_permission", "owned_resource", "owned_integration", "owned_team", "owned_group",
    }  # fmt: skip
    assert not any(line["vacant"] for line in leaving.report)


def test_every_step_is_in_the_trail_and_one_word_goes_to_whoever_takes_over(cast: Cast) -> None:
    Laden(cast)
    since = Event.objects.order_by("-pk").first()
    leave(cast.priya, cast.maya, heir=cast.rosa)
    fresh = Event.objects.filter(pk__gt=since.pk if since else 0)
    assert set(fresh.values_list("actor", flat=True)) == {cast.priya.pk}
    wanted = {Tag.GRANT_ENDED, Tag.OBJECT_GRANT_ENDED, Tag.MEMBERSHIP_ENDED, Tag.PERSON_RANGED, Tag.TOKEN_REVOKED,
              Tag.PERSON_EDITED, Tag.ROLE_EDITED, Tag.RESOURCE_EDITED, Tag.TEAM_EDITED, Tag.PERSON_LEFT}  # fmt: skip
    assert wanted <= set(fresh.values_list("tag", flat=True))
    work()
    told = {(message.to[0], message.subject) for message in mail.outbox}
    assert told == {(cast.jonas.email, "Maya Okafor has left"), (cast.rosa.email, "Maya Okafor has left")}
    body = next(message.body for message in mail.outbox if message.to == [cast.rosa.email])
    assert "Churn dashboard" in body
    assert "1 token of a connected system" in body


def test_all_of_it_has_one_correlation_and_the_report_can_be_taken_out(cast: Cast) -> None:
    Laden(cast)
    client, since = signed_in(cast.priya), Event.objects.latest("pk").pk
    form = {"when": "now", "time_zone": BERLIN, "reason": "Contract ended", "typed": "maya okafor"}
    page = client.post(f"/people/{cast.maya.pk}/leave/", form).headers["Location"]
    fresh = Event.objects.filter(pk__gt=since)
    assert fresh.count() > 15
    assert len(set(fresh.values_list("cid", flat=True)) - {""}) == 1
    assert "Churn dashboard" in client.get(page).text
    lines = b"".join(client.post(f"{page}file/")).decode("utf-8-sig").splitlines()
    assert len(lines) == 1 + len(Leaving.objects.get().report)
    assert Event.objects.get(tag=Tag.ACCESS_EXPORTED).about_person_id == cast.maya.pk


def test_nobody_gains_by_a_leaving_what_the_actor_could_not_give(cast: Cast) -> None:
    """An offboarder who may give nothing lets them leave all the same; the thing waits for an owner."""
    laden = Laden(cast)
    world.give(cast.chiara, world.role("Offboarder", {"person.offboard", "person.view"}), region=cast.emea)
    leaving = leave(cast.chiara, cast.maya)
    laden.thing.refresh_from_db()
    assert laden.thing.owner is None
    assert not edits(cast.jonas, laden.thing)
    [line] = [one for one in leaving.report if one["kind"] == "owned_resource"]
    assert (line["vacant"], line["to"]) == (True, None)
    assert standing(cast.maya) == NOTHING


def test_a_scheduled_leaver_is_refused_from_that_moment_with_no_job_running(cast: Cast, time_machine) -> None:
    laden, client, moment = Laden(cast), signed_in(cast.maya), next_week()
    schedule(cast.priya, cast.maya, moment)
    before, after = moment.replace(microsecond=0), moment
    for at in (clock.now(), before):
        assert gate.may(cast.maya, "feedback.view", cast.mena_reviews, at=at)
        assert cast.maya in gate.who_can("feedback.view", cast.mena_reviews, at=at)
        assert cast.mena_reviews in gate.visible(cast.maya, "feedback.view", Resource.objects.all(), at=at)
    for at in (after, world.soon(days=400)):
        assert not gate.may(cast.maya, "feedback.view", cast.mena_reviews, at=at)
        assert cast.maya not in gate.who_can("feedback.view", cast.mena_reviews, at=at)
        assert not gate.visible(cast.maya, "feedback.view", Resource.objects.all(), at=at).exists()
        assert not gate.held(cast.maya, at=at)
        assert gate.explain(cast.maya, "feedback.view", cast.mena_reviews, at=at).reason == "not_active"
    assert client.get("/me/sessions/").status_code == 200
    time_machine.move_to(after)
    assert client.get("/me/sessions/").status_code == 302
    assert standing(cast.maya)["grants"], "no job has run"
    assert laden.thing.owner == cast.maya


def test_the_job_writes_it_once_and_history_says_what_the_clock_said(cast: Cast, time_machine) -> None:
    moment = next_week()
    leaving = schedule(cast.priya, cast.maya, moment)
    time_machine.move_to(moment.replace(second=59))
    late = world.soon(hours=5)
    time_machine.move_to(late)
    job = Job.objects.get(kind="leaver.leave")
    work()
    leaving.refresh_from_db()
    assert Job.objects.get(pk=job.pk).error == ""
    first = (leaving.done_at, leaving.report, Event.objects.count())
    services.leave_as_scheduled(job, clock.now())
    leaving.refresh_from_db()
    assert (leaving.done_at, leaving.report, Event.objects.count()) == first
    assert standing(cast.maya) == NOTHING
    state = AttributeHistory.objects.filter(of="person", of_id=cast.maya.pk, name="state").latest("since")
    assert (state.value, state.since) == ("left", moment)
    cast.maya.refresh_from_db()
    assert cast.maya.employed_until == moment.astimezone(ZoneInfo(BERLIN)).date(), "the last day, where it was meant"
    time_machine.move_to(world.soon(days=2))
    assert gate.may(cast.maya, "feedback.view", cast.german_reviews, at=moment.replace(microsecond=0)) is True
    assert gate.may(cast.maya, "feedback.view", cast.german_reviews, at=moment) is False


def test_the_manager_hears_of_it_when_it_is_scheduled(cast: Cast) -> None:
    schedule(cast.priya, cast.maya, next_week())
    work()
    [told] = mail.outbox
    assert told.to == [cast.jonas.email]
    assert told.subject.startswith("Maya Okafor leaves on")


def test_a_leaving_ahead_can_be_called_off_by_who_asked_or_who_could_give_it_all(cast: Cast) -> None:
    offboarder = world.role("Offboarder", {"person.offboard", "person.view"})
    world.give(cast.chiara, offboarder, region=cast.emea)
    world.give(cast.maya, cast.agent, region=cast.germany)
    first = schedule(cast.priya, cast.maya, next_week())
    with pytest.raises(NotAllowed):
        services.call_off(cast.chiara, leaving=first, reason="A friend", at=clock.now())
    services.call_off(cast.priya, leaving=first, reason="She stays", at=clock.now())
    second = schedule(cast.chiara, cast.maya, next_week())
    services.call_off(cast.chiara, leaving=second, reason="My slip", at=clock.now())
    cast.maya.refresh_from_db()
    assert cast.maya.leaves_at is None
    work(next_week(hours=1))
    assert cast.maya.is_here(next_week(hours=1))
    with pytest.raises(Stale):
        services.call_off(cast.priya, leaving=first, reason="Again", at=clock.now())


def test_once_the_moment_has_come_it_is_too_late_to_call_it_off(cast: Cast, time_machine) -> None:
    leaving = schedule(cast.priya, cast.maya, next_week())
    time_machine.move_to(next_week(hours=1))
    with pytest.raises(Stale, match="too late"):
        services.call_off(cast.priya, leaving=leaving, reason="Late", at=clock.now())
    for deed in (suspend, put_on_leave, reactivate):
        with pytest.raises(Refused, match="has left"):
            deed(cast.priya, person=cast.maya, reason="Late", at=clock.now())


def test_nobody_lets_themselves_leave_and_the_last_administrator_stays(cast: Cast) -> None:
    second = world.person("Second Admin", region=cast.world_)
    with pytest.raises(Refused, match="Nobody lets themselves leave"):
        leave(cast.priya, cast.priya)
    world.give(second, world.role("Offboarder", {"person.offboard", "person.view"}))
    for deed in (lambda: leave(second, cast.priya), lambda: schedule(second, cast.priya, next_week())):
        with pytest.raises(Refused, match="nobody who can administer"):
            deed()
    world.give(second, cast.administrator)
    schedule(second, cast.priya, next_week())
    assert set(lasting_administrators(at=clock.now())) == {second}, "who is about to leave is no lasting one"
    with pytest.raises(Refused, match="nobody who can administer"):
        leave(cast.priya, second)


def test_it_takes_the_permission_where_they_are(cast: Cast) -> None:
    for actor in (cast.rosa, cast.jonas, cast.otto, cast.chiara):
        with pytest.raises((NotAllowed, NotVisible)):
            leave(actor, cast.maya)
    assert not Leaving.objects.exists()
    with pytest.raises(Refused, match="Say why"):
        leave(cast.priya, cast.maya, reason=" ")
    for moment in (world.soon(days=-1), world.soon(days=4000)):
        with pytest.raises(Refused, match="moment ahead"):
            schedule(cast.priya, cast.maya, moment)
    for heir in (cast.maya, cast.lena, cast.sofia):
        with pytest.raises(Refused, match="not here"):
            leave(cast.priya, cast.maya, heir=heir)


def test_things_go_up_the_line_where_the_manager_is_away(cast: Cast) -> None:
    laden = Laden(cast)
    Person.objects.filter(pk=cast.jonas.pk).update(manager=cast.rosa)
    suspend(cast.priya, person=cast.jonas, reason="Away", at=clock.now())
    cast.maya.refresh_from_db()
    leave(cast.priya, Person.objects.get(pk=cast.maya.pk))
    laden.thing.refresh_from_db()
    assert laden.thing.owner == cast.rosa


def test_reports_never_come_to_report_to_themselves(cast: Cast) -> None:
    laden = Laden(cast)
    Person.objects.filter(pk=cast.maya.pk).update(manager=None)
    leaving = leave(cast.priya, Person.objects.get(pk=cast.maya.pk), heir=laden.report)
    [line] = [one for one in leaving.report if one["kind"] == "report"]
    assert line["vacant"]
    laden.thing.refresh_from_db()
    assert laden.thing.owner == laden.report


def test_who_comes_back_starts_with_nothing_of_what_they_had(cast: Cast) -> None:
    laden = Laden(cast)
    Person.objects.filter(pk=cast.maya.pk).update(clearance=3)
    leave(cast.priya, Person.objects.get(pk=cast.maya.pk))
    stray = world.give(cast.maya, cast.feedback_reader)
    back = come_back(cast.priya, cast.maya, region=cast.germany, title="Consultant")
    assert (back.state, back.claimed_at, back.clearance, back.leaves_at) == (PersonState.ACTIVE, None, None, None)
    assert standing(back) == NOTHING, "not even what came to them meanwhile"
    stray.refresh_from_db()
    assert stray.until is not None
    assert not gate.held(back, at=clock.now())
    laden.thing.refresh_from_db()
    assert laden.thing.owner == cast.jonas
    assert Event.objects.filter(tag=Tag.PERSON_RETURNED, about_person_id=back.pk).count() == 1
    assert RoleGrant.objects.filter(principal=back.principal_id).count() == 3, "on record"


def test_coming_back_takes_what_adding_somebody_takes(cast: Cast) -> None:
    leave(cast.priya, cast.ali)
    with pytest.raises((NotAllowed, NotVisible)):
        come_back(cast.otto, cast.ali, region=cast.mena)
    with pytest.raises((NotAllowed, NotVisible)):
        come_back(cast.rosa, cast.ali, region=cast.world_)
    with pytest.raises(Refused, match="has not left"):
        come_back(cast.priya, cast.maya, region=cast.germany)
    assert come_back(cast.rosa, cast.ali, region=cast.mena).state == PersonState.ACTIVE


def test_a_rule_takes_them_in_anew_only_where_the_actor_could_give_that(cast: Cast) -> None:
    rule = {"attribute": "subject.title", "operator": "one_of", "value": ["Consultant"]}
    group = create_group(cast.priya, name="Consultants", purpose="All of them", rule=rules.parsed(rule), at=clock.now())
    world.give(group, cast.administrator)
    leave(cast.priya, cast.ali)
    with pytest.raises(NotAllowed):
        come_back(cast.rosa, cast.ali, region=cast.mena, title="Consultant")
    come_back(cast.priya, cast.ali, region=cast.mena, title="Consultant")
    assert standing(cast.ali)["memberships"] == 1


def test_what_a_birthright_rule_gave_ends_is_not_given_again_and_begins_anew_with_them(cast: Cast) -> None:
    birthrights.in_force(
        cast.priya, birthrights.titled("Support agent"), [birthrights.gift(cast.agent, region=cast.mena)]
    )
    assert birthrights.grants(cast.ali)
    leave(cast.priya, cast.ali)
    make_ticks(clock.now())
    work()
    assert not birthrights.grants(cast.ali)
    world.give(cast.chiara, world.role("Recruiter", {"person.create", "person.view"}), region=cast.emea)
    with pytest.raises(NotAllowed):
        come_back(cast.chiara, cast.ali, region=cast.mena, title="Support agent")
    come_back(cast.rosa, cast.ali, region=cast.mena, title="Support agent")
    assert birthrights.grants(cast.ali)
    assert standing(cast.ali)["grants"] == 1, "what was given by hand stays ended"


def test_on_leave_nothing_works_and_it_comes_back_with_them(cast: Cast) -> None:
    client = signed_in(cast.ali)
    assert put_on_leave(cast.priya, person=cast.ali, reason="Parental leave", at=clock.now()).state == "leave"
    assert not gate.held(cast.ali, at=clock.now())
    assert client.get("/me/sessions/").status_code == 302
    assert standing(cast.ali)["grants"] == 1
    cast.ali.refresh_from_db()
    reactivate(cast.priya, person=cast.ali, reason="Back", at=clock.now())
    assert gate.held(cast.ali, at=clock.now())
    with pytest.raises(Refused, match="is suspended"):
        put_on_leave(cast.priya, person=cast.sofia, reason="No", at=clock.now())


def test_a_grant_to_a_leaver_is_refused(cast: Cast) -> None:
    leave(cast.priya, cast.maya)
    with pytest.raises(Refused, match="has left"):
        give_role(cast.priya, principal=cast.maya.principal, role=cast.agent, scope=world.scope(), starts_at=None,
                  until=None, reason="So", at=clock.now())  # fmt: skip


def test_no_mail_goes_to_who_has_left(cast: Cast) -> None:
    put_on_leave(cast.priya, person=cast.maya, reason="Away", at=clock.now())
    Notice.objects.all().delete()
    laden = Person.objects.get(pk=cast.maya.pk)
    leave(cast.priya, laden)
    work()
    assert [message.to for message in mail.outbox] == [[cast.jonas.email]]


def test_every_key_to_a_person_or_a_principal_is_claimed_by_a_step_or_exempt_with_a_reason() -> None:
    """Whoever adds a table that points at people says here what becomes of its rows when somebody leaves."""
    targets = {apps.get_model("accounts", "Person"), apps.get_model("accounts", "Principal")}
    found = {
        f"{model._meta.app_label}.{model.__name__}.{field.name}"
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.get_fields()
        if field.is_relation and field.concrete and field.related_model in targets
    }
    assert found == lifecycle.CLAIMED.keys() | lifecycle.EXEMPT.keys()
    assert not lifecycle.CLAIMED.keys() & lifecycle.EXEMPT.keys()
    assert {dotted.rpartition(".")[2] for dotted in lifecycle.LEAVER} - {"state"} == set(lifecycle.CLAIMED.values())
    assert all(len(reason) > 10 for reason in lifecycle.EXEMPT.values())
