"""Every door of policies on hostile documents: refused with the field and the place, or kept as what can be judged."""

import os
from datetime import datetime
from random import Random
from typing import Any

import pytest

from cxaccess.lib import clock
from cxaccess.lib.conditions import InvalidCondition, read
from cxaccess.lib.errors import Refused
from permissions import facts
from permissions.engine.combine import Context, Effect
from permissions.engine.policies import Kind
from permissions.engine.questions import Question
from permissions.engine.types import Subject, Target
from permissions.models import PolicyVersion
from permissions.policies import compiling, schema, services, wording
from permissions.policies.wording import Wording
from tests.conditions import hostile
from tests.conditions.hostile import Writer

pytestmark = pytest.mark.django_db
FULL = bool(os.environ.get("CXACCESS_FULL"))
DOCUMENTS, STORED = (5_000, 20_000) if FULL else (150, 700)
EFFECTS = ("allow", "block", "only", "only", "open", "", None, [], 5)
KEYS = ("permissions", "types", "roles", "teams", "groups", "people", "")


def wording_of(writer: Writer) -> Wording:
    """Return a wording of which some part, or none, is hostile."""
    random = writer.random
    targets: Any = {"types": ["feedback"]}
    if random.random() < 0.4:
        value = random.choice([writer.anything(2), ["ticket"], [1, 2**70, True, "\ud800"], [[]], {"a": 1}, "ticket"])
        targets = {random.choice(KEYS): value, **({"types": ["feedback"]} if random.random() < 0.5 else {})}
    duties: Any = []
    if random.random() < 0.4:
        kinds = ["mask", "step_up", "reason", "log", None, {}]
        duties = [{"kind": random.choice(kinds)} for _ in range(random.choice([1, 2, 11]))]
        for duty in duties:
            if random.random() < 0.8:
                key = random.choice(["fields", "data_classes", "minutes", "unless", "if"])
                duty[key] = random.choice([["phone"], ["email"], 15, writer.condition(1), writer.anything(2)])
    return Wording(random.choice(EFFECTS), targets if random.random() < 0.95 else writer.anything(1),
                   writer.document(), duties if random.random() < 0.95 else writer.anything(1))  # fmt: skip


def said(raw: Wording, at: datetime) -> Wording | Refused:
    """Return the wording as it is kept, or the refusal."""
    try:
        return wording.checked(raw, at=at)
    except Refused as refused:
        return refused


def test_a_wording_is_kept_or_refused_with_its_field(cast):
    writer, at, kept = Writer(7, schema.whole()), clock.now(), 0
    for _ in range(DOCUMENTS):
        once = said(wording_of(writer), at)
        if isinstance(once, Refused):
            assert once.field in ("effect", "targets", "condition", "obligations")
            assert once.message
        else:
            kept += 1
            assert wording.checked(once, at=at) == once
    assert kept > DOCUMENTS / 100


def test_what_is_refused_leaves_no_policy(cast):
    at = clock.now()
    for condition in ({"attribute": "subject.title", "operator": "eval", "value": "1"}, {"all": []}, 5, [], "true"):
        says = Wording("allow", {"types": ["feedback"]}, condition, [])
        with pytest.raises(Refused) as refused:
            services.create_policy(cast.priya, name="Odd", purpose="Odd", owner=None, says=says, at=at)
        assert refused.value.field == "condition"
        assert refused.value.facts["problems"]
    assert not PolicyVersion.objects.exists()


@pytest.mark.parametrize("types", [5, "feedback", [["feedback"]], [{}], [True], ["\ud800"], ["a\x00"], [2**70], None])
def test_targets_that_are_none_are_refused(cast, types):
    with pytest.raises(Refused) as refused:
        wording.checked(Wording("block", {"types": types, "roles": [2**70]}, None, []), at=clock.now())
    assert refused.value.field == "targets"


def test_what_got_into_the_table_otherwise_opens_nothing(cast):
    known, model, at = schema.whole(), facts.model(clock.now()), clock.now()
    writer, random = Writer(11, known), Random(11)
    subject = Subject(cast.chiara.pk, cast.chiara.principal_id, "active")
    for _ in range(STORED):
        raw, kind = writer.document(), random.choice(["allow", "block", "only"])
        version = PolicyVersion(policy_id=1, pk=1, effect=kind, targets={"types": ["feedback"]}, condition=raw)
        rule = compiling.rule(version, model, known)
        told = hostile.facts(random, known)
        context = Context({key: value for key, value in told.items() if key.startswith("context.")})
        target = Target("feedback", 1, facts=lambda told=told: told)
        verdict = rule.judge(Question(model, subject, "feedback.view", target, context, at))
        effect = None if verdict is None else verdict.effect
        if not is_readable(raw, known):
            assert effect is (None if kind == Kind.ALLOW else Effect.BLOCK)
        assert effect in {"allow": (None, Effect.ALLOW), "block": (None, Effect.BLOCK)}.get(kind, tuple(Effect))


def is_readable(raw, known):
    """Return whether a stored condition says anything; none at all always holds."""
    if raw is None:
        return True
    try:
        read(raw, known, existing=False)
    except InvalidCondition:
        return False
    return True
