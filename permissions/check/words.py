"""The answer as sentences: yes, yes within, or no; what decided; what would end it."""

from collections.abc import Sequence

from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from permissions.check.names import Names, place_names
from permissions.check.questions import Question
from permissions.engine import Decision, Edge, Reason, Step
from permissions.engine.policies import StateReason, StepUp
from permissions.policies.verdicts import Said
from permissions.policies.words import owed_of


def listed(names: Sequence[str], word: str = "") -> str:
    """Return names as a list in words: "DACH, MENA and CEE"."""
    return str(get_text_list(list(names), word or _("and")))


def thing_name(question: Question) -> str:
    """Return what is asked about, in words."""
    if question.thing is None:
        return _("any %(type)s") % {"type": question.action.type.label.lower()}
    return f"“{question.thing}”"


def kind(decision: Decision) -> str:
    """Return yes, no, or if: a yes before which something is to be met."""
    if not decision.allowed:
        return "no"
    return "if" if any(isinstance(duty, StepUp | StateReason) for duty in decision.obligations) else "yes"


def headline(question: Question, decision: Decision, within: Sequence[str]) -> str:
    """Return the verdict in a few words."""
    if not decision.allowed:
        return _("No")
    if kind(decision) == "if":
        return _("Yes, once something is met")
    if within:
        return _("Yes, in %(places)s") % {"places": listed(within, _("or"))}
    return _("Yes") if question.thing is not None else _("Yes, everywhere")


def sentence(question: Question, decision: Decision, within: Sequence[str], said: Sequence[Said] = ()) -> str:
    """Return the verdict as a whole sentence, with what policies `said` where that decided."""
    facts = {"name": question.person.name, "thing": thing_name(question), "places": listed(within, _("or"))}
    if not decision.allowed:
        return _("%(name)s may not do this on %(thing)s.") % facts + " " + why_not(question, decision, said)
    if within:
        verdict = _("%(name)s may do this on %(thing)s that lies in %(places)s, and on none elsewhere.") % facts
    else:
        verdict = _("%(name)s may do this on %(thing)s.") % facts
    return f"{verdict} {_why(decision, said)}".strip()


def _why(decision: Decision, said: Sequence[Said]) -> str:
    """Return what allows it: paths, else policies; then what is asked for first."""
    count, found = len(decision.paths), []
    if count:
        found.append(ngettext("One path allows it.", "%(n)d paths allow it.", count) % {"n": count})
    elif any(one.opens for one in said):
        found.append(_opening([one for one in said if one.opens]))
    found += [f"{owed_of(duty)}." for duty in decision.obligations if isinstance(duty, StepUp | StateReason)]
    return " ".join(dict.fromkeys(found))


def _opening(said: Sequence[Said]) -> str:
    names = [one.policy.name for one in said if one.policy is not None]
    if not names:
        return _("A policy allows it, without any grant.")
    return _("“%(policies)s” allows it, without any grant.") % {"policies": listed(names)}


def why_not(question: Question, decision: Decision, said: Sequence[Said] = ()) -> str:
    """Return what decided against it, in a sentence."""
    name = {"name": question.person.name}
    reasons = {
        Reason.NO_GRANT: _("No role of %(name)s holds this permission."),
        Reason.OUT_OF_SCOPE: _("%(name)s holds it, but not there."),
        Reason.NOT_YET: _("It has been given to %(name)s, but has not begun."),
        Reason.OVER: _("%(name)s had it, but it is over."),
        Reason.NOT_ACTIVE: _("%(name)s is not active, and whoever is not active may do nothing."),
        Reason.NOT_THERE: _("It did not exist at that moment, or was archived."),
        Reason.BLOCKED: _("A policy blocks it, whatever %(name)s holds."),
    }
    blocking = [one for one in said if one.blocks and one.policy is not None]
    if decision.reason is Reason.BLOCKED and blocking:
        return " ".join(_blocking(one) for one in blocking)
    return reasons.get(decision.reason, _("This cannot be asked about such a thing.")) % name


def _blocking(said: Said) -> str:
    assert said.policy is not None
    told = {"policy": said.policy.name, "clauses": "; ".join(said.clauses)}
    return (_("“%(policy)s” blocks it: %(clauses)s.") if said.clauses else _("“%(policy)s” blocks it.")) % told


def whereabouts(decision: Decision) -> str:
    """Return where the thing is, in words: what a scope would have to cover."""
    names = place_names(decision.target)
    return (
        _("This is in %(places)s.") % {"places": listed(names)} if names else _("This has no place in any dimension.")
    )


def cut(edge: Edge, names: Names) -> str:
    """Return what it would take to cut `edge`; nothing for what no screen changes."""
    if edge.step is Step.MEMBERSHIP:
        return _("End the membership in %(team)s") % {"team": names.principals[int(edge.end)].label}
    if edge.step is Step.PARENT:
        low, high = names.principals[int(edge.start)], names.principals[int(edge.end)]
        return _("Move %(team)s out from under %(above)s") % {"team": low.label, "above": high.label}
    if edge.step is Step.GRANT:
        row = names.grants[f"r{edge.start}"]
        holder = names.principals[row.principal_id].label
        return _("End the grant of %(role)s to %(holder)s") % {"role": names.roles[row.role_id].name, "holder": holder}
    if edge.step is Step.OBJECT_GRANT:
        row = names.grants[str(edge.start)]
        return _("End the grant of %(action)s on %(thing)s") % {"action": edge.end, "thing": row.content_object.name}
    if edge.step is Step.INCLUSION:
        outer, inner = names.roles[int(edge.start)], names.roles[int(edge.end)]
        return _("Take %(inner)s out of %(outer)s") % {"inner": inner.name, "outer": outer.name}
    if edge.step is Step.HOLDING:
        return _("Take %(action)s out of %(role)s") % {"action": edge.end, "role": names.roles[int(edge.start)].name}
    return ""
