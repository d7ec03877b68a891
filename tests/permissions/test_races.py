"""Two at once, on real connections: the last administrator stays, nothing happens twice, nobody overwrites unseen."""

import os
from functools import partial

import pytest

from accounts.models import Person
from accounts.teams.services import archive_team
from audits.models import Event
from audits.trail.tags import Tag
from cxaccess.lib import clock
from cxaccess.lib.errors import Refused, Stale
from permissions import giving
from permissions.grants import scopes
from permissions.grants.bulk.plan import preview
from permissions.grants.bulk.services import draft_gift, draft_people, end_many, give_many, undo_many
from permissions.grants.services import change_end, end_grant, give_role
from permissions.models import Action, GrantBatch, PersonObjectGrant, Role, RoleGrant
from permissions.objects import services as objects
from permissions.roles.rows import contents
from permissions.roles.services import clone_role, retire_role, save_version
from tests import world
from tests.cast import Cast
from tests.rivals import together

ROUNDS = 100 if os.environ.get("CXACCESS_FULL") else 50
FEW = 20 if os.environ.get("CXACCESS_FULL") else 5
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.realdb, pytest.mark.slow]


def give(cast: Cast, to, role, **more):
    stated = {"starts_at": None, "until": None, "reason": "Needed", "at": clock.now(), "scope": scopes.intern({})}
    return give_role(cast.priya, principal=to.principal, role=role, **(stated | more))


def test_two_administrators_who_end_each_other_leave_one(cast: Cast) -> None:
    first = RoleGrant.objects.get(role=cast.administrator, principal=cast.priya.principal)
    other = give(cast, cast.rosa, cast.administrator)
    for _ in range(ROUNDS):
        RoleGrant.objects.filter(pk__in=[first.pk, other.pk]).update(until=None, ended_by=None)
        at = clock.now()
        done = together(
            lambda at=at: end_grant(cast.priya, grant=other, reason="I do it alone", at=at),
            lambda at=at: end_grant(cast.rosa, grant=first, reason="I do it alone", at=at),
        )
        assert sum(isinstance(one, RoleGrant) for one in done) == 1, done
        assert giving.lasting_administrators(at=clock.now()).count() == 1


def test_two_who_end_the_same_grant_end_it_once(cast: Cast) -> None:
    for _ in range(FEW):
        grant = world.give(cast.chiara, cast.agent)
        at = clock.now()
        done = together(
            *[
                lambda by=by, grant=grant, at=at: end_grant(by, grant=grant, reason="Over", at=at)
                for by in (cast.priya, cast.rosa)
            ]
        )
        assert sorted(type(one).__name__ for one in done) == ["Refused", "RoleGrant"]
        assert Event.objects.filter(tag=Tag.GRANT_ENDED, object_id=grant.pk).count() == 1


def test_of_two_edits_of_one_version_one_is_told_that_it_came_second(cast: Cast) -> None:
    for wanted in ({"article.edit"}, {"article.view"}, {"article.publish"}, {"ticket.reply"}, {"ticket.assign"})[:FEW]:
        role = Role.objects.get(pk=cast.agent.pk)
        same = {"role": role, "row_version": role.row_version, "includes": [], "note": "", "at": clock.now()}
        deeds = [
            partial(save_version, cast.priya, actions=wanted | extra, **same)
            for extra in ({"survey.view"}, {"survey.edit"})
        ]
        done = together(*deeds)
        assert sorted(type(one).__name__ for one in done) == ["RoleVersion", "Stale"], done
    numbers = list(cast.agent.versions.order_by("number").values_list("number", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))


def test_the_same_gift_twice_at_once_is_given_once(cast: Cast) -> None:
    for _ in range(FEW):
        done = together(*[lambda: give(cast, cast.chiara, cast.agent)] * 3)
        assert sum(isinstance(one, RoleGrant) for one in done) == 1, done
        assert sum(isinstance(one, Refused) for one in done) == 2
        RoleGrant.objects.filter(principal=cast.chiara.principal, role=cast.agent).update(until=clock.now())


def test_a_role_is_never_both_retired_and_held(cast: Cast) -> None:
    for number in range(FEW):
        role = world.role(f"Short-lived {number}", {"report.view"})
        together(
            lambda role=role: retire_role(cast.priya, role=role, reason="Clearing up", at=clock.now()),
            lambda role=role: give(cast, cast.chiara, role),
        )
        role.refresh_from_db()
        held = RoleGrant.objects.not_over(clock.now()).filter(role=role).exists()
        assert (role.retired_at is not None) != held


