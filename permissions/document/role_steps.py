"""Making roles and policies as a document says: what their current versions hold, exactly; what policies do."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Person
from cxaccess.lib.errors import Refused
from permissions.document import model_rows
from permissions.document.catalogue_steps import RISK_OF, in_order
from permissions.document.desk import Desk, Row, at_place, different, filled, words
from permissions.document.shape import DRAFT
from permissions.models import Policy, Role
from permissions.policies import schema, wording
from permissions.policies import services as policies
from permissions.policies.wording import Wording
from permissions.roles import services as roles

Rows = Sequence[Row]
CARD = ("name", "purpose", "risk", "owner")
CONTENTS = ("effect", "about", "condition", "obligations")  # of a policy's version


def all_roles(desk: Desk, rows: Rows) -> None:
    """Make the roles so, each after those that it includes."""
    known = {row["key"]: row for row in model_rows.roles(desk.names, with_people=True)}
    for number, row in in_order(rows, "includes"):
        with at_place(f"roles[{number}]"):
            _role(desk, row, known.get(row["key"]))


def _role(desk: Desk, row: Row, before: Row | None) -> None:
    wanted, title = filled("roles", row, before), f"{_('role')} {row['key']}"
    changes = different(before or {}, wanted)
    if not changes:
        return
    owner = desk.names.person(wanted.get("owner"))
    includes = [desk.names.role(key) for key in wanted["includes"]]
    if before is None:
        _new_role(desk, wanted, owner, includes)
        desk.say(
            f"+ {title} “{wanted['name']}”",
            words({name: changes[name] for name in ("permissions", "includes") if name in changes}),
        )
    else:
        _change_role(desk, wanted, changes, owner, includes)
        desk.say(f"~ {title}", words(changes))
    desk.names.forget("role")


def _new_role(desk: Desk, wanted: Row, owner: Person | None, includes: list[Role]) -> None:
    made = roles.create_role(
        desk.actor, name=wanted["name"], purpose=wanted["purpose"], owner=owner, risk=RISK_OF[wanted["risk"]],
        actions=wanted["permissions"], includes=includes, note=desk.reason, key=wanted["key"], at=desk.at,
    )  # fmt: skip
    if made.key != wanted["key"]:
        raise Refused(_("There is a role with this key already, retired. Reopen it first."), field="key")
    _require_risk(made, wanted)


def _change_role(
    desk: Desk, wanted: Row, changes: Mapping[str, Any], owner: Person | None, includes: list[Role]
) -> None:  # fmt: skip
    role = desk.names.role(wanted["key"])
    if not {"permissions", "includes"}.isdisjoint(changes):
        roles.save_version(
            desk.actor, role=role, row_version=role.row_version, actions=wanted["permissions"], includes=includes,
            note=desk.reason, at=desk.at,
        )  # fmt: skip
    role = Role.objects.get(pk=role.pk)
    given = {"name": wanted["name"], "purpose": wanted["purpose"], "risk": RISK_OF[wanted["risk"]], "owner": owner}
    card = {name: given[name] for name in CARD if name in changes}
    if card:
        role = roles.edit_role(desk.actor, role=role, row_version=role.row_version, changes=card, at=desk.at)
    _require_risk(role, wanted)


def _require_risk(role: Role, wanted: Row) -> None:
    """Pass a role that is as risky as the document says; what it holds may have made it riskier."""
    role.refresh_from_db(fields=["risk"])
    if role.risk != RISK_OF[wanted["risk"]]:
        said = _("What it holds makes its risk “%(risk)s” at least.") % {"risk": role.get_risk_display().lower()}
        raise Refused(said, field="risk")


def all_policies(desk: Desk, rows: Rows) -> None:
    """Make the policies so: what each says, and what that version does."""
    known = {row["name"].casefold(): row for row in model_rows.policies(desk.names, with_people=True)}
    for number, row in enumerate(rows):
        with at_place(f"policies[{number}]"):
            _policy(desk, row, known.get(row["name"].casefold()))


def _policy(desk: Desk, row: Row, before: Row | None) -> None:
    """Make one policy so. A condition or obligations that the document leaves out are none."""
    base = {name: value for name, value in (before or {}).items() if name not in ("condition", "obligations")}
    wanted, title = filled("policies", row, base), f"{_('policy')} “{row['name']}”"
    if before is not None and not different(before, {**base, **row}):
        return  # whatever it names, even what is out of use by now
    owner, says = desk.names.person(wanted.get("owner")), wording.checked(_wording(desk, wanted), at=desk.at)
    if before is None:
        policy = policies.create_policy(
            desk.actor, name=row["name"], purpose=wanted["purpose"], owner=owner, says=says, note=desk.reason,
            at=desk.at,
        )  # fmt: skip
        desk.say(f"+ {title}", [wanted["effect"], wanted["stage"]])
        _stage(desk, policy, wanted["stage"], DRAFT)
        return
    policy = Policy.objects.select_related("current").get(name__iexact=wanted["name"])
    is_new = policy.current is None or not _is_same(wording.of(policy.current), says)
    changes = different(before, wanted, but=() if is_new else CONTENTS)
    if not changes:
        return
    _change_policy(desk, policy, {"name": wanted["name"], "purpose": wanted["purpose"], "owner": owner}, changes)
    if is_new:
        row_version = Policy.objects.get(pk=policy.pk).row_version
        policies.save_version(
            desk.actor, policy=policy, row_version=row_version, says=says, note=desk.reason, at=desk.at
        )
    desk.say(f"~ {title}", words(changes))
    _stage(desk, policy, wanted["stage"], DRAFT if is_new else before["stage"])


def _is_same(before: Wording, after: Wording) -> bool:
    """Return whether two wordings say the same, in whatever order they name what they are about."""
    about = [{kind: set(named) for kind, named in says.targets.items() if named} for says in (before, after)]
    return about[0] == about[1] and replace(before, targets={}) == replace(after, targets={})


def _change_policy(desk: Desk, policy: Policy, given: Mapping[str, Any], changes: Mapping[str, Any]) -> None:
    card = {name: value for name, value in given.items() if name in changes}
    if card:
        policies.edit_policy(desk.actor, policy=policy, row_version=policy.row_version, changes=card, at=desk.at)


def _stage(desk: Desk, policy: Policy, wanted: str, before: str) -> None:
    """Have the current version do what the document says. What is in force is taken out by retiring the policy."""
    if wanted == before:
        return
    row = Policy.objects.get(pk=policy.pk)
    if wanted == "enforced":
        policies.enforce_policy(
            desk.actor, policy=row, row_version=row.row_version, reason=desk.reason, at=desk.at
        )  # fmt: skip
    elif wanted == "recording" and before == DRAFT:
        policies.record_policy(desk.actor, policy=row, row_version=row.row_version, at=desk.at)
    else:
        message = _(
            "Its current version is %(stage)s already. Retire the policy on its page, or write another version."
        )
        raise Refused(message % {"stage": before}, field="stage")


def _wording(desk: Desk, wanted: Row) -> Wording:
    known = schema.whole()
    return Wording(
        wanted["effect"],
        _targets(desk, wanted["about"]),
        _condition(desk, wanted.get("condition"), known, "condition"),
        [_duty(desk, duty, known, number) for number, duty in enumerate(wanted["obligations"])],
    )


def _targets(desk: Desk, about: Row) -> dict[str, list[Any]]:
    find = {"roles": desk.names.role, "teams": desk.names.team, "groups": desk.names.group}
    found: dict[str, list[Any]] = {}
    for kind, named in about.items():
        with at_place(f"about.{kind}"):
            found[kind] = [find[kind](name).pk if kind in find else name for name in named]  # type: ignore[union-attr]
    return found


def _duty(desk: Desk, duty: Row, known: Any, number: int) -> dict[str, Any]:
    found = dict(duty)
    if "unless" in duty:
        found["unless"] = _condition(desk, duty["unless"], known, f"obligations[{number}].unless")
    return found


def _condition(desk: Desk, raw: Any, known: Any, place: str) -> Any:
    with at_place(place):
        return None if raw is None else desk.names.inward(raw, known)
