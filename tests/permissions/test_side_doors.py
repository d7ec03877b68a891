"""Ways round the front door: moving a thing instead of giving it, naming it before its owner does, opening by POST."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Identity, Person, PersonState
from accounts.teams.services import create_team
from audits.models import Event
from audits.trail.record import System
from cxaccess.lib import clock
from cxaccess.lib.errors import Refused
from permissions import gate
from permissions.guards import NotAllowed, reads
from permissions.imports.services.batches import remembered
from permissions.models import Action, Resource, ResourceType, Sensitivity
from permissions.objects import services as objects
from permissions.objects.brought import sync
from permissions.resources import bulk, returning
from permissions.resources.bulk import change_owner
from permissions.resources.services import create_resource, edit_resource, reopen_resource
from permissions.usage.reading import Row
from permissions.usage.reads import flush
from permissions.usage.services import ingest
from tests import importing, world
from tests.cast import Cast
from tests.sessions import signed_in

pytestmark = [pytest.mark.django_db]


def move(actor: Person, thing: Resource, **changes: object) -> Resource:
    row = Resource.objects.get(pk=thing.pk)
    return edit_resource(actor, resource=row, row_version=row.row_version, changes=changes, at=clock.now())


def give_on(actor: Person, to: object, action: str, thing: Resource, **more: object) -> object:
    stated = {"starts_at": None, "until": None, "reason": "Needed for the study", "at": clock.now()} | more
    what = Action.objects.get(key=action)
    return objects.give_on(actor, principal=to.principal, action=what, resource=thing, **stated)


@pytest.fixture
def keeper(cast: Cast) -> Person:
    """Chiara keeps the registry of EMEA, reads feedback of MENA only, and gives nothing to anybody."""
    keeps = {"resource.edit", "resource.create", "resource.archive", "import.run"}
    world.give(cast.chiara, world.role("Registry keeper", keeps), region=cast.emea)
    world.give(cast.chiara, cast.feedback_reader, region=cast.mena)
    return cast.chiara


def test_nobody_moves_a_thing_to_where_they_may_read_it(cast: Cast, keeper: Person) -> None:
    """Moving is a door: who reaches it there gains what it holds, which the mover must be able to give."""
    assert not gate.may(keeper, "feedback.view", cast.german_reviews, at=clock.now())
    with pytest.raises(NotAllowed):
        move(keeper, cast.german_reviews, region=cast.mena)
    there = Resource.objects.get(pk=cast.german_reviews.pk)
    assert there.region == cast.germany
    assert not gate.may(keeper, "feedback.view", there, at=clock.now())


def test_a_right_on_one_thing_does_not_carry_it_anywhere(cast: Cast) -> None:
    """A grant follows its resource, so it says nothing of the place where that goes."""
    world.give(cast.chiara, cast.feedback_reader, region=cast.mena)
    give_on(cast.priya, cast.chiara, "resource.edit", cast.german_reviews)
    with pytest.raises(NotAllowed):
        move(cast.chiara, cast.german_reviews, region=cast.mena)


def test_whoever_gives_there_may_move_it_and_so_may_who_lets_nobody_in(cast: Cast, keeper: Person) -> None:
    assert move(cast.rosa, cast.german_reviews, region=cast.mena).region == cast.mena
    quiet = world.node("Quiet", cast.emea)
    assert move(keeper, cast.mena_reviews, region=quiet).region == quiet, "nobody gains anything by that"


def test_nobody_moves_it_by_a_file_either(cast: Cast, keeper: Person) -> None:
    text = f"external_id,region\n{cast.german_reviews.external_id},MENA\n"
    batch = importing.checked(keeper, "resources", text, system="voice")
    assert "would let somebody" in importing.said(batch)[2]


def test_handing_it_to_a_team_is_moving_it(cast: Cast, keeper: Person) -> None:
    """A scope can name the team that owns a thing."""
    world.give(cast.ali, cast.feedback_reader, team=cast.care_dach)
    world.give(keeper, cast.people_reader)
    with pytest.raises(NotAllowed):
        move(keeper, cast.german_reviews, owner_team=cast.care_dach)


def test_a_guarded_thing_is_not_opened_by_posting_nonsense(cast: Cast) -> None:
    Resource.objects.filter(pk=cast.german_reviews.pk).update(sensitivity=Sensitivity.RESTRICTED)
    answer = signed_in(cast.rosa).post(f"/resources/{cast.german_reviews.pk}/edit/", {"row_version": "1"})
    assert answer.status_code == 422
    assert cast.german_reviews.name in answer.content.decode()
    assert Event.objects.filter(tag="resource.read", actor=cast.rosa, object_id=cast.german_reviews.pk).exists()


@pytest.mark.parametrize("name", ["team:{}", "console:person", "role:{}"])
def test_nobody_takes_the_names_of_the_consoles_own_things(cast: Cast, name: str) -> None:
    taken = name.format(cast.chiara.principal_id + 100)
    given = {"name": "Mine", "sensitivity": 2, "region": cast.emea, "external_id": taken}
    type_ = ResourceType.objects.get(key="dashboard")
    for system in ("", "cxaccess", " CXAccess "):
        with pytest.raises(Refused):
            create_resource(cast.rosa, type=type_, given=given | {"system": system}, at=clock.now())


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("resources", "external_id,type,name,region\nconsole:person,dashboard,Mine,EMEA\n"),
        ("matrix", "user,permission\nu1,console:person\n"),
    ],
)
def test_nor_by_a_file(cast: Cast, kind: str, text: str) -> None:
    refused = importing.checked(cast.priya, kind, text, system="cxaccess")
    assert refused.counts.get("create", 0) == 0


def test_a_name_taken_in_the_past_does_not_stop_counting_or_founding(cast: Cast) -> None:
    """Should one of those names be taken all the same, the rest goes on."""
    reads.add((cast.priya.pk, "person.view", None), clock.now())
    assert flush() == 1
    assert create_team(cast.priya, name="New", at=clock.now()).pk


def test_nobody_links_an_id_to_themselves(cast: Cast) -> None:
    """Files of rights name people by such ids: whoever takes one gets what the next file gives it."""
    world.give(cast.chiara, world.role("People keeper", {"import.run", "person.edit", "person.create"}))
    batch = importing.checked(cast.chiara, "people", f"email,external_id\n{cast.chiara.email},boss\n", system="legacy")
    assert importing.said(batch), "it is refused"
    assert not Identity.objects.filter(person=cast.chiara).exists()


def test_columns_are_remembered_from_ones_own_files(cast: Cast) -> None:
    """Somebody else's choice must not decide which column is whose mail."""
    world.give(cast.chiara, world.role("People keeper", {"import.run", "person.edit", "person.create"}))
    theirs = importing.received(cast.chiara, "people", "name,email,manager\nA,b@kestrelhome.example,\n")
    type(theirs).objects.filter(pk=theirs.pk).update(state="checked", mapping={"name": 0, "email": 2, "manager": 1})
    assert remembered("people", cast.chiara)["manager"] == "email"
    assert remembered("people", cast.priya) == {}
    fresh = importing.received(cast.priya, "people", "name,email,manager\nA,b@kestrelhome.example,\n")
    assert fresh.mapping == {"name": 0, "email": 1, "manager": 2}


