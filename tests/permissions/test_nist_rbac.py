"""Role-based access control as ANSI INCITS 359 (the NIST model) has it: core and general hierarchical RBAC.

Each test is named after the functions or the property of the standard that it holds. Two things differ on purpose.
There are no sessions in which only some roles are active: every role that somebody was given counts, which is a session
with all of them activated. And nothing is erased: who leaves and what is retired keeps its past.
"""

import pytest

from cxaccess.lib import clock
from cxaccess.lib.errors import InUse, Refused
from permissions import facts, gate, giving
from permissions.grants import services as grants
from permissions.grants.scopes import intern
from permissions.models import Role, RoleGrant
from permissions.roles import rows, services
from tests import world

pytestmark = [pytest.mark.django_db, pytest.mark.realdb]
READ, REPLY, WRITE = "report.view", "ticket.reply", "article.view"


def add_role(cast, name, *actions, includes=()):
    return services.create_role(
        cast.priya, name=name, purpose="To be tested", owner=None, risk=1, actions=actions, includes=includes, note="",
        at=clock.now(),
    )  # fmt: skip


def assign(cast, person, role):
    return grants.give_role(
        cast.priya, principal=person.principal, role=role, scope=intern({}), starts_at=None, until=None,
        reason="To be tested", at=clock.now(),
    )  # fmt: skip


def deassign(cast, grant):
    return grants.end_grant(cast.priya, grant=grant, reason="No longer", at=clock.now())


def hold(cast, role, *actions, includes=()):
    """Let a role hold exactly this from now on."""
    row = Role.objects.get(pk=role.pk)
    return services.save_version(
        cast.priya, role=row, row_version=row.row_version, actions=actions, includes=includes, note="", at=clock.now()
    )


def check_access(person, action):
    """CheckAccess: every way of asking gives the same answer."""
    at = clock.now()
    said = gate.may(person, action, at=at)
    assert gate.decide(person, action, at=at).allowed is said
    assert gate.who_can(action, at=at).filter(pk=person.pk).exists() is said
    assert (action in gate.held(person, at=at)) is said
    return said


def assigned_users(role):
    return set(RoleGrant.objects.in_force(clock.now()).filter(role=role).values_list("principal__person", flat=True))


def authorized_users(role):
    """AuthorizedUsers: who is assigned the role, or one that inherits from it."""
    model = facts.model(clock.now())
    seniors = {one.id for one in model.roles.values() if role.pk in closure(model, one.id)}
    return {pk for each in Role.objects.filter(pk__in=seniors) for pk in assigned_users(each)}


def closure(model, role):
    found = {role}
    for inner in model.roles[role].includes:
        found |= closure(model, inner)
    return found


def authorized_permissions(role):
    return facts.model(clock.now()).holding[role.pk]


# Core RBAC


def test_core_permissions_come_from_roles_alone(cast):
    role = add_role(cast, "Reader", READ)
    assert not check_access(cast.chiara, READ)
    assign(cast, cast.chiara, role)
    assert check_access(cast.chiara, READ)
    assert not check_access(cast.ivy, READ)


def test_core_user_assignment_is_many_to_many(cast):
    one, other = add_role(cast, "Reader", READ), add_role(cast, "Replier", REPLY)
    for person in (cast.chiara, cast.ivy):
        for role in (one, other):
            assign(cast, person, role)
    assert assigned_users(one) == assigned_users(other) == {cast.chiara.pk, cast.ivy.pk}
    assert {READ, REPLY} <= gate.held(cast.chiara, at=clock.now())


def test_core_permission_assignment_is_many_to_many(cast):
    one, other = add_role(cast, "Reader", READ, WRITE), add_role(cast, "Writer", READ, REPLY)
    assert READ in authorized_permissions(one) & authorized_permissions(other)
    held = assign(cast, cast.chiara, one)
    assign(cast, cast.chiara, other)
    deassign(cast, held)
    assert check_access(cast.chiara, READ)  # through the other one still
    assert not check_access(cast.chiara, WRITE)


def test_core_user_permissions_are_the_union_over_assigned_roles(cast):
    for number, action in enumerate((READ, REPLY, WRITE)):
        assign(cast, cast.chiara, add_role(cast, f"Role {number}", action))
    assert all(check_access(cast.chiara, action) for action in (READ, REPLY, WRITE))


