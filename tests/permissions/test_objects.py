"""Grants on exactly one resource: who gives them, what they open, how they end."""

import ast
from datetime import datetime

import pytest
from django.conf import settings
from django.db import connection
from django.db.models import PROTECT, ProtectedError
from django.test.utils import CaptureQueriesContext

from accounts.models import Group, Person, Team
from accounts.teams.services import archive_team
from audits.models import Event
from cxaccess.jobs.models import Job, Notice
from cxaccess.jobs.notices import message
from cxaccess.lib import clock
from cxaccess.lib.errors import Refused
from permissions import gate
from permissions.grants.expiry import record_ends, warn_holders
from permissions.guards import NotAllowed, NotVisible
from permissions.models import Action, GroupObjectGrant, PersonObjectGrant, Resource, Role
from permissions.objects import rows, services
from permissions.objects.many import Given, Wanted, give_many
from tests import world
from tests.cast import Cast

pytestmark = [pytest.mark.django_db, pytest.mark.realdb]


def give(actor: Person, to: object, action: str, thing: Resource, **more: object) -> object:
    stated = {"starts_at": None, "until": None, "reason": "Needed for the study", "at": clock.now()} | more
    what = Action.objects.get(key=action)
    return services.give_on(actor, principal=to.principal, action=what, resource=thing, **stated)


def may(person: Person, action: str, thing: object, at: datetime | None = None) -> bool:
    return gate.may(person, action, thing, at=at or clock.now())


def test_it_opens_one_thing_and_no_other_and_is_in_the_trail(cast: Cast) -> None:
    give(cast.priya, cast.chiara, "feedback.edit", cast.mena_reviews)
    assert may(cast.chiara, "feedback.view", cast.mena_reviews), "edit implies view"
    assert not may(cast.chiara, "feedback.view", cast.german_reviews)
    assert not may(cast.chiara, "feedback.export", cast.mena_reviews)
    event = Event.objects.get(tag="object_grant.given")
    assert (event.object_id, event.about_person_id) == (cast.mena_reviews.pk, cast.chiara.pk)
    assert event.additional_data["action"] == "feedback.edit"


def test_a_team_has_it_for_its_members_and_the_teams_under_it(cast: Cast) -> None:
    give(cast.priya, cast.care_emea, "feedback.view", cast.mena_reviews)
    world.join(cast.chiara, cast.care_dach)
    assert may(cast.chiara, "feedback.view", cast.mena_reviews)
    assert GroupObjectGrant.objects.count() == 1


def test_it_ends_at_its_instant_and_is_recorded_once(cast: Cast) -> None:
    until = world.soon(days=3)
    give(cast.priya, cast.chiara, "feedback.view", cast.mena_reviews, until=until)
    give(cast.priya, cast.care_emea, "feedback.view", cast.mena_reviews, until=until)
    assert may(cast.chiara, "feedback.view", cast.mena_reviews, world.soon(days=2))
    assert not may(cast.chiara, "feedback.view", cast.mena_reviews, until)
    for _ in range(2):
        job = Job.objects.create(kind="grant.ends", slot=str(_), run_at=until, attempts=1, lease_until=until)
        record_ends(job, world.soon(days=4))
    assert Event.objects.filter(tag="object_grant.expired").count() == 2
    assert [event.timestamp for event in Event.objects.filter(tag="object_grant.expired")] == [until, until]


def test_who_gives_roles_where_a_thing_lies_gives_on_it(cast: Cast) -> None:
    give(cast.rosa, cast.ali, "feedback.view", cast.german_reviews)
    asia = world.resource("Asia reviews", "feedback", region=world.node("Asia", cast.world_))
    with pytest.raises((NotAllowed, NotVisible)):
        give(cast.rosa, cast.ali, "feedback.view", asia)
    with pytest.raises((NotAllowed, NotVisible)):
        give(cast.jonas, cast.ali, "feedback.view", cast.german_reviews)


def test_an_owner_shares_exactly_this_resource_and_cannot_pass_that_on(cast: Cast) -> None:
    give(cast.priya, cast.chiara, "resource.give", cast.mena_reviews)
    give(cast.chiara, cast.ali, "feedback.export", cast.mena_reviews)
    assert may(cast.ali, "feedback.export", cast.mena_reviews)
    with pytest.raises((NotAllowed, NotVisible)):
        give(cast.chiara, cast.ali, "feedback.view", cast.german_reviews)
    with pytest.raises((NotAllowed, NotVisible)):
        give(cast.chiara, cast.ali, "resource.give", cast.mena_reviews)


