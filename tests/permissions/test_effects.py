"""Who gains and who loses: people are counted once, and whoever keeps it another way loses nothing."""

from cxaccess.lib import clock
from permissions import facts
from permissions.grants.effects import of_ending, of_models
from permissions.models import Role, RoleGrant
from permissions.roles.changes import change
from permissions.roles.rows import contents
from tests import world
from tests.cast import Cast


def edited(role: Role, actions: set[str], includes: tuple[int, ...] = ()):
    at = clock.now()
    effect = change(facts.model(at), role.pk, actions, includes)
    touched = set().union(*effect.gained.values(), *effect.lost.values())
    return {found.action: found for found in of_models(effect.before, effect.after, touched, at=at)}


def test_everybody_in_the_team_gains_what_its_role_gains(cast: Cast) -> None:
    found = edited(cast.feedback_reader, {"feedback.view", "survey.view"})
    assert found["survey.view"].gain == {cast.maya.pk, cast.jonas.pk}
    assert set(found) == {"survey.view"}


def test_who_keeps_it_another_way_loses_nothing(cast: Cast) -> None:
    world.give(cast.maya, cast.agent)
    world.give(cast.chiara, cast.agent)
    helper = world.role("Helper", {"article.view"})
    world.give(cast.maya, helper)
    found = edited(cast.agent, {"ticket.reply"})["article.view"]
    assert found.lose == {cast.ali.pk, cast.chiara.pk}
    assert (found.keep, found.through) == ({cast.maya.pk}, (helper.pk,))


def test_keeping_it_in_a_smaller_place_is_a_loss(cast: Cast) -> None:
    helper = world.role("Helper", {"article.view"})
    world.give(cast.ali, helper, region=cast.germany)
    assert edited(cast.agent, {"ticket.reply"})["article.view"].lose == {cast.ali.pk}
    world.give(cast.ali, helper, region=cast.emea)
    assert edited(cast.agent, {"ticket.reply"})["article.view"].keep == {cast.ali.pk}


def test_holding_it_in_a_wider_place_is_a_gain(cast: Cast) -> None:
    helper = world.role("Helper", {"survey.view"})
    world.give(cast.ali, helper, region=cast.mena)
    everywhere = world.role("Everywhere")
    world.give(cast.ali, everywhere)
    assert edited(everywhere, {"survey.view"})["survey.view"].gain == {cast.ali.pk}


def test_grants_over_or_not_begun_and_people_not_active_do_not_count(cast: Cast) -> None:
    world.give(cast.chiara, cast.feedback_reader, until=world.soon(days=-1))
    world.give(cast.chiara, cast.feedback_reader, starts=world.soon(days=1))
    world.give(cast.lena, cast.feedback_reader)
    found = edited(cast.feedback_reader, {"feedback.view", "survey.view"})
    assert found["survey.view"].gain == {cast.maya.pk, cast.jonas.pk}


def test_ending_a_grant_takes_only_what_nothing_else_gives(cast: Cast) -> None:
    at = clock.now()
    world.give(cast.maya, cast.feedback_reader)
    grant = RoleGrant.objects.get(role=cast.analyst)
    found = {effect.action: effect for effect in of_ending(facts.model(at), [grant], at=at)}
    assert found["feedback.view"].lose == {cast.jonas.pk}
    assert found["feedback.view"].keep == {cast.maya.pk}
    assert found["feedback.export"].lose == {cast.jonas.pk, cast.maya.pk}


def test_the_number_of_statements_does_not_grow(cast: Cast, django_assert_max_num_queries) -> None:
    for number in range(12):
        world.join(world.person(f"Person {number}"), cast.insights_dach)
    own = contents(cast.analyst.current)
    at = clock.now()
    model = facts.model(at)
    effect = change(model, cast.analyst.pk, own.actions | {"survey.view"}, own.includes)
    with django_assert_max_num_queries(6):
        of_models(effect.before, effect.after, {"survey.view"}, at=at)
