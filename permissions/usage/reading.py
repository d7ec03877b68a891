"""Understanding rows of use as connected systems write them: who, what, on what, when, how often."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.people.naming import known_as
from cxaccess.jobs import settings as instance
from permissions.models import Action, Resource
from permissions.usage.rows import Use

COLUMNS = ("person", "action", "resource", "time", "count")
CHUNK = 2_000  # rows whose people and resources are looked up at once
MOST_AT_ONCE = 1_000_000  # the highest count of one row


@dataclass(frozen=True, slots=True)
class Row:
    """One line as it was written; `line` is where it stands in its file, from 1."""

    line: int
    person: str
    action: str
    resource: str
    time: str
    count: str = "1"


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a row is refused: where it stands, what it says there, and what would help."""

    line: int
    column: str
    value: str
    message: str


@dataclass(slots=True)
class Understood:
    """What rows say, and those that say nothing we know."""

    uses: list[Use] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


class Reader:
    """Reads rows of one `system` as of `at`; what it looked up once it knows."""

    def __init__(self, system: str, at: datetime) -> None:
        self.system = system
        self.at = at
        self.oldest = at - timedelta(days=instance.get(instance.USAGE_DAYS))
        self.actions = {key: (pk, type_) for pk, key, type_ in Action.objects.values_list("pk", "key", "type_id")}
        self.people: dict[str, int] = {}
        self.resources: dict[str, tuple[int, int]] = {}

    def read(self, rows: Iterable[Row]) -> Understood:
        """Return what `rows` say, in two queries for each chunk of them."""
        found = Understood()
        for said in self.each(rows):
            if isinstance(said, Use):
                found.uses.append(said)
            else:
                found.faults.append(said)
        return found

    def each(self, rows: Iterable[Row]) -> Iterator[Use | Fault]:
        """Yield what each of `rows` says, in their order."""
        for chunk in _chunks(rows, CHUNK):
            self._look_up(chunk)
            yield from (self._one(row) for row in chunk)

    def _look_up(self, rows: Sequence[Row]) -> None:
        people = {row.person for row in rows} - self.people.keys()
        self.people |= known_as(self.system, people)
        things = {row.resource for row in rows} - self.resources.keys()
        known = Resource.objects.filter(system=self.system, external_id__in=things)
        self.resources |= {name: (pk, type_) for name, pk, type_ in known.values_list("external_id", "pk", "type_id")}

    def _one(self, row: Row) -> Use | Fault:
        if row.person not in self.people:
            return Fault(row.line, "person", row.person, self._stranger(row.person))
        if row.action not in self.actions:
            why = _("The catalogue has no such permission. Write it as type.action, such as ticket.reply.")
            return Fault(row.line, "action", row.action, why)
        if row.resource not in self.resources:
            why = _("%(system)s has no such resource here. Import the resource first.") % {"system": self.system}
            return Fault(row.line, "resource", row.resource, why)
        action, type_ = self.actions[row.action]
        resource, its_type = self.resources[row.resource]
        if type_ != its_type:
            why = _("This cannot be done to “%(resource)s”: it is of another type.") % {"resource": row.resource}
            return Fault(row.line, "action", row.action, why)
        at = self._moment(row)
        if isinstance(at, Fault):
            return at
        if not (row.count.isascii() and row.count.isdigit() and 1 <= len(row.count) <= 7):
            return Fault(row.line, "count", row.count, _("Write a whole number from 1, or leave it out for 1."))
        if not 1 <= int(row.count) <= MOST_AT_ONCE:
            return Fault(row.line, "count", row.count, _("One row counts from 1 to 1,000,000. Split it by time."))
        return Use(self.people[row.person], action, resource, at, int(row.count))

    def _stranger(self, person: str) -> str:
        if "@" in person:
            return _("Nobody here has this mail address. Add the person, or correct the address.")
        told = {"system": self.system}
        return _("Nobody here is known to %(system)s by this id. Import people with it, or name them by mail.") % told

    def _moment(self, row: Row) -> datetime | Fault:
        try:
            found = datetime.fromisoformat(row.time)
            at = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
        except (ValueError, OverflowError):
            why = _("Write the time as 2026-03-03T14:05:00Z, with its zone; without one it is UTC.")
            return Fault(row.line, "time", row.time, why)
        if at > self.at:
            why = _("This lies in the future. Check the clock and the zone of the system that wrote it.")
            return Fault(row.line, "time", row.time, why)
        if at < self.oldest:
            told = {"day": date_format(self.oldest, "j M Y")}
            why = _("Use is kept since %(day)s. Leave older rows out, or keep use longer in the settings.") % told
            return Fault(row.line, "time", row.time, why)
        return at


def _chunks(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    source = iter(rows)
    while chunk := list(islice(source, size)):
        yield chunk