def test_an_owner_ends_what_was_shared(cast: Cast) -> None:
    give(cast.priya, cast.chiara, "resource.give", cast.mena_reviews)
    grant = give(cast.priya, cast.ali, "feedback.export", cast.mena_reviews)
    services.end_grant(cast.chiara, grant=grant, reason="Study is over", at=clock.now())
    assert not may(cast.ali, "feedback.export", cast.mena_reviews)
    with pytest.raises(Refused, match="already ended"):
        services.end_grant(cast.priya, grant=grant, reason="Again", at=clock.now())


def test_a_permission_of_another_type_does_not_fit(cast: Cast) -> None:
    for action in ("ticket.view", "team.create", "role.give"):
        with pytest.raises(Refused, match="cannot be given"):
            give(cast.priya, cast.chiara, action, cast.mena_reviews)


def test_the_same_is_not_given_twice_for_the_same_time(cast: Cast) -> None:
    give(cast.priya, cast.chiara, "feedback.view", cast.mena_reviews, until=world.soon(days=3))
    with pytest.raises(Refused, match="already has"):
        give(cast.priya, cast.chiara, "feedback.view", cast.mena_reviews)
    give(cast.priya, cast.chiara, "feedback.view", cast.mena_reviews, starts_at=world.soon(days=4))


def test_a_later_end_needs_the_right_to_give(cast: Cast) -> None:
    grant = give(cast.priya, cast.maya, "feedback.view", cast.mena_reviews, until=world.soon(days=3))
    ender = world.person("Enzo Ender", region=cast.dach)
    world.give(ender, world.role("Ender", {"grant.end"}))
    services.change_end(ender, grant=grant, until=world.soon(days=2), reason="Sooner", at=clock.now())
    with pytest.raises((NotAllowed, NotVisible)):
        services.change_end(ender, grant=grant, until=world.soon(days=9), reason="Later", at=clock.now())


# --- many at once --------------------------------------------------------------------------------------------------


def many(actor: Person, *wanted: tuple[object, str, Resource], **more: object) -> Given:
    asked = [Wanted(to.principal_id, action, thing.pk) for to, action, thing in wanted]
    stated = {"reason": "From the old platform", "source_ref": "batch:7", "at": clock.now()} | more
    return give_many(actor, wanted=asked, **stated)


def test_many_are_given_at_once_and_the_same_again_changes_nothing(cast: Cast) -> None:
    wanted = [
        (cast.chiara, "feedback.view", cast.mena_reviews),
        (cast.ali, "feedback.export", cast.german_reviews),
        (cast.care_emea, "feedback.view", cast.mena_reviews),
        (cast.chiara, "feedback.view", cast.mena_reviews),
    ]
    give(cast.priya, cast.ali, "feedback.export", cast.german_reviews)
    assert many(cast.priya, *wanted) == Given(2, 1)
    assert may(cast.chiara, "feedback.view", cast.mena_reviews)
    assert GroupObjectGrant.objects.get().source_ref == "batch:7"
    told = list(Event.objects.filter(tag="object_grant.given").order_by("pk"))
    assert [event.object_id for event in told] == [cast.german_reviews.pk, cast.mena_reviews.pk, cast.mena_reviews.pk]
    assert many(cast.priya, *wanted) == Given(0, 3)
    assert Event.objects.filter(tag="object_grant.given").count() == 3


def test_of_many_none_is_given_where_one_could_not(cast: Cast) -> None:
    asia = world.resource("Asia reviews", "feedback", region=world.node("Asia", cast.world_))
    mine = (cast.ali, "feedback.view", cast.german_reviews)
    with pytest.raises((NotAllowed, NotVisible)):
        many(cast.rosa, mine, (cast.ali, "feedback.view", asia))
    with pytest.raises(Refused, match="cannot be given"):
        many(cast.priya, mine, (cast.ali, "ticket.view", asia))
    with pytest.raises(Refused, match="has left"):
        many(cast.priya, mine, (cast.lena, "feedback.view", asia))
    assert not PersonObjectGrant.objects.exists()
    assert many(cast.rosa, mine) == Given(1, 0)


def test_many_take_no_more_statements_for_more_rows(cast: Cast) -> None:
    things = [world.resource(f"Right {number}", "entitlement") for number in range(60)]
    people = [world.person(f"Imported {number}") for number in range(10)]
    with CaptureQueriesContext(connection) as few:
        many(cast.priya, *[(people[0], "entitlement.use", thing) for thing in things[:3]])
    with CaptureQueriesContext(connection) as lots:
        many(cast.priya, *[(one, "entitlement.use", thing) for one in people[1:] for thing in things])
    assert besides(lots) <= besides(few) + 2, "rows and events go out in batches; nothing else is asked again"


