"""A decision made readable: verdict, ways, near misses, what would end it, who else."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Person
from permissions import facts, gate
from permissions.check import words
from permissions.check.graph import Graph, draw
from permissions.check.names import Names
from permissions.check.questions import CHECK, TYPE, Question
from permissions.check.ways import Way, way, ways
from permissions.engine import Decision, Grant, NearMiss, Reason, cuts
from permissions.models import Policy
from permissions.policies import selectors as policies
from permissions.policies import verdicts
from permissions.policies.verdicts import Said

DRAWN = 6  # paths in the picture; the text has them all
NEAR = 20


@dataclass(frozen=True, slots=True)
class Answer:
    """What the page says. `kind` is yes, if (something is to be met first) or no.

    `said` is what policies say of it, `about` those that are about the permission where no thing is named, as far as
    the reader may see them. `would` is the answer with what is only recorded in force; None: nothing is.
    """

    question: Question
    decision: Decision
    kind: str
    headline: str
    sentence: str
    ways: Sequence[Way]
    near: Sequence[Way]
    whereabouts: str
    cuts: Sequence[str]
    graph: Graph | None
    said: Sequence[Said]
    about: Sequence[Policy]
    would: bool | None

    @property
    def is_blocked(self) -> bool:
        """Return whether a policy closes it, whatever is held."""
        return self.decision.reason is Reason.BLOCKED

    @property
    def thing(self) -> str:
        """Return what is asked about, in words."""
        return words.thing_name(self.question)


def answer(question: Question, decision: Decision, reader: Person, *, at: datetime) -> Answer:
    """Return `decision` in words and as a picture, with what `reader` may know of policies."""
    said = verdicts.told(reader, decision.verdicts, zone=timezone.get_current_timezone_name(), at=at)
    names = Names([*decision.paths, *(miss.path for miss in decision.near)])
    places = _limits(question, decision, names)
    ending = cuts(decision)
    near = sorted(decision.near, key=_nearness)[:NEAR]
    return Answer(
        question=question,
        decision=decision,
        kind=words.kind(decision),
        headline=words.headline(question, decision, places),
        sentence=words.sentence(question, decision, places, said),
        ways=ways(decision.paths, names),
        near=[way(miss.path, names, miss, decision.at) for miss in near],
        whereabouts=words.whereabouts(decision) if question.thing is not None and near else "",
        cuts=[text for edge in ending if (text := words.cut(edge, names))],
        graph=draw(ways(decision.paths[:DRAWN], names), frozenset(ending)) if decision.paths else None,
        said=said,
        about=_about(question, reader, at) if question.thing is None else (),
        would=_would(decision, reader, at),
    )


def _would(decision: Decision, reader: Person, at: datetime) -> bool | None:
    """Return the answer with what is only recorded in force, for who sees policies: nobody else learns of a trial."""
    if decision.would is None or not gate.may_somewhere(reader, policies.VIEW, at=at):
        return None
    return decision.would.allowed


def _about(question: Question, reader: Person, at: datetime) -> Sequence[Policy]:
    """Return the policies about the permission: what each says depends on the thing."""
    rules = facts.model(question.when).judging.get(question.action.key, ())
    ids = [pk for rule in rules if (pk := getattr(rule, "policy", None))]
    return list(policies.visible(reader, at=at).filter(pk__in=ids).order_by("name")) if ids else ()


def _limits(question: Question, decision: Decision, names: Names) -> list[str]:
    """Return within which places a yes holds, where the question names no thing. None: everywhere."""
    if question.thing is not None:
        return []
    grants = [path.grant for path in decision.paths]
    everywhere = any(isinstance(grant, Grant) and not names.grants[grant.key].scope.digest for grant in grants)
    return [] if everywhere else sorted({names.where(grant) for grant in grants})


def _nearness(miss: NearMiss) -> tuple[int, int]:
    """Return how near a miss is: what waits for its person, its day or its place before what is over."""
    order = (Reason.NOT_ACTIVE, Reason.NOT_YET, Reason.OUT_OF_SCOPE, Reason.OVER)
    return order.index(miss.reason), -miss.path.grant.id


def who_else(reader: Person, question: Question, *, at: datetime) -> QuerySet[Person]:
    """Return who could do the same at that moment, as far as `reader` may ask about them."""
    if question.asked is None:
        found = gate.who_can_somewhere(question.action.key, at=question.when)
    else:
        found = gate.who_can(question.action.key, question.asked, at=question.when)
    return gate.visible(reader, CHECK, found.exclude(pk=question.person.pk), at=at, as_type=TYPE)
