"""Laws of the pure engine, on random models without a database: nothing that takes away ever opens."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from cxaccess.lib.clock import Window
from permissions.engine import (
    Decision,
    Edge,
    Grant,
    Membership,
    Model,
    ObjectGrant,
    Path,
    Reason,
    Role,
    Scope,
    Step,
    Subject,
    Target,
    allows,
    cuts,
    decide,
    objects_for,
    scopes_for,
)
from permissions.engine.combine import Effect, Verdict
from permissions.engine.cut import edges
from permissions.engine.model import MAX_PATHS
from tests.organisation import NOON, day, windows
from tests.permissions.test_engine_properties import examples

ACTIONS = ("doc.view", "doc.edit", "doc.own", "doc.share")
IMPLIES = {"doc.own": {"doc.edit"}, "doc.edit": {"doc.view"}, "doc.share": {"doc.view"}, "doc.view": set()}
PLACES = range(1, 6)
TEAMS = range(1, 5)  # team n's principal is 100 + n


@st.composite
def models(draw) -> Model:
    tree = {node: draw(st.none() | st.integers(1, node - 1)) if node > 1 else None for node in PLACES}
    teams = {team: draw(st.none() | st.integers(1, team - 1)) if team > 1 else None for team in TEAMS}
    roles = {
        n: Role(
            n,
            draw(st.frozensets(st.sampled_from(ACTIONS), max_size=2)),
            tuple(draw(st.sets(st.integers(1, n - 1), max_size=2))) if n > 1 else (),
        )
        for n in range(1, 6)
    }
    return Model(
        roles=roles,
        implies={action: frozenset(implied) for action, implied in IMPLIES.items()},
        parents={"region": tree, "team": teams},
        team_principals={team: 100 + team for team in TEAMS},
        closed=draw(st.frozensets(st.integers(101, 104), max_size=1)),
    )


window = windows.map(lambda w: Window(day(w[0]), None if w[1] is None else day(w[1])))
terms = st.dictionaries(st.sampled_from(["region", "team", "unheard_of"]), st.integers(1, 5), max_size=2)
scopes = terms.map(lambda found: Scope(hash(tuple(sorted(found.items()))), tuple(sorted(found.items()))))


@st.composite
def subjects(draw) -> Subject:
    memberships = tuple(
        Membership(n, 100 + draw(st.integers(1, 4)), draw(window)) for n in range(1, draw(st.integers(1, 4)))
    )
    grants = tuple(
        Grant(n, draw(st.sampled_from([1, 101, 102, 103, 104])), draw(st.integers(1, 6)), draw(scopes), draw(window))
        for n in range(1, draw(st.integers(1, 6)))
    )
    given: dict[int, list[ObjectGrant]] = {}
    for n in range(1, draw(st.integers(1, 4))):
        principal, on = draw(st.sampled_from([1, 101, 102, 103])), draw(st.integers(50, 51))
        held = ObjectGrant(n, principal, draw(st.sampled_from(ACTIONS)), on, draw(window), principal > 100)
        given.setdefault(on, []).append(held)
    objects = {on: tuple(held) for on, held in given.items()}
    return Subject(7, 1, draw(st.sampled_from(["active"] * 5 + ["left"])), memberships, grants, objects)


places = st.dictionaries(
    st.sampled_from(["region", "team"]), st.frozensets(st.integers(1, 5), max_size=2), max_size=2
)  # fmt: skip
targets = st.builds(Target, st.just("doc"), st.just(1), places, resource=st.sampled_from([None, 50, 50]))
actions = st.sampled_from(ACTIONS)
moments = st.integers(-4, 4).map(day)


class Says:
    """A policy that always says the same."""

    policy = version = 1

    def __init__(self, effect: Effect | None, obligations: tuple = ()) -> None:
        self.effect, self.obligations, self.actions = effect, obligations, frozenset(ACTIONS)

    def judge(self, asked) -> Verdict | None:
        return Verdict(1, self.effect, self.obligations) if self.effect else None


@given(models(), subjects(), actions, targets, moments)
@examples(60, 3000)
def test_the_quick_answer_is_the_explained_one(model, subject, action, target, at) -> None:
    decision = decide(model, subject, action, target, at)
    assert decision.allowed == allows(model, subject, action, target, at)
    assert decision.allowed == bool(decision.paths) == (decision.reason is Reason.GRANTED)


@given(models(), subjects(), actions, targets, moments, st.data())
@examples(60, 3000)
def test_removing_a_grant_or_a_membership_never_adds(model, subject, action, target, at, data) -> None:
    fewer = replace(
        subject,
        grants=tuple(grant for grant in subject.grants if data.draw(st.booleans())),
        memberships=tuple(membership for membership in subject.memberships if data.draw(st.booleans())),
        objects={
            on: tuple(held for held in given if data.draw(st.booleans())) for on, given in subject.objects.items()
        },
    )
    assert allows(model, fewer, action, target, at) <= allows(model, subject, action, target, at)


@given(models(), subjects(), actions, targets)
@examples(60, 3000)
def test_an_expired_window_is_denied_at_that_instant(model, subject, action, target) -> None:
    for grant in subject.grants:
        member = (Membership(1, grant.principal, Window(day(-9))),)
        alone = replace(subject, grants=(grant,), memberships=member, objects={})
        if grant.window.until is not None:
            assert not allows(model, alone, action, target, grant.window.until)
            assert not allows(model, alone, action, target, grant.window.until + timedelta(days=900))
        assert not allows(model, alone, action, target, grant.window.starts_at - timedelta(microseconds=1))
    for held in [held for on in subject.objects.values() for held in on]:
        member = (Membership(1, held.principal, Window(day(-9))),)
        alone = replace(subject, grants=(), memberships=member, objects={held.resource: (held,)})
        if held.window.until is not None:
            assert not allows(model, alone, action, target, held.window.until)
        assert not allows(model, alone, action, target, held.window.starts_at - timedelta(microseconds=1))


@given(models(), subjects(), actions, targets, moments)
@examples(60, 3000)
def test_an_object_grant_opens_its_one_resource_alone(model, subject, action, target, at) -> None:
    only = replace(subject, grants=())
    for other in (None, 99):
        assert not allows(model, only, action, replace(target, resource=other), at)
    on = objects_for(model, only, action, at)
    assert allows(model, only, action, target, at) == (target.resource in on)


@given(models(), subjects(), actions, targets, moments, terms)
@examples(60, 3000)
def test_adding_a_term_to_a_scope_never_widens(model, subject, action, target, at, more) -> None:
    narrow = tuple(
        replace(grant, scope=Scope(0, tuple(sorted({*grant.scope.terms, *more.items()})))) for grant in subject.grants
    )
    narrower = allows(model, replace(subject, grants=narrow), action, target, at)
    assert narrower <= allows(model, subject, action, target, at)


@given(models(), subjects(), actions, targets, moments, st.lists(st.sampled_from([*Effect, None]), max_size=3))
@examples(60, 3000)
def test_a_block_never_widens(model, subject, action, target, at, effects) -> None:
    others = tuple(Says(effect) for effect in effects)
    without = replace(model, policies=others)
    blocked = decide(replace(model, policies=(*others, Says(Effect.BLOCK))), subject, action, target, at)
    assert not blocked.allowed
    assert not blocked.obligations
    assert decide(without, subject, action, target, at).allowed == allows(without, subject, action, target, at)


@given(models(), subjects(), actions, targets, moments)
@examples(30, 1000)
def test_no_policy_opens_anything_to_somebody_who_is_not_active(model, subject, action, target, at) -> None:
    generous = replace(model, policies=(Says(Effect.ALLOW),))
    assert not allows(generous, replace(subject, state="left"), action, target, at)


@given(models(), subjects(), actions, targets, moments)
@examples(60, 3000)
def test_cutting_the_named_step_ends_the_access(model, subject, action, target, at) -> None:
    decision = decide(model, subject, action, target, at)
    for edge in cuts(decision):
        assert not allows(*_without(edge, model, subject), action, target, at)


@given(models(), subjects(), actions, targets, moments)
@examples(60, 3000)
def test_cutting_any_other_grant_or_membership_does_not(model, subject, action, target, at) -> None:
    decision = decide(model, subject, action, target, at)
    for edge in {edge for path in decision.paths for edge in edges(path)} - set(cuts(decision)):
        assert allows(*_without(edge, model, subject), action, target, at)


def _without(edge: Edge, model: Model, subject: Subject) -> tuple[Model, Subject]:
    """Return model and subject with one step taken out."""
    match edge.step:
        case Step.GRANT:
            return model, replace(subject, grants=tuple(g for g in subject.grants if g.id != edge.start))
        case Step.OBJECT_GRANT:
            objects = {on: tuple(g for g in held if g.key != edge.start) for on, held in subject.objects.items()}
            return model, replace(subject, objects=objects)
        case Step.MEMBERSHIP:
            return model, replace(subject, memberships=tuple(m for m in subject.memberships if m.id != edge.start))
        case Step.PARENT:
            teams = {**model.parents["team"], model.teams_of_principals[edge.start]: None}
            return replace(model, parents={**model.parents, "team": teams}), subject
        case Step.IMPLICATION:
            implies = {**model.implies, edge.start: model.implies[edge.start] - {edge.end}}
            return replace(model, implies=implies), subject
    role = model.roles[edge.start]
    if edge.step is Step.HOLDING:
        role = replace(role, actions=role.actions - {edge.end})
    else:
        role = replace(role, includes=tuple(inner for inner in role.includes if inner != edge.end))
    return replace(model, roles={**model.roles, role.id: role}), subject


@given(models(), subjects(), actions, moments)
@examples(30, 1000)
def test_a_thing_nowhere_is_covered_only_from_everywhere(model, subject, action, at) -> None:
    nowhere = Target("doc", 1)
    everywhere = any(scope.everywhere for scope in scopes_for(model, subject, action, at))
    assert allows(model, subject, action, nowhere, at) == everywhere


def test_roles_with_more_ways_than_memory_are_explained_at_once() -> None:
    """Twenty layers of three roles, each including all of the next: 3 ** 20 ways to one permission."""
    layers, width = 20, 3
    roles = {
        layer * width + n: Role(
            layer * width + n,
            frozenset(["doc.view"] if layer == layers - 1 else []),
            tuple(range((layer + 1) * width, (layer + 2) * width)) if layer < layers - 1 else (),
        )
        for layer in range(layers)
        for n in range(width)
    }
    model = Model(roles, {"doc.view": frozenset()}, {}, {})
    ways = list(model.role_paths(0, "doc.view"))
    assert len(ways) == MAX_PATHS
    assert {len(trail) for trail, _ in ways} == {layers}


def test_a_truncated_explanation_names_no_step_inside_roles() -> None:
    grant = Grant(1, 1, 0, Scope(0), Window(NOON))
    many = tuple(Path((1,), None, grant, (0, n), ("doc.view",)) for n in range(MAX_PATHS))
    same = tuple(Path((1,), None, grant, (0, 1), ("doc.view",)) for _ in range(MAX_PATHS))
    target = Target("doc")
    for paths in (many, same):
        found = cuts(Decision(True, Reason.GRANTED, "doc.view", target, NOON, paths))
        assert [edge.step for edge in found] == [Step.GRANT]


def test_what_lacks_two_things_is_no_near_miss() -> None:
    model = Model({1: Role(1, frozenset(["doc.view"]))}, {"doc.view": frozenset()}, {"region": {1: None}}, {})
    over = Window(day(-3), day(-1))
    elsewhere = Scope(5, (("region", 1),))
    subject = Subject(7, 1, "active", (), (Grant(1, 1, 1, elsewhere, over), Grant(2, 1, 1, Scope(0), over)))
    decision = decide(model, subject, "doc.view", Target("doc"), NOON)
    assert [(miss.path.grant.id, miss.reason) for miss in decision.near] == [(2, Reason.OVER)]


def test_obligations_count_only_on_a_yes() -> None:
    model = Model({1: Role(1, frozenset(["doc.view"]))}, {"doc.view": frozenset()}, {}, {})
    owed = replace(model, policies=(Says(Effect.ALLOW, ("mask phone",)),))
    holder = Subject(7, 1, "active", (), (Grant(1, 1, 1, Scope(0), Window(day(-1))),))
    assert decide(owed, holder, "doc.view", Target("doc"), NOON).obligations == ("mask phone",)
    stopped = replace(owed, policies=(*owed.policies, Says(Effect.BLOCK, ("explain",))))
    assert decide(stopped, holder, "doc.view", Target("doc"), NOON).obligations == ()