def besides(queries: CaptureQueriesContext) -> int:
    return sum(not query["sql"].startswith("INSERT") for query in queries)


# --- words before and after its end --------------------------------------------------------------------------------


def test_its_holder_hears_before_it_ends_and_when_it_has(cast: Cast) -> None:
    until = world.soon(days=3)
    grant = give(cast.priya, cast.chiara, "feedback.edit", cast.mena_reviews, until=until)
    give(cast.priya, cast.care_emea, "feedback.edit", cast.mena_reviews, until=until)
    give(cast.priya, cast.ivy, "feedback.edit", cast.mena_reviews, until=until)
    for moment in (clock.now(), world.soon(days=1), world.soon(days=4)):
        job = Job.objects.create(kind="grant.ends", slot=str(moment), run_at=moment, attempts=1, lease_until=until)
        warn_holders(job, moment)
        record_ends(job, moment)
    notices = list(Notice.objects.filter(kind__startswith="object_grant").order_by("pk"))
    assert [(notice.person, notice.kind) for notice in notices] == [
        (cast.chiara, "object_grant_ending"),
        (cast.chiara, "object_grant_ended"),
    ]
    words = [message(notice).body for notice in notices]
    assert all("App reviews MENA" in text and f"/grants/things/{rows.key(grant)}/" in text for text in words)


# --- nothing is left over ------------------------------------------------------------------------------------------


def test_a_team_that_holds_something_on_a_thing_or_is_kept_by_somebody_is_not_archived(cast: Cast) -> None:
    squad = world.team("Squad", region=cast.dach)
    give(cast.priya, squad, "feedback.view", cast.mena_reviews)
    give(cast.priya, cast.chiara, "team.edit", squad.resource)
    with pytest.raises(Refused, match=r"App reviews MENA.*Chiara Bellini"):
        archive_team(cast.priya, team=squad, reason="Dissolved", at=clock.now())
    for grant in (PersonObjectGrant.objects.get(), GroupObjectGrant.objects.get()):
        services.end_grant(cast.priya, grant=grant, reason="Dissolved", at=clock.now())
    archive_team(cast.priya, team=squad, reason="Dissolved", at=clock.now())
    for to, thing in ((squad, cast.mena_reviews), (cast.chiara, Resource.objects.get(pk=squad.resource_id))):
        with pytest.raises(Refused, match="archived"):
            give(cast.priya, to, "team.edit" if to is cast.chiara else "feedback.view", thing)


def test_nothing_that_a_grant_names_can_be_deleted_under_it(cast: Cast) -> None:
    """Guardian leaves orphans behind; here every column that points away protects what it points at."""
    for model in (PersonObjectGrant, GroupObjectGrant):
        away = [field for field in model._meta.get_fields() if field.many_to_one and field.concrete]
        assert {field.name for field in away} >= {"permission", "content_object", "given_by", "ended_by"}
        assert all(field.remote_field.on_delete is PROTECT for field in away), model
    world.give_on(cast.chiara, "feedback.view", cast.mena_reviews)
    world.give_on(cast.care_emea, "feedback.view", cast.mena_reviews)
    names = Action.objects.get(key="feedback.view").auth_permission
    for row in (cast.mena_reviews, cast.chiara, cast.care_emea.principal.auth_group, names):
        with pytest.raises(ProtectedError):
            row.delete()


def test_every_console_object_has_a_resource_that_points_back(cast: Cast) -> None:
    for model, kind in ((Team, "team"), (Role, "role"), (Group, "group")):
        column = model._meta.get_field("resource")
        assert (column.unique, column.null) == (True, False), "the database keeps one from being made without"
        for row in model.objects.select_related("resource"):
            assert (row.resource.object_kind, row.resource.object_id) == (kind, row.pk)


# --- guardian sees no window: its shortcuts are nowhere in the product ----------------------------------------------


def test_guardians_shortcuts_are_used_nowhere() -> None:
    """Measured: an expired row answers yes, and a second row of the same crashes `assign_perm`."""
    allowed = {"guardian.managers", "guardian.models"}  # the shape of the tables
    found = set()
    for tree in ("accounts", "permissions", "audits", "cxaccess"):
        for path in (settings.BASE_DIR / tree).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                names = [node.module] if isinstance(node, ast.ImportFrom) else []
                names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                found |= {(str(path), name) for name in names if name and name.split(".")[0] == "guardian"}
    assert {name for _path, name in found} <= allowed, found
    assert not any("guardian" in backend for backend in settings.AUTHENTICATION_BACKENDS)