def test_core_deassign_user_takes_effect_at_once(cast):
    held = assign(cast, cast.chiara, add_role(cast, "Reader", READ))
    assert check_access(cast.chiara, READ)
    deassign(cast, held)
    assert not check_access(cast.chiara, READ)


def test_core_grant_and_revoke_permission_reach_every_assigned_user(cast):
    role = add_role(cast, "Reader", READ)
    for person in (cast.chiara, cast.ivy):
        assign(cast, person, role)
    hold(cast, role, READ, REPLY)
    assert check_access(cast.chiara, REPLY)
    assert check_access(cast.ivy, REPLY)
    hold(cast, role, REPLY)
    assert not check_access(cast.chiara, READ)
    assert not check_access(cast.ivy, READ)


def test_core_assign_user_twice_is_refused(cast):
    role = add_role(cast, "Reader", READ)
    assign(cast, cast.chiara, role)
    with pytest.raises(Refused):
        assign(cast, cast.chiara, role)
    assert len(assigned_users(role)) == 1


def test_core_a_permission_outside_the_set_of_permissions_cannot_be_granted(cast):
    with pytest.raises(Refused):
        add_role(cast, "Dreamer", "report.dream")
    role = add_role(cast, "Reader", READ)
    with pytest.raises(Refused):
        hold(cast, role, READ, "report.dream")


def test_core_add_role_with_a_name_in_use_is_refused(cast):
    add_role(cast, "Reader", READ)
    with pytest.raises(Refused):
        add_role(cast, "reader", REPLY)


def test_core_delete_role_waits_until_nobody_is_assigned_and_then_gives_nothing(cast):
    role = add_role(cast, "Reader", READ)
    held = assign(cast, cast.chiara, role)
    with pytest.raises(InUse):
        services.retire_role(cast.priya, role=role, reason="Over", at=clock.now())
    deassign(cast, held)
    services.retire_role(cast.priya, role=role, reason="Over", at=clock.now())
    assert not check_access(cast.chiara, READ)
    with pytest.raises(Refused):
        assign(cast, cast.chiara, role)


def test_core_delete_user_is_leaving_and_leaves_no_access_whatever_is_still_assigned(cast):
    world.give(cast.lena, cast.agent)
    assert assigned_users(cast.agent) >= {cast.lena.pk}
    assert not check_access(cast.lena, REPLY)


def test_core_a_role_without_users_and_a_user_without_roles_are_both_fine(cast):
    role = add_role(cast, "Nobody's", READ)
    assert assigned_users(role) == set()
    assert gate.held(cast.chiara, at=clock.now()) == frozenset()


def test_core_review_functions_agree_with_check_access(cast):
    role = add_role(cast, "Reader", READ, REPLY)
    assign(cast, cast.chiara, role)
    assert rows.contents(Role.objects.get(pk=role.pk).current).actions == {READ, REPLY}
    assert gate.held(cast.chiara, at=clock.now()) == authorized_permissions(role)
    assert {one.pk for one in gate.who_can(READ, at=clock.now())} >= authorized_users(role)


# General hierarchical RBAC: a senior role (which includes) has the permissions of its juniors (which it includes).


def test_hierarchy_a_senior_role_has_the_permissions_of_its_juniors(cast):
    junior = add_role(cast, "Junior", READ)
    senior = add_role(cast, "Senior", REPLY, includes=[junior])
    assign(cast, cast.chiara, senior)
    assert check_access(cast.chiara, READ)
    assert check_access(cast.chiara, REPLY)


def test_hierarchy_a_junior_role_has_nothing_of_its_seniors(cast):
    junior = add_role(cast, "Junior", READ)
    add_role(cast, "Senior", REPLY, includes=[junior])
    assign(cast, cast.chiara, junior)
    assert not check_access(cast.chiara, REPLY)


def test_hierarchy_inheritance_is_transitive(cast):
    low = add_role(cast, "Low", READ)
    middle = add_role(cast, "Middle", REPLY, includes=[low])
    high = add_role(cast, "High", WRITE, includes=[middle])
    assert authorized_permissions(low) < authorized_permissions(middle) < authorized_permissions(high)
    assign(cast, cast.chiara, high)
    assert check_access(cast.chiara, READ)


