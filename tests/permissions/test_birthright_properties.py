"""Whatever people do, birthrights are what a slow look at each person says, and what is by hand is untouched."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from accounts.attributes import facts as attributes
from accounts.groups.rules import world as trees
from accounts.groups.rules import zone
from accounts.models import Group, Membership, Node, Person, PersonDimension, Team
from accounts.people.ranges import add_places, end_place
from accounts.people.services import edit_person, reactivate, suspend
from accounts.structure.services import move_node
from accounts.teams.memberships import add_member
from cxaccess.lib import clock
from cxaccess.lib.clock import start_of_day
from cxaccess.lib.conditions import evaluate, read
from cxaccess.lib.errors import Refused, Stale
from permissions import facts
from permissions.birthrights import rules
from permissions.birthrights.gifts import Gift
from permissions.birthrights.gifts import read as read_gifts
from permissions.grants.services import end_grant, give_in_words
from permissions.guards import NotAllowed
from permissions.models import Birthright, BirthrightState, RoleGrant
from tests import birthrights as by
from tests.cast import Cast
from tests.permissions.test_engine_properties import examples

pytestmark = [pytest.mark.django_db, pytest.mark.realdb]
TITLES = ("Support agent", "Team lead", "Trainer")
Row = tuple[int, str, int, str, Any]  # person, kind, id of role or principal, digest, from when (None: now)


def slow() -> set[Row]:
    """Return what everybody should have by birthright, one person after the other."""
    at, known, found = clock.now(), rules.known(), set[Row]()
    for state in BirthrightState.objects.filter(until=None).select_related("version"):
        condition = read(state.version.condition, known)
        for person in Person.objects.exclude(state="left"):
            starts = at
            if person.state == "prehire":
                if person.employed_from is None:
                    continue
                starts = max(at, start_of_day(person.employed_from, zone()))
            about = attributes.of_people([person], known, starts)[person.pk]
            if person.state == "prehire":
                about["subject.state"] = "active"
            if evaluate(condition, about, known, trees(starts, zone())) is True:
                for gift in read_gifts(state.version.gives):
                    found |= _row(state.birthright_id, person, gift, None if starts <= at else starts)
    return found


def _row(rule: int, person: Person, gift: Gift, starts: Any) -> set[Row]:
    if gift.kind != "role":
        model: Any = Team if gift.kind == "team" else Group
        return {(rule, person.pk, "place", model.objects.get(pk=gift.id).principal_id, "", starts)}
    place = getattr(person, f"{gift.own}_id") if gift.own else None
    if gift.own and place is None:
        return set()
    terms = dict(gift.terms) | ({gift.own: place} if gift.own else {})
    digest = ";".join(f"{name}={ref}" for name, ref in sorted(terms.items()))
    return {(rule, person.pk, "role", gift.id, digest, starts)}


def really() -> set[Row]:
    """Return what everybody has by birthright."""
    at, found = clock.now(), set[Row]()
    for row in RoleGrant.objects.not_over(at).filter(source="birthright").select_related("scope", "principal__person"):
        if row.until != row.starts_at:
            starts = None if row.starts_at <= at else row.starts_at
            person = row.principal.person.pk
            one = (int(row.source_ref), person, "role", row.role_id, row.scope.digest, starts)
            assert one not in found, "given twice"
            found.add(one)
    for row in Membership.objects.not_over(at).filter(source="birthright"):
        if row.until != row.starts_at:
            starts = None if row.starts_at <= at else row.starts_at
            one = (int(row.source_ref), row.person_id, "place", row.principal_id, "", starts)
            assert one not in found, "given twice"
            found.add(one)
    return found


def by_hand() -> dict[tuple[str, int], Any]:
    rows = [("g", row) for row in RoleGrant.objects.exclude(source="birthright").values()]
    rows += [("m", row) for row in Membership.objects.exclude(source="birthright").values()]
    return {(letter, row["id"]): row for letter, row in rows}


def edit(cast: Cast, person: Person, **changes: Any) -> None:
    person.refresh_from_db()
    edit_person(cast.priya, person=person, row_version=person.row_version, changes=changes, at=clock.now())


def _deed(draw: Any, cast: Cast) -> Any:
    """Draw one thing that somebody does; it returns nothing, and may be refused."""
    who = draw(st.sampled_from([cast.ali, cast.maya, cast.jonas, cast.nils, cast.chiara]))
    place = draw(st.sampled_from([cast.germany, cast.dach, cast.mena, cast.emea]))
    what = draw(st.sampled_from(["title", "region", "day", "range", "state", "hand", "move", "rule", "rule", "retire"]))
    stated = {"reason": "Needed", "at": clock.now()}
    if what == "title":
        return lambda: edit(cast, who, title=draw(st.sampled_from(TITLES)))
    if what == "region":
        return lambda: edit(cast, who, region=draw(st.sampled_from([place, None])))
    if what == "day":
        day = draw(st.sampled_from([None, date.today(), date.today() + timedelta(days=5)]))  # noqa: DTZ011 - of rows
        return lambda: edit(cast, cast.nils, employed_from=day)
    if what == "range":
        return lambda: _range(cast, who, place)
    if what == "state":
        deed = draw(st.sampled_from([suspend, reactivate]))
        return lambda: deed(cast.priya, person=Person.objects.get(pk=who.pk), **stated)
    if what == "hand":
        return lambda: _by_hand(draw, cast, who, stated)
    if what == "move":
        return lambda: _move(draw, cast)
    row = Birthright.objects.order_by("pk")[draw(st.integers(0, 1))]
    if what == "retire":
        return lambda: by.retire(cast.priya, row)
    return lambda: _rule(draw, cast, row, place)


def _range(cast: Cast, who: Person, place: Node) -> None:
    held = PersonDimension.objects.in_force(clock.now()).filter(person=who, node=place).first()
    if held is not None:
        end_place(cast.priya, row=held, at=clock.now())
    else:
        add_places(cast.priya, person=who, places=[place], at=clock.now())


def _by_hand(draw: Any, cast: Cast, who: Person, stated: dict[str, Any]) -> None:
    if draw(st.booleans()):
        terms = draw(st.sampled_from([{}, {"region": cast.dach.pk}]))
        give_in_words(
            cast.priya, principal=who.principal, role=cast.feedback_reader, terms=terms, starts_at=None, until=None,
            **stated,
        )  # fmt: skip
    elif draw(st.booleans()):
        add_member(cast.priya, team=cast.care_dach, person=who, **stated)
    else:
        rows = RoleGrant.objects.in_force(clock.now()).filter(principal=who.principal)
        end_grant(cast.priya, grant=draw(st.sampled_from(list(rows.order_by("pk")) or [RoleGrant(pk=-1)])), **stated)


def _move(draw: Any, cast: Cast) -> None:
    node = Node.objects.get(pk=draw(st.sampled_from([cast.mena, cast.germany])).pk)
    parent = draw(st.sampled_from([cast.world_, cast.emea, cast.dach]))
    move_node(cast.priya, node=node, row_version=node.row_version, parent=parent, at=clock.now())


def _rule(draw: Any, cast: Cast, row: Birthright, place: Node) -> None:
    parts = draw(st.lists(st.sampled_from([
        by.titled(draw(st.sampled_from(TITLES))), by.within(place), by.within(place, "subject.territories"),
        {"not": by.within(place)}, {"attribute": "subject.state", "operator": "equals", "value": "active"},
    ]), min_size=1, max_size=2))  # fmt: skip
    says = {draw(st.sampled_from(["all", "any"])): parts}
    by.reword(cast.priya, row, says, _gifts(draw, cast))
    by.enforce(cast.priya, row)


def _gifts(draw: Any, cast: Cast) -> list[Gift]:
    every = [
        by.gift(cast.feedback_reader, region=cast.dach), by.gift(cast.feedback_reader, "region"),
        by.gift(cast.agent), by.gift(cast.agent, "department", region=cast.emea), by.gift(cast.care_dach),
        by.gift(cast.care_emea),
    ]  # fmt: skip
    return draw(st.lists(st.sampled_from(every), min_size=1, max_size=3, unique=True))


@given(data=st.data())
@examples(8, 150)
def test_birthrights_are_what_a_slow_look_says_and_what_is_by_hand_stays(cast: Cast, data: Any) -> None:
    with transaction.atomic():
        try:
            _walk(cast, data)
        finally:
            transaction.set_rollback(True)
            facts.kept.clear()


def _walk(cast: Cast, data: Any) -> None:
    Person.objects.filter(pk=cast.nils.pk).update(title="Support agent")
    by.in_force(cast.priya, by.titled("Support agent"), _gifts(data.draw, cast), "First")
    by.draft(cast.priya, by.within(cast.emea), _gifts(data.draw, cast), "Second")
    assert really() == slow()
    for _ in range(data.draw(st.integers(3, 8))):
        deed, before = _deed(data.draw, cast), by_hand()
        try:
            with transaction.atomic():
                deed()
        except (Refused, Stale, NotAllowed, RoleGrant.DoesNotExist):
            facts.kept.clear()
        assert really() == slow()
        after = by_hand()
        changed = [key for key, row in before.items() if after[key] != row and after[key]["ended_by_id"] is None]
        assert not changed, "what was given by hand is nobody's to change but theirs who end it"


def test_the_slow_look_sees_what_is_missing(cast: Cast) -> None:
    """The property has teeth: a row too many, or one too few, is found."""
    by.in_force(cast.priya, by.titled("Support agent"), [by.gift(cast.agent)])
    assert really() == slow() != set()
    row = RoleGrant.objects.get(source="birthright")
    RoleGrant.objects.filter(pk=row.pk).update(until=row.starts_at)
    assert really() != slow()
