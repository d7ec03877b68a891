"""What would be decided if a version of a policy were in force, or one that is were not. Asking enforces nothing."""

from dataclasses import replace
from datetime import datetime

from accounts.models import Person
from cxaccess.jobs import settings as instance
from permissions import fact_rows, facts, ruling
from permissions.engine import Model, Subject, Target, objects_for, scopes_for
from permissions.engine.combine import Context
from permissions.engine.policies import Rule
from permissions.engine.questions import Question
from permissions.models import Policy, PolicyVersion
from permissions.policies import people, schema
from permissions.policies.compiling import rule
from permissions.policies.wording import Wording


def rule_of(says: Wording | PolicyVersion, policy: Policy | None, *, at: datetime) -> Rule:
    """Return a wording, saved or not, ready to judge as a version of `policy`; None: of one that is not there yet."""
    version = says
    if isinstance(says, Wording):
        version = PolicyVersion(
            policy_id=policy.pk if policy else 0, effect=says.effect, targets=says.targets, condition=says.condition,
            obligations=says.obligations,
        )  # fmt: skip
    return rule(version, facts.model(at), schema.whole())  # type: ignore[arg-type]  # a version by now


def model_with(model: Model, policy: Policy | None, wanted: Rule | None) -> Model:
    """Return `model` with `wanted` in the place of what is enforced of `policy`; None: with nothing there."""
    staying = tuple(one for one in model.policies if policy is None or getattr(one, "policy", None) != policy.pk)
    zone = str(instance.get(instance.TIME_ZONE))
    return replace(model, policies=(*staying, *([wanted] if wanted is not None else [])), zone=zone)


def subject_of(person: Person, *, at: datetime) -> Subject:
    """Return the facts about `person` with all that policies may read, which are not loaded where there are none."""
    found = facts.whole(person.pk, at)
    subject = found.subject
    if found.model.policies or found.model.recording:
        return subject
    rows = fact_rows.people([person.pk])
    read = fact_rows.belonging(rows, None)
    known = people.known(rows, read.kinds, {person.pk: subject.state}, schema.whole(), at)
    return replace(subject, known=known[person.pk])


def somewhere(model: Model, subject: Subject, action: str, context: Context, *, at: datetime) -> bool:
    """Return whether there may be a thing that the subject can do `action` to, by `model`: as `gate.may_somewhere`."""
    granted = bool(scopes_for(model, subject, action, at) or objects_for(model, subject, action, at))
    if action not in model.judging:
        return granted
    question = Question(model, subject, action, Target(action.partition(".")[0]), context, at)
    return ruling.somewhere(question, granted=granted)
