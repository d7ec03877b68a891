"""Birthright rules in a document: written out as what their current versions say, and made so by the use cases."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from cxaccess.lib.conditions import InvalidCondition, read
from cxaccess.lib.errors import Refused
from permissions.birthrights import checks, rules, selectors, services
from permissions.birthrights.gifts import GROUP, ROLE, TEAM, Gift
from permissions.document.desk import Desk, Row, at_place, different, filled, words
from permissions.document.names import Names
from permissions.document.shape import DRAFT
from permissions.models import Birthright

CONTENTS = ("condition", "gives")


def written(names: Names, *, with_people: bool) -> list[dict[str, Any]]:
    """Return the rules that are not retired: what their current version says, and whether it is in force."""
    rows = list(Birthright.objects.filter(retired_at=None, current__isnull=False).select_related("current"))
    lives, known, found = selectors.lives(rows), rules.known(), []
    for row in rows:
        version = checks.current(row)
        found.append(
            {
                "name": row.name,
                "purpose": row.purpose,
                **({"owner": names.mails.get(row.owner_id or 0)} if with_people else {}),
                "stage": selectors.IN_FORCE if lives[row.pk].enforced == version else DRAFT,
                "condition": names.outward(version.condition, known),
                "gives": [_outward(gift, names) for gift in checks.gifts_of(version)],
            }
        )
    return found


def _outward(gift: Gift, names: Names) -> dict[str, Any]:
    called: Mapping[int, str] = {ROLE: names.roles, TEAM: names.teams, GROUP: names.groups}[gift.kind]
    found: dict[str, Any] = {gift.kind: called.get(gift.id, str(gift.id))}
    if gift.terms:
        found["scope"] = {
            kind: (names.teams if kind == TEAM else names.codes).get(ref, str(ref)) for kind, ref in gift.terms
        }
    return found | ({"own": gift.own} if gift.own else {})


def all_birthrights(desk: Desk, rows: Sequence[Row]) -> None:
    """Make the rules so: what each says, and whether that is in force."""
    known = {row["name"].casefold(): row for row in written(desk.names, with_people=True)}
    for number, row in enumerate(rows):
        with at_place(f"birthrights[{number}]"):
            _birthright(desk, row, known.get(row["name"].casefold()))


def _birthright(desk: Desk, row: Row, before: Row | None) -> None:
    wanted, title = filled("birthrights", row, before), f"{_('birthright rule')} “{row['name']}”"
    changes = different(before or {}, wanted)
    if before is not None and not changes:
        return  # whatever it names, even what is out of use by now
    owner = desk.names.person(wanted.get("owner"))
    says = {"condition": _condition(desk, wanted["condition"]), "gives": _gives(desk, wanted["gives"])}
    if before is None:
        made = services.create_birthright(
            desk.actor, name=row["name"], purpose=wanted["purpose"], owner=owner, note=desk.reason, at=desk.at, **says
        )  # fmt: skip
        desk.say(f"+ {title}", [wanted["stage"]])
        _stage(desk, made.pk, wanted["stage"], DRAFT)
        return
    found = Birthright.objects.get(name__iexact=wanted["name"])
    card = {"name": wanted["name"], "purpose": wanted["purpose"], "owner": owner}
    card = {name: value for name, value in card.items() if name in changes}
    if card:
        services.edit_birthright(
            desk.actor, birthright=found, row_version=found.row_version, changes=card, at=desk.at
        )  # fmt: skip
    is_new = not changes.keys().isdisjoint(CONTENTS)
    if is_new:
        found.refresh_from_db()
        services.save_version(
            desk.actor, birthright=found, row_version=found.row_version, note=desk.reason, at=desk.at, **says
        )
    desk.say(f"~ {title}", words(changes))
    _stage(desk, found.pk, wanted["stage"], DRAFT if is_new else before["stage"])


def _stage(desk: Desk, pk: int, wanted: str, before: str) -> None:
    """Put the current version in force where the document says so. Only retiring the rule takes it out again."""
    if wanted == before:
        return
    if wanted == DRAFT:
        raise Refused(
            _("It is in force already. Retire the rule on its page, or write another version."), field="stage"
        )
    row = Birthright.objects.get(pk=pk)
    services.enforce_birthright(
        desk.actor, birthright=row, row_version=row.row_version, reason=desk.reason, at=desk.at
    )  # fmt: skip


def _condition(desk: Desk, raw: Any) -> Any:
    known = rules.known()
    with at_place("condition"):
        try:
            return read(desk.names.inward(raw, known), known)
        except InvalidCondition as error:
            raise Refused(str(error)) from error


def _gives(desk: Desk, rows: Sequence[Row]) -> list[Gift]:
    found = []
    for number, row in enumerate(rows):
        with at_place(f"gives[{number}]"):
            found.append(_inward(desk.names, row))
    return found


def _inward(names: Names, row: Row) -> Gift:
    kinds = [kind for kind in (ROLE, TEAM, GROUP) if kind in row]
    if len(kinds) != 1 or (kinds[0] != ROLE and {"scope", "own"} & row.keys()):
        raise Refused(_("A rule gives a role, with where it reaches, or a team, or a group."))
    kind = kinds[0]
    if kind != ROLE:
        named = names.team(row[kind]) if kind == TEAM else names.group(row[kind])
        return Gift(kind, _pk(named))
    terms = {
        dimension: _pk(names.team(name) if dimension == TEAM else names.node(dimension, name))
        for dimension, name in row.get("scope", {}).items()
    }
    if row.get("own") in terms:
        raise Refused(_("The place is fixed already."), field="own")
    return Gift(ROLE, names.role(row[ROLE]).pk, tuple(sorted(terms.items())), row.get("own") or "")


def _pk(row: Any) -> int:
    if row is None:
        raise Refused(_("A name is missing."))
    return int(row.pk)
