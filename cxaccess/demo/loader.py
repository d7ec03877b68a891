"""Loads the demo company into an empty console, whole or not at all."""

from dataclasses import replace
from datetime import datetime
from random import Random

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Person
from audits.trail.record import record, record_many
from audits.trail.tags import Tag
from cxaccess.demo import connected, exceptions, giving, groups, holdings, leaving, policies, resources, rows, tale, use
from cxaccess.demo.fates import befall
from cxaccess.demo.plan import staff
from cxaccess.demo.town import LOADER, Town
from cxaccess.jobs import settings as instance
from cxaccess.jobs import stamps
from cxaccess.lib.errors import Refused
from permissions.objects import brought

SEED = 7
NAME = "Kestrel Home"
CHUNK = 500


def loaded() -> bool:
    """Return whether the demo company is here."""
    return Person.objects.filter(demo=True).exists()


@transaction.atomic
def load(*, at: datetime, seed: int = SEED) -> Town:
    """Write Kestrel Home as of `at`; the same seed gives the same company. Raises Refused."""
    _require_empty()
    stamps.lock(stamps.MODEL)
    rng = Random(seed)  # noqa: S311 - a story, no secret
    town = Town(rng, at, staff(rng, at))
    befall(rng, town.clock, town.staff)
    rows.places(town)
    rows.people(town)
    rows.teams(town)
    rows.memberships(town)
    holdings.roles(town)
    resources.resources(town)
    giving.grants(town)
    tale.happenings(town)
    groups.ranges(town)
    groups.groups(town)
    _later(replace(town, rng=Random(f"later {seed}")))  # noqa: S311 - a story, no secret
    brought.sync(at=at, actor=LOADER, told=town.entries.extend)
    habits = exceptions.given(town)
    stamps.bump(stamps.MODEL)
    use.happened(town, seed, habits)
    _write(town)
    instance.put(instance.INSTANCE_NAME, NAME)
    return town


def _later(town: Town) -> None:
    """Write what draws on chances of its own, so that the rest of the story stays as it was."""
    policies.policies(town)
    connected.systems(town)
    leaving.leavers(town)


def _write(town: Town) -> None:
    """Write the trail in the order of time, as it would have come about."""
    story = sorted(town.entries, key=lambda entry: entry.at)
    for start in range(0, len(story), CHUNK):
        record_many(story[start : start + CHUNK])
    groups.fill(town)
    record(Tag.DEMO_LOADED, actor=LOADER, at=town.at, details={"people": len(town.staff), "events": len(story)})


def _require_empty() -> None:
    if settings.PRODUCTION:
        raise Refused(_("The demo company has well-known passwords, so it never loads in production."))
    if loaded():
        raise Refused(_("The demo company is already here. Choose another data folder to load it afresh."))
    real = Person.objects.filter(demo=False).count()
    if real:
        message = ngettext(
            "There is already %(n)d real person here. The demo company loads only into an empty console.",
            "There are already %(n)d real people here. The demo company loads only into an empty console.",
            real,
        )
        raise Refused(message % {"n": real})
