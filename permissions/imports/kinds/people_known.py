"""What a chunk of a people file needs to know of the people there are, read in a fixed number of queries."""

from collections import defaultdict
from collections.abc import Sequence

from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from accounts.models import Identity, Person, PersonDimension, PersonState
from cxaccess.lib.csv_in import shown
from permissions import places
from permissions.engine import Target
from permissions.imports.kinds import values
from permissions.imports.kinds.base import CLEAR, Desk, Fault, Line
from permissions.imports.kinds.people_gains import may_give_held


def by_mail(mails: set[str]) -> dict[str, Person]:
    """Return the people with these addresses, in lower case."""
    rows = Person.objects.exclude(email="").annotate(low=Lower("email")).filter(low__in=mails)
    return {person.low: person for person in rows}


class Known:
    """The people that a chunk is about, their managers, ids, places and what the actor may see of them."""

    def __init__(self, desk: Desk, lines: Sequence[Line]) -> None:
        self.desk = desk
        self.system = desk.batch.system
        self.ids = self._identities(lines)
        mails = {line[name].lower() for line in lines for name in ("email", "manager") if line[name] not in ("", CLEAR)}
        self.by_mail = by_mail(mails)
        found = {person.pk: person for person in self.by_mail.values()}
        missing = {pk for pk, _external in self.ids.values()} - found.keys()
        found |= {person.pk: person for person in Person.objects.filter(pk__in=missing)}
        if desk.locking:
            held = Person.objects.select_for_update(no_key=True).filter(pk__in=found).order_by("pk")
            found = {one.pk: one for one in held}
            self.by_mail = {one.email.lower(): one for one in found.values() if one.email.lower() in self.by_mail}
        self.people = found
        self.linked = self._linked()
        self.targets = places.targets(list(found.values()), desk.tick())
        self._dims = self._dimensions()
        self._in_file = desk.stands_in_file(
            {f"mail:{line['manager'].lower()}"[:300] for line in lines if line["manager"]}
        )
        self._gains: dict[int, bool] | None = None

    def _identities(self, lines: Sequence[Line]) -> dict[tuple[str, str], tuple[int, str]]:
        wanted: dict[str, set[str]] = defaultdict(set)
        for line in lines:
            if line["external_id"] not in ("", CLEAR):
                wanted[line["system"] or self.system].add(line["external_id"])
        found = {}
        for system, ids in wanted.items():
            rows = Identity.objects.filter(system=system, external_id__in=ids)
            for external, person in rows.values_list("external_id", "person_id"):
                found[system, external] = (person, external)
        return found

    def _linked(self) -> dict[tuple[int, str], str]:
        rows = Identity.objects.filter(person__in=self.people).values_list("person_id", "system", "external_id")
        return {(person, system): external for person, system, external in rows}

    def _dimensions(self) -> dict[tuple[int, str], dict[int, int]]:
        found: dict[tuple[int, str], dict[int, int]] = defaultdict(dict)
        rows = PersonDimension.objects.not_over(self.desk.tick()).filter(person__in=self.people)
        for pk, person, node, kind in rows.values_list("pk", "person_id", "node_id", "node__kind"):
            found[person, kind][node] = pk
        return found

    def person(self, line: Line) -> Person | None:
        """Return who the row is about, None for somebody new. Raises Fault where id and mail are two people."""
        mail = line["email"].lower()
        by_mail = self.by_mail.get(mail) if mail not in ("", CLEAR) else None
        if line["external_id"] in ("", CLEAR):
            return by_mail
        system = line["system"] or self.system
        if len(system) > 40 or len(line["external_id"]) > 120:
            raise Fault(_("An id has at most 120 characters, the name of a system 40."), "external_id")
        held = self.ids.get((system, line["external_id"]))
        if held is None:
            self._require_unlinked(by_mail, system, line)
            return by_mail
        person = self.people[held[0]]
        if by_mail is not None and by_mail.pk != person.pk:
            raise Fault(
                _("The id belongs to one person and the mail to another. Correct one of them.")
                % {"value": shown(line["external_id"])},
                "email",
            )
        return person

    def _require_unlinked(self, person: Person | None, system: str, line: Line) -> None:
        other = self.linked.get((person.pk, system)) if person else None
        if other is not None:
            raise Fault(
                _("This mail belongs to somebody whose id in %(system)s is another one. Correct the id or the mail.")
                % {"system": system},
                "external_id",
            )

    def link(self, line: Line, person: Person | None) -> list[str]:
        """Return [system, id] where the row tells a new id of somebody, else nothing."""
        if line["external_id"] in ("", CLEAR):
            return []
        system = line["system"] or self.system
        return [] if person and (person.pk, system) in self.linked else [system, line["external_id"]]

    def manager(self, line: Line, person: Person | None) -> tuple[int | None, tuple[str, ...]]:
        """Return the manager's id, or the row of the file that they come with."""
        cell = line["manager"]
        if cell == CLEAR:
            return None, ()
        mail = values.mail(cell, "manager")
        found = self.by_mail.get(mail)
        if found is None:
            key = f"mail:{mail}"[:300]
            if key not in self._in_file:
                raise Fault(
                    _("Nobody has the mail %(value)s, here or in this file. Correct it, or add the manager.")
                    % {"value": shown(mail)},
                    "manager",
                )
            if mail == line["email"].lower():
                raise Fault(_("Nobody reports to themselves."), "manager")
            return None, (key,)
        if not self.desk.may("person.view", self.targets[found.pk]):
            raise Fault(_("Name a manager whom you may see."), "manager")
        if found.state == PersonState.LEFT:
            raise Fault(_("%(name)s has left. Name another manager.") % {"name": found.name}, "manager")
        if person is not None and person.pk == found.pk:
            raise Fault(_("Nobody reports to themselves."), "manager")
        return found.pk, ()

    def target(self, person: Person) -> Target:
        """Return where somebody is."""
        return self.targets[person.pk]

    def moved(self, person: Person, spots: dict[str, frozenset[int]]) -> Target:
        """Return where somebody would be."""
        return places.moved(self.target(person), spots)

    def dimensions(self, person: Person | None, kind: str) -> dict[int, int]:
        """Return {place: row} of the places of `kind` that somebody answers for."""
        return self._dims.get((person.pk, kind), {}) if person else {}

    def require_seen(self, person: Person) -> None:
        """Pass somebody whom the actor may see; of others they learn nothing but that the mail or id is taken."""
        if not self.desk.may("person.view", self.target(person)):
            raise Fault(_("This mail or id belongs to somebody whom you may not see."), "email")

    def require_free_mail(self, mail: str, person: Person | None) -> None:
        """Pass a mail that nobody else has."""
        other = self.by_mail.get(mail) if mail else None
        if other is not None and (person is None or other.pk != person.pk):
            raise Fault(_("This mail belongs to somebody already."), "email")

    def require_mail_change(self, person: Person, mail: str) -> None:
        """Pass a new mail of somebody unclaimed, by an actor who may give all they hold: it becomes their way in."""
        self.require_free_mail(mail, person)
        if person.claimed_at is not None:
            raise Fault(
                _("%(name)s signs in with the mail they have. Change it on their own page.") % {"name": person.name},
                "email",
            )
        self._require_gains(person, "email")

    def require_state_change(self, person: Person, state: str) -> None:
        """Pass somebody who starts; whoever stops or comes back does so on their own page."""
        if (person.state, state) != (PersonState.PREHIRE, PersonState.ACTIVE):
            raise Fault(
                _("%(name)s is %(state)s. Suspend people and make them active on their own page.")
                % {"name": person.name, "state": person.get_state_display().lower()},
                "state",
            )
        if not self.desk.may("person.suspend", self.target(person)):
            raise Fault(_("Making somebody active takes person.suspend."), "state")
        self._require_gains(person, "state")

    def _require_gains(self, person: Person, column: str) -> None:
        if self._gains is None:
            self._gains = may_give_held(self.desk, self.people.values())
        if not self._gains[person.pk]:
            raise Fault(
                _("%(name)s holds what you may not give, and this would let somebody use it.") % {"name": person.name},
                column,
            )