def test_a_manager_who_is_not_ones_to_see_is_not_named(cast: Cast) -> None:
    world.give(cast.chiara, world.role("Keeper", {"import.run", "person.create"}), region=cast.mena)
    gone = world.person("Secret Departure", region=cast.germany, state=PersonState.LEFT)
    text = f"name,email,region,manager\nNew One,new.one@kestrelhome.example,MENA,{gone.email}\n"
    said = importing.said(importing.checked(cast.chiara, "people", text))[2]
    assert "Secret" not in said


def test_sharing_things_does_not_reach_the_consoles_own(cast: Cast) -> None:
    """Whoever shares resources of a region keeps out of who keeps its teams."""
    world.give(cast.chiara, world.role("Sharer", {"resource.give"}), region=cast.emea)
    kept = give_on(cast.priya, cast.maya, "team.manage_members", cast.care_dach.resource)
    assert not objects.may_view(cast.chiara, kept, at=clock.now())
    with pytest.raises(NotAllowed):
        objects.end_grant(cast.chiara, grant=kept, reason="Not hers to end", at=clock.now())


def test_one_sharer_does_not_unseat_another(cast: Cast) -> None:
    """What one could not give one does not end, but for whom ends grants."""
    for who in (cast.chiara, cast.maya):
        give_on(cast.priya, who, "resource.give", cast.mena_reviews)
    other = objects.rows.held_by(cast.maya.principal).get(content_object=cast.mena_reviews)
    with pytest.raises(NotAllowed):
        objects.end_grant(cast.chiara, grant=other, reason="Mine alone", at=clock.now())


def test_a_stand_in_tells_nobody_what_it_stands_for(cast: Cast) -> None:
    """Hidden and absent read the same, for things of the console as well."""
    answer = signed_in(cast.chiara).get(f"/resources/{cast.care_dach.resource_id}/")
    assert answer.status_code == 404
    assert signed_in(cast.priya).get(f"/resources/{cast.care_dach.resource_id}/").status_code == 302