def test_an_edit_and_a_gift_at_once_never_pass_on_what_neither_may_give(cast: Cast) -> None:
    """The editor may give in DACH alone; the giver gives the role in MENA. What is added must not arrive there."""
    editor = world.role("Role editor", {"role.edit"})
    world.give(cast.chiara, editor)
    world.give(cast.chiara, cast.regional_admin, region=cast.dach)
    mena = scopes.intern({"region": cast.mena.pk})
    for number in range(FEW):
        inner = world.role(f"Inner {number}", {"report.view"})
        outer = world.role(f"Outer {number}", {"survey.view"}, [inner])
        together(
            lambda inner=inner: save_version(
                cast.chiara, role=inner, row_version=1, actions={"report.export"}, includes=[], note="", at=clock.now()
            ),
            lambda outer=outer: give(cast, cast.ali, outer, scope=mena),
        )
        edited = Event.objects.filter(tag=Tag.ROLE_VERSIONED, object_id=inner.pk).first()
        given = Event.objects.filter(tag=Tag.GRANT_GIVEN, object_id__in=outer.grants.values("pk")).first()
        assert given is not None
        assert edited is None or edited.pk < given.pk  # then the giver gave what the role already held


def test_an_end_that_is_moved_twice_at_once_stands_where_the_second_put_it(cast: Cast) -> None:
    grant = world.give(cast.chiara, cast.agent, until=world.soon(days=9))
    ends = [world.soon(days=3), world.soon(days=5)]
    done = together(
        *[
            lambda end=end: change_end(cast.priya, grant=grant, until=end, reason="Sooner", at=clock.now())
            for end in ends
        ]
    )
    assert not [one for one in done if isinstance(one, Exception) and not isinstance(one, Stale | Refused)]
    changed = Event.objects.filter(tag=Tag.GRANT_CHANGED, object_id=grant.pk).order_by("pk")
    grant.refresh_from_db()
    assert changed.last().changes["until"][1] == grant.until.isoformat()


def drafted(cast: Cast, role: Role, *people: Person) -> tuple[GrantBatch, str]:
    """Return a draft of `role` for `people` everywhere, and the digest of its preview."""
    at = clock.now()
    batch = draft_people(cast.priya, people=people, at=at)
    gift = {"terms": {}, "starts_at": None, "until": None, "reason": "Needed", "at": at}
    draft_gift(cast.priya, batch=batch, role=role, **gift)
    row = GrantBatch.objects.select_related("role", "scope").get(pk=batch.pk)
    return batch, preview(row, row.role, row.scope, at=at).digest


def test_two_who_end_many_of_the_same_grants_end_each_once(cast: Cast) -> None:
    for number in range(FEW):
        grants = [world.give(world.person(f"P {number} {n}"), cast.agent).pk for n in range(30)]
        done = together(
            lambda ids=grants[:20]: end_many(cast.priya, grants=ids, reason="Over", at=clock.now()),
            lambda ids=grants[10:][::-1]: end_many(cast.priya, grants=ids, reason="Over", at=clock.now()),
        )
        assert sum(done) == 30, done
        ended = Event.objects.filter(tag=Tag.GRANT_ENDED, object_id__in=grants)
        assert sorted(ended.values_list("object_id", flat=True)) == sorted(grants)


def test_a_draft_that_is_given_twice_at_once_is_given_once(cast: Cast) -> None:
    for number in range(FEW):
        people = [world.person(f"P {number} {n}") for n in range(20)]
        batch, seen = drafted(cast, cast.agent, *people)
        done = together(*[lambda b=batch, s=seen: give_many(cast.priya, batch=b, seen=s, at=clock.now())] * 3)
        assert sum(isinstance(one, GrantBatch) for one in done) == 1, done
        assert sum(isinstance(one, Refused) for one in done) == 2, done
        assert RoleGrant.objects.filter(source_ref=batch.ref).count() == 20


def test_two_drafts_for_the_same_people_at_once_give_each_person_one_grant(cast: Cast) -> None:
    for number in range(FEW):
        people = [world.person(f"P {number} {n}") for n in range(20)]
        first, second = drafted(cast, cast.agent, *people[:15]), drafted(cast, cast.agent, *people[5:][::-1])
        done = together(
            *[
                lambda b=batch, s=seen: give_many(cast.priya, batch=b, seen=s, at=clock.now())
                for batch, seen in (first, second)
            ]
        )
        assert sorted(type(one).__name__ for one in done) == ["GrantBatch", "Stale"], done
        held = RoleGrant.objects.filter(principal__in=[person.principal_id for person in people], role=cast.agent)
        assert held.count() == held.values("principal").distinct().count() == 15


