"""The moment of asking: what is known of the device, the network and the second factor of whoever is at work now.

The edge says who that is (`by`), with the reasons they stated by action; the gate reads it (`context_of`), and only of
them: of anybody else's moment nothing is known. A job has no moment of asking, so what a policy wants to know of it is
missing there, which never opens.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from accounts.models import Person
from permissions.engine.combine import Context
from permissions.engine.decide import NOTHING_KNOWN
from permissions.engine.policies import REASON

Asked = Callable[[], tuple[int | None, Mapping[str, object]]]
_asked: ContextVar[Asked | None] = ContextVar("asked", default=None)


@contextmanager
def by(asked: Asked) -> Iterator[None]:
    """Within it `asked()` says whose moment it is and what is known of it; it is called only where a policy asks."""
    token = _asked.set(asked)
    try:
        yield
    finally:
        _asked.reset(token)


def context_of(person: Person, action: str) -> Context:
    """Return what is known of the moment of `person`; of the reasons they stated, the one for `action`."""
    asked = _asked.get()
    if asked is None:
        return NOTHING_KNOWN
    who, known = asked()
    if who != person.pk:
        return NOTHING_KNOWN
    said = known.get(REASON)
    return Context({**known, REASON: said.get(action)} if isinstance(said, Mapping) else known)