def put_away(actor: Person, *things: Resource) -> str:
    """Archive them and return what takes that back."""
    rows = bulk.archive_many(actor, ids=[thing.pk for thing in things], reason="Old", at=clock.now())
    return bulk.undo_archive_token(rows)


def reopen(actor: Person, thing: Resource) -> Resource:
    return reopen_resource(actor, resource=thing, at=clock.now())


def test_nobody_brings_back_access_that_they_could_not_give(cast: Cast, keeper: Person) -> None:
    """Taking a thing into use again gives back all that is given on it, so it counts as giving."""
    put_away(keeper, cast.german_reviews)
    with pytest.raises(NotAllowed):
        reopen(keeper, cast.german_reviews)
    away = Resource.objects.get(pk=cast.german_reviews.pk)
    assert away.archived_at is not None
    assert not gate.may(cast.maya, "feedback.view", away, at=clock.now())
    assert gate.may(cast.maya, "feedback.view", reopen(cast.rosa, away), at=clock.now())


def test_nor_by_undoing_what_they_archived_together(cast: Cast, keeper: Person) -> None:
    quiet = world.resource("Nobody's", "feedback", region=world.node("Quiet", cast.emea))
    token = put_away(keeper, cast.german_reviews, quiet)
    with pytest.raises(NotAllowed):
        bulk.undo(keeper, token=token, at=clock.now())
    assert Resource.objects.exclude(archived_at=None).count() == 2, "all of them or none"
    assert bulk.undo(cast.rosa, token=token, at=clock.now()) == 2


def test_what_nobody_has_anything_on_comes_back_without_giving(cast: Cast, keeper: Person) -> None:
    """Where nobody gains nothing more is asked; a grant on the thing itself is a gain, now or later."""
    quiet = world.resource("Nobody's", "feedback", region=world.node("Quiet", cast.emea))
    token = put_away(keeper, quiet)
    assert bulk.undo(keeper, token=token, at=clock.now()) == 1
    world.give_on(cast.ali, "feedback.view", quiet, starts=world.soon(days=3), until=world.soon(days=9))
    world.give_on(cast.maya, "resource.edit", quiet)  # the registry was never away
    put_away(keeper, quiet)
    with pytest.raises(NotAllowed):
        reopen(keeper, quiet)


def test_whoever_shares_a_thing_brings_it_back(cast: Cast, keeper: Person) -> None:
    give_on(cast.priya, keeper, "resource.give", cast.german_reviews)
    put_away(keeper, cast.german_reviews)
    assert reopen(keeper, cast.german_reviews).archived_at is None


def test_pages_offer_no_way_back_to_whom_it_would_be_refused(cast: Cast, keeper: Person) -> None:
    thing = cast.german_reviews
    world.give(keeper, world.role("Registry reader", {"resource.view"}), region=cast.emea)
    client, back = signed_in(keeper), f"/resources/{thing.pk}/reopen/"
    shown = client.post(f"/resources/{thing.pk}/archive/", {"reason": "Old"}, follow=True).content.decode()
    assert "is archived." in shown
    assert "by somebody who may give what people have on it" in shown
    assert back not in shown
    assert client.post(back).status_code == 403
    assert back in signed_in(cast.rosa).get(f"/resources/{thing.pk}/").content.decode()
    reopen(cast.rosa, thing)
    for who, offered in ((keeper, False), (cast.rosa, True)):
        address = f"/resources/archive/?resource={thing.pk}"
        told = signed_in(who).post(address, {"resource": thing.pk, "reason": "Old"}, follow=True).content.decode()
        assert ("/resources/undo/" in told) is offered
        reopen(cast.rosa, thing)


def test_many_that_come_back_are_asked_about_at_once(cast: Cast, keeper: Person) -> None:
    costs = []
    for number in (1, 20):
        things = [world.resource(f"Reviews {number} {n}", "feedback", region=cast.germany) for n in range(number)]
        for thing in things:
            world.give_on(cast.ali, "feedback.view", thing)
        returning.may_return(cast.rosa, things, at=clock.now())
        with CaptureQueriesContext(connection) as queries:
            assert returning.may_return(cast.rosa, things, at=clock.now())
        costs.append(len(queries))
    assert costs[0] == costs[1]