def test_hierarchy_a_role_may_inherit_from_several_and_be_inherited_by_several(cast):
    left, right = add_role(cast, "Left", READ), add_role(cast, "Right", REPLY)
    both = add_role(cast, "Both", includes=[left, right])
    other = add_role(cast, "Other", WRITE, includes=[left])
    assert {READ, REPLY} <= authorized_permissions(both)
    assert {READ, WRITE} <= authorized_permissions(other)
    assert REPLY not in authorized_permissions(other)


def test_hierarchy_is_a_partial_order_add_inheritance_refuses_a_circle(cast):
    low = add_role(cast, "Low", READ)
    middle = add_role(cast, "Middle", includes=[low])
    high = add_role(cast, "High", includes=[middle])
    for senior in (low, middle, high):
        with pytest.raises(Refused):
            hold(cast, low, READ, includes=[senior])
    assert not rows.contents(Role.objects.get(pk=low.pk).current).includes


def test_hierarchy_add_and_delete_inheritance_reach_assigned_users_at_once(cast):
    junior, senior = add_role(cast, "Junior", READ), add_role(cast, "Senior", REPLY)
    assign(cast, cast.chiara, senior)
    assert not check_access(cast.chiara, READ)
    hold(cast, senior, REPLY, includes=[junior])
    assert check_access(cast.chiara, READ)
    hold(cast, senior, REPLY)
    assert not check_access(cast.chiara, READ)


def test_hierarchy_deleting_one_of_two_ways_keeps_the_other(cast):
    base = add_role(cast, "Base", READ)
    left, right = add_role(cast, "Left", includes=[base]), add_role(cast, "Right", WRITE, includes=[base])
    top = add_role(cast, "Top", REPLY, includes=[left, right])
    assign(cast, cast.chiara, top)
    hold(cast, top, REPLY, includes=[right])
    assert check_access(cast.chiara, READ)
    hold(cast, top, REPLY)
    assert not check_access(cast.chiara, READ)


def test_hierarchy_authorized_users_are_those_of_the_role_and_of_its_seniors(cast):
    junior = add_role(cast, "Junior", READ)
    senior = add_role(cast, "Senior", REPLY, includes=[junior])
    assign(cast, cast.chiara, junior)
    assign(cast, cast.ivy, senior)
    assert assigned_users(junior) == {cast.chiara.pk}
    assert authorized_users(junior) == {cast.chiara.pk, cast.ivy.pk}
    assert authorized_users(senior) == {cast.ivy.pk}


def test_hierarchy_role_permissions_are_its_own_and_authorized_ones_are_with_its_juniors(cast):
    junior = add_role(cast, "Junior", READ)
    senior = add_role(cast, "Senior", REPLY, includes=[junior])
    assert rows.contents(Role.objects.get(pk=senior.pk).current).actions == {REPLY}
    assert authorized_permissions(senior) == authorized_permissions(junior) | giving_of(REPLY)


def giving_of(action):
    """Return a permission with what it implies."""
    model = facts.model(clock.now())
    return {key for key, sources in model.implied_by.items() if action in sources}


def test_hierarchy_add_ascendant_and_add_descendant_are_new_roles_that_include_or_are_included(cast):
    middle = add_role(cast, "Middle", READ)
    ascendant = add_role(cast, "Ascendant", includes=[middle])
    descendant = add_role(cast, "Descendant", REPLY)
    hold(cast, middle, READ, includes=[descendant])
    assign(cast, cast.chiara, ascendant)
    assert check_access(cast.chiara, REPLY)


def test_hierarchy_a_junior_that_is_included_cannot_be_retired(cast):
    junior = add_role(cast, "Junior", READ)
    add_role(cast, "Senior", includes=[junior])
    with pytest.raises(InUse):
        services.retire_role(cast.priya, role=junior, reason="Over", at=clock.now())


def test_hierarchy_seniority_is_no_authority_to_give(cast):
    junior = add_role(cast, "Junior", READ)
    senior = add_role(cast, "Senior", REPLY, includes=[junior])
    assign(cast, cast.chiara, senior)
    assert not giving.may_give(cast.chiara, role_id=junior.pk, scope=giving.EVERYWHERE, at=clock.now())