def test_many_given_and_many_ended_at_once_wait_for_each_other(cast: Cast) -> None:
    """Both move the stamps of the same people, in opposite orders as far as the callers say."""
    for number in range(FEW):
        people = [world.person(f"P {number} {n}") for n in range(25)]
        grants = [world.give(person, cast.feedback_reader).pk for person in people]
        batch, seen = drafted(cast, cast.agent, *people)
        done = together(
            lambda b=batch, s=seen: give_many(cast.priya, batch=b, seen=s, at=clock.now()),
            lambda ids=grants[::-1]: end_many(cast.priya, grants=ids, reason="Over", at=clock.now()),
        )
        assert [type(one).__name__ for one in done] == ["GrantBatch", "int"], done


def test_two_who_undo_the_same_at_once_undo_it_once(cast: Cast) -> None:
    for number in range(FEW):
        people = [world.person(f"P {number} {n}") for n in range(10)]
        batch, seen = drafted(cast, cast.agent, *people)
        give_many(cast.priya, batch=batch, seen=seen, at=clock.now())
        done = together(*[lambda b=batch: undo_many(cast.priya, batch=b, reason="Wrong", at=clock.now())] * 2)
        assert sorted(type(one).__name__ for one in done) == ["Refused", "int"], done
        assert Event.objects.filter(tag=Tag.GRANTS_UNDONE, additional_data__batch=batch.pk).count() == 1


def test_two_administrators_who_end_each_other_among_many_leave_one(cast: Cast) -> None:
    first = RoleGrant.objects.get(role=cast.administrator, principal=cast.priya.principal)
    other = give(cast, cast.rosa, cast.administrator)
    for _ in range(FEW):
        RoleGrant.objects.filter(pk__in=[first.pk, other.pk]).update(until=None, ended_by=None)
        at = clock.now()
        done = together(
            lambda at=at: end_many(cast.priya, grants=[other.pk], reason="I do it alone", at=at),
            lambda at=at: end_many(cast.rosa, grants=[first.pk], reason="I do it alone", at=at),
        )
        assert sum(one == 1 for one in done) == 1, done
        assert giving.lasting_administrators(at=clock.now()).count() == 1


def test_a_clone_holds_one_version_of_what_is_edited_meanwhile(cast: Cast) -> None:
    for number in range(FEW):
        role = world.role(f"Moving {number}", {"report.view"})
        done = together(
            lambda role=role, number=number: clone_role(
                cast.priya, role=role, name=f"Clone {number}", purpose="The same", owner=None, at=clock.now()
            ),
            lambda role=role: save_version(
                cast.priya, role=role, row_version=1, actions={"survey.view"}, includes=[], note="", at=clock.now()
            ),
        )
        assert contents(done[0].current).actions in ({"report.view"}, {"survey.view"}), done


def test_of_the_same_on_one_resource_given_twice_at_once_one_is_given_and_ended_once(cast: Cast) -> None:
    action = Action.objects.get(key="feedback.view")
    stated = {"principal": cast.chiara.principal, "action": action, "resource": cast.mena_reviews}
    for _ in range(FEW):
        at = clock.now()
        given = {"starts_at": None, "until": None, "reason": "Needed", "at": at, **stated}
        done = together(*[partial(objects.give_on, by, **given) for by in (cast.priya, cast.rosa)])
        assert sorted(type(one).__name__ for one in done) == ["PersonObjectGrant", "Refused"], done
        grant = next(one for one in done if isinstance(one, PersonObjectGrant))
        ended = together(*[
            partial(objects.end_grant, by, grant=grant, reason="Over", at=clock.now())
            for by in (cast.priya, cast.rosa)
        ])  # fmt: skip
        assert sorted(type(one).__name__ for one in ended) == ["PersonObjectGrant", "Refused"], ended
    assert Event.objects.filter(tag=Tag.OBJECT_GRANT_ENDED).count() == FEW


def test_nothing_is_given_to_a_team_that_is_archived_at_the_same_moment(cast: Cast) -> None:
    action = Action.objects.get(key="feedback.view")
    for number in range(FEW):
        squad = world.team(f"Squad {number}", region=cast.dach)
        at = clock.now()
        given = {"starts_at": None, "until": None, "reason": "Needed", "at": at}
        given |= {"principal": squad.principal, "action": action, "resource": cast.mena_reviews}
        done = together(
            partial(objects.give_on, cast.priya, **given),
            partial(archive_team, cast.priya, team=squad, reason="Dissolved", at=at),
        )
        assert sum(isinstance(one, Refused) for one in done) == 1, done