HOSTILE = ["100000000000000042", "\ue00077\ue001", "{0}{99}{name}", '"><script>alert(1)</script>', "{{ 7 }}{% x %}"]


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_breaks_or_enters_the_rows_of_others(cast: Cast, name: str) -> None:
    """Rows are drawn once and filled: what somebody is called must stay text, and stay in its own row."""
    Person.objects.filter(pk=cast.ali.pk).update(name=name, title=name)
    type(cast.ali.principal).objects.filter(pk=cast.ali.principal_id).update(label=name)
    type(cast.agent).objects.filter(pk=cast.agent.pk).update(name=name, purpose=name)
    type(cast.mena).objects.filter(pk=cast.mena.pk).update(name=name)
    type(cast.care_dach.principal).objects.filter(pk=cast.care_dach.principal_id).update(label=name)
    Resource.objects.update(name=name)
    Action.objects.filter(key="ticket.reply").update(label=name, purpose=name)
    give_on(cast.priya, cast.ali, "feedback.view", cast.mena_reviews)
    browser = signed_in(cast.priya)
    pages = ["/people/", "/teams/", "/roles/", "/grants/", "/trail/", "/resources/", "/catalogue/", "/structure/",
             f"/people/{cast.ali.pk}/", f"/people/{cast.ali.pk}/access/", "/grants/things/",
             "/search/?q=a"]  # fmt: skip
    for page in pages:
        answer = browser.get(page)
        assert answer.status_code in (200, 404), page
        assert "<script>alert(1)" not in answer.content.decode(), page


def owned(person: Person, thing: Resource) -> set[str]:
    rows = objects.rows.held_by(person.principal).not_over(clock.now()).filter(content_object=thing, source="owner")
    return set(rows.values_list("permission__catalogue_action__key", flat=True))


def test_nobody_makes_themselves_owner_of_many(cast: Cast, keeper: Person) -> None:
    """Owning brings the right to share: whoever changes owners gives, one by one, in bulk and by a file."""
    world.give(keeper, cast.people_reader)
    with pytest.raises(NotAllowed):
        change_owner(keeper, ids=[cast.german_reviews.pk], owner=keeper, at=clock.now())
    text = f"external_id,owner\n{cast.german_reviews.external_id},{keeper.email}\n"
    assert "owner" in importing.said(importing.checked(keeper, "resources", text, system="voice"))[2]
    new = f"external_id,type,name,region,owner\nfresh,feedback,Fresh,EMEA,{keeper.email}\n"
    assert "owner" in importing.said(importing.checked(keeper, "resources", new, system="voice"))[2]
    assert sync(at=clock.now()) >= 0
    assert owned(keeper, cast.german_reviews) == set()


def test_what_owning_brings_follows_the_owner_in_bulk_and_by_a_file(cast: Cast) -> None:
    things = [cast.german_reviews.pk, cast.mena_reviews.pk]
    change_owner(cast.rosa, ids=things, owner=cast.ali, at=clock.now())
    assert owned(cast.ali, cast.german_reviews) == {"resource.edit", "resource.give"}
    text = (
        f"external_id,owner\n{cast.german_reviews.external_id},{cast.rosa.email}\n{cast.mena_reviews.external_id},-\n"
    )
    importing.applied(cast.priya, "resources", text, system="voice")
    assert owned(cast.ali, cast.german_reviews) == owned(cast.ali, cast.mena_reviews) == set()
    assert owned(cast.rosa, cast.german_reviews) == {"resource.edit", "resource.give"}
    assert Event.objects.filter(tag="object_grant.ended", about_person_id=cast.ali.pk).count() == 4


def test_a_move_to_where_somebody_else_gives_counts(cast: Cast) -> None:
    """Whoever gives roles there can have all that it holds."""
    asia = world.node("Asia", cast.world_)
    keeps = world.role("Keeper of all", {"resource.edit", "role.view"})
    world.give(cast.chiara, keeps)
    world.give(cast.chiara, world.role("Giver", {"role.give"}), region=asia)
    with pytest.raises(NotAllowed):
        move(cast.chiara, cast.german_reviews, region=asia)


def test_who_used_a_thing_names_only_whom_the_reader_sees(cast: Cast) -> None:
    """Seeing the use of a thing of one's region is no way to the names of another."""
    now = clock.now()
    for number, who in enumerate((cast.ali, cast.maya)):
        row = Row(1, who.email, "feedback.view", cast.german_reviews.external_id, now.isoformat(), "3")
        ingest(System("feed"), system="voice", batch_key=str(number), rows=[row], at=now)
    shown = signed_in(cast.jonas).get(f"/resources/{cast.german_reviews.pk}/use/").content.decode()
    assert cast.maya.name in shown
    assert cast.ali.name not in shown, "he is in MENA, of which Jonas sees nobody"
