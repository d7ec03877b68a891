"""On random organisations with random policies, every way of asking gives the same answer, and it is the plain one."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Person, Team
from permissions import facts, gate, places
from permissions.engine import ObjectGrant, Target, decide
from permissions.engine.combine import Context
from permissions.engine.questions import Question
from permissions.engine.types import ACTIVE
from permissions.models import PersonObjectGrant, PolicyState, Resource, Role, RoleGrant
from tests import policies, world
from tests.organisation import ACTIONS, NOON, day, days, plans
from tests.permissions.test_engine_properties import examples, ids, town
from tests.policy_oracle import PolicyOracle

MODELS = (Resource, Person, Team, Role, RoleGrant)
some = st.lists(policies.drawn, min_size=1, max_size=3)

pytestmark = [pytest.mark.django_db, pytest.mark.realdb]


@given(plan=plans, how=policies.people, what=policies.things, ruled=some, when=days, moment=policies.contexts,
       sample=st.data())  # fmt: skip
@examples(4, 60)
def test_lists_points_batches_and_the_oracle_agree(plan, how, what, ruled, when, moment, sample) -> None:
    with town(plan) as org, facts.pinned():
        policies.shape(org, how, what)
        policies.enact_drawn(org, ruled)
        at, context, oracle = day(when), Context(moment), PolicyOracle()
        everything = [row for model in MODELS for row in model.objects.all()]
        about = sorted({action for _, named, _, _ in ruled for action in named})
        actions = [*about[:4], sample.draw(st.sampled_from(ACTIONS))]
        for person, action in product(org.people[:3], actions):
            expected = {(type(r), r.pk) for r in everything if oracle.decide(person, action, r, at, moment)}
            points = {
                (type(row), row.pk) for row in everything if gate.may(person, action, row, at=at, context=context)
            }
            lists = {
                (model, pk)
                for model in MODELS
                for pk in ids(gate.visible(person, action, model.objects.all(), at=at, context=context))
            }
            batch = {
                (model, pk)
                for model in MODELS
                for pk in gate.allowed(person, action, list(model.objects.all()), at=at, context=context)
            }
            assert (points, lists, batch) == (expected, expected, expected), action


@given(plan=plans, how=policies.people, what=policies.things, ruled=some, when=days, moment=policies.contexts)
@examples(4, 60)
def test_reasons_are_those_of_each_policy_and_path_by_itself(plan, how, what, ruled, when, moment) -> None:
    """What is kept for explaining does not wear out: asked of many things in turn, each reason is as if asked alone."""
    with town(plan) as org, facts.pinned():
        policies.shape(org, how, what)
        policies.enact_drawn(org, ruled)
        at, context = day(when), Context(moment)
        for person, action in product(org.people[:3], sorted({action for _, named, _, _ in ruled for action in named})):
            mine = facts.snapshot(person.pk, at)
            for target in places.targets(org.resources, at, as_type=action.partition(".")[0]).values():
                asked = Question(mine.model, mine.subject, action, target, context, at)
                judged = [rule.judge(asked) for rule in mine.model.judging.get(action, ())]
                decision = gate.decide(person, action, target, at=at, context=context)
                assert decision == decide(mine.model, mine.subject, action, target, at, context)
                assert decision.allowed == gate.may(person, action, target, at=at, context=context)
                if target.exists and mine.subject.state == ACTIVE:
                    said = [verdict for verdict in judged if verdict is not None]
                    assert list(decision.verdicts) == said
                    assert [one.clauses for one in decision.verdicts] == [one.clauses for one in said]
                for path in decision.paths:
                    assert path.grant.window.covers(at)
                    assert path.membership is None or path.membership.window.covers(at)
                    assert isinstance(path.grant, ObjectGrant) or mine.model.covers(path.grant.scope, target)


@given(plan=plans, how=policies.people, what=policies.things, ruled=some, when=days, moment=policies.contexts)
@examples(4, 40)
def test_who_can_is_the_inverse_of_may(plan, how, what, ruled, when, moment) -> None:
    with town(plan) as org:
        policies.shape(org, how, what)
        policies.enact_drawn(org, ruled)
        at, context, oracle = day(when), Context(moment), PolicyOracle()
        named = {action for _, found, _, _ in ruled for action in found}
        for row in [*org.resources, org.people[0], org.teams[-1], org.roles[0]]:
            for action in [one for one in named if one.startswith(f"{oracle.type_of(row)}.")]:
                expected = {one.pk for one in org.people if oracle.decide(one, action, row, at, moment)}
                assert ids(gate.who_can(action, row, at=at, context=context)) == expected


@given(plan=plans, how=policies.people, what=policies.things, ruled=some, when=days, moment=policies.contexts)
@examples(4, 40)
def test_doors_are_open_where_a_list_could_show_something(plan, how, what, ruled, when, moment) -> None:
    """`may_somewhere` never hides what some list shows; and it is the inverse of `who_can_somewhere`."""
    with town(plan) as org, facts.pinned():
        policies.shape(org, how, what)
        policies.enact_drawn(org, ruled)
        at, context = day(when), Context(moment)
        for action in sorted({action for _, found, _, _ in ruled for action in found})[:4]:
            open_to = {one.pk for one in org.people if gate.may_somewhere(one, action, at=at, context=context)}
            assert ids(gate.who_can_somewhere(action, at=at, context=context)) == open_to
            for person, model in product(org.people, MODELS):
                if gate.visible(person, action, model.objects.all(), at=at, context=context).exists():
                    assert person.pk in open_to


def _yes(asked: list, context: Context) -> set[int]:
    """Return the numbers of the questions that are a yes, all asked of one state of the world."""
    with facts.pinned():
        return {number for number, one in enumerate(asked) if gate.may(*one, at=NOON, context=context)}


@given(plan=plans, how=policies.people, what=policies.things, ruled=some, more=policies.drawn, moment=policies.contexts)
@examples(4, 40)
def test_a_block_or_a_limit_never_widens_and_ending_a_grant_never_adds(plan, how, what, ruled, more, moment) -> None:
    with town(plan) as org:
        policies.shape(org, how, what)
        policies.enact_drawn(org, ruled)
        context = Context(moment)
        asked = list(product(org.people, ACTIONS[:5], org.resources))
        before = _yes(asked, context)
        to = more[2] if more[2] is None or more[2][0] == "teams" else None
        policies.enact_drawn(org, [("block" if more[0] == "allow" else more[0], more[1], to, more[3])])
        narrower = _yes(asked, context)
        assert narrower <= before
        RoleGrant.objects.filter(pk__in=[grant.pk for grant in org.grants[::2]]).update(until=NOON, starts_at=NOON)
        PersonObjectGrant.objects.update(until=NOON, starts_at=NOON)
        world._changed(0, *(person.principal_id for person in org.people), *(team.principal_id for team in org.teams))
        after = _yes(asked, context)
        assert after <= narrower


@given(plan=plans, how=policies.people, what=policies.things, ruled=some, moment=policies.contexts)
@examples(4, 40)
def test_recording_enforces_nothing_and_tells_what_enforcing_would(plan, how, what, ruled, moment) -> None:
    with town(plan) as org:
        policies.shape(org, how, what)
        context = Context(moment)
        asked = [(person, action, row) for person in org.people for action in ACTIONS[:5] for row in org.resources]
        before = _yes(asked, context)
        policies.enact_drawn(org, ruled, stage="recording")
        with facts.pinned():
            told = [gate.decide(*one, at=NOON, context=context) for one in asked]
        assert {number for number, decision in enumerate(told) if decision.allowed} == before
        assert _yes(asked, context) == before
        PolicyState.objects.update(stage="enforced")
        world._changed(0)
        would = [decision.allowed if decision.would is None else decision.would.allowed for decision in told]
        assert _yes(asked, context) == {number for number, allowed in enumerate(would) if allowed}


@given(plan=plans, how=policies.people, what=policies.things, stands=some, ruled=some, moment=policies.contexts)
@examples(4, 40)
def test_each_recorded_policy_tells_what_enforcing_it_alone_would(plan, how, what, stands, ruled, moment) -> None:
    """Points, the doors of lists, and the rows that a list shows."""
    with town(plan) as org:
        policies.shape(org, how, what)
        context = Context(moment)
        policies.enact_drawn(org, stands)
        watched = policies.enact_drawn(org, ruled, stage="recording")
        asked = [(person, action, row) for person in org.people for action in ACTIONS[:5] for row in org.resources]
        with facts.pinned():
            told = [gate.decide(*one, at=NOON, context=context) for one in asked]
            listed = {
                (person, action): dict(gate.hidden(person, action, org.resources, at=NOON, context=context))
                for person in org.people for action in ACTIONS[:5]
            }  # fmt: skip
        for version in watched:
            states = PolicyState.objects.filter(version=version)
            states.update(stage="enforced")
            world._changed(0)
            yes = _yes(asked, context)
            for number, decision in enumerate(told):
                trials = {} if decision.would is None else {one.version: one.allowed for one in decision.would.trials}
                assert (number in yes) == trials.get(version.pk, decision.allowed)
            for (person, action), hidden in listed.items():
                if version.pk in hidden:
                    shown = gate.visible(person, action, type(org.resources[0]).objects.all(), at=NOON, context=context)
                    there = set(shown.values_list("pk", flat=True))
                    assert hidden[version.pk] == {row.pk for row in org.resources} - there
            states.update(stage="recording")
            world._changed(0)


@given(plan=plans, how=policies.people, what=policies.things, ruled=some)
@examples(4, 25)
def test_where_nothing_is_known_policies_open_nothing(plan, how, what, ruled) -> None:
    """Also under "not": of a thing and a moment of which nothing is known, only what needs no fact of them opens."""
    with town(plan) as org:
        policies.shape(org, how, what)
        policies.enact_drawn(org, ruled)
        model = facts.model(NOON)
        for person, action in product(org.people, sorted(model.judging)):
            found = facts.snapshot(person.pk, NOON)
            bare = Target(action.partition(".")[0])
            decision = decide(found.model, found.subject, action, bare, NOON)
            for verdict in decision.verdicts:
                assert verdict.effect != "allow" or verdict.said is True
                assert verdict.effect == "block" or verdict.said is True
            if decision.allowed:
                assert decision.paths or any(verdict.effect == "allow" for verdict in decision.verdicts)
            located = places.prospect(bare.type)
            assert gate.may(person, action, located, at=NOON) == decision.allowed
