"""Making the first administrator of an empty instance: the one act that nobody is there to authorise."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from accounts.models import Person
from accounts.people.services import insert
from accounts.signin import failures, limits
from accounts.signin.failures import Failure
from audits.trail.record import System, record
from audits.trail.tags import Tag
from cxaccess.jobs import settings as instance
from cxaccess.jobs import stamps
from cxaccess.lib.errors import Refused
from permissions.guards import use_case
from permissions.setup.selectors import is_code, is_open
from permissions.starter.services import bootstrap, install

SETUP = System("setup")


@dataclass(frozen=True, slots=True)
class First:
    """The first administrator, and whose console this is."""

    company: str
    name: str
    email: str
    password: str
    time_zone: str
    starter: bool


def prove_code(code: str, *, address: str | None, at: datetime) -> None:
    """Pass whoever has the code of this machine. Raises Refused, and limits.TooMany past the limit."""
    tries = ((limits.SET_UP, limits.network(address)), (limits.SET_UP_ALL, ""))
    limits.consume(tries, at=at)
    if not is_code(code):
        failures.count(Failure.SET_UP, address=address, at=at)
        raise Refused(_("This is not the set-up code of this machine."), field="code")
    limits.give_back(tries)


@use_case
def set_up(actor: System, *, first: First, at: datetime) -> Person:
    """Make the first administrator, and the starter pack where wanted. Of rivals one gets through. Raises Refused."""
    stamps.lock(stamps.MODEL)
    if not is_open():
        raise Refused(_("This console is set up already. Sign in, or ask its administrator for access."))
    person = Person(
        name=first.name.strip(),
        email=first.email.strip().lower(),
        time_zone=first.time_zone,
        claimed_at=at,
        created_at=at,
    )
    insert(person)
    person.set_password(first.password)
    person.save(update_fields=["password"])
    record(Tag.PERSON_CREATED, actor=actor, at=at, obj=person, about=person)
    record(Tag.PERSON_CLAIMED, actor=person, at=at, obj=person, about=person, details={"method": "set_up"})
    bootstrap(person, at=at)
    if first.starter:
        install(person, at=at)
    instance.put(instance.INSTANCE_NAME, first.company.strip())
    instance.put(instance.TIME_ZONE, first.time_zone)
    instance.put(instance.SET_UP, True)
    record(Tag.INSTANCE_SET_UP, actor=person, at=at, about=person, details={"starter": first.starter})
    return person
